import { checkCharacters } from './character-validator.ts';
import { checkSchema } from './schema-validator.ts';

/** What a strict Chat Completions server refuses. Source: OpenAI's API reference; Mistral's and Groq's errors. */
export interface Strictness {
  /** Shape of tool-call ids. */
  toolId: RegExp;
  /** At most so many stop sequences; default 4. */
  stops?: number;
  /** Fields of its own that it takes beside the API's. */
  fields?: readonly string[];
  /** Values of `reasoning_effort`; default: those of OpenAI's older models. */
  efforts?: readonly string[];
  /** Whether assistant messages may carry `reasoning_content`, and then all of them do; default: both are fine. */
  reasoning?: boolean;
}

export const OPENAI: Strictness = { toolId: /^[a-zA-Z0-9_-]{1,64}$/ };
export const MISTRAL: Strictness = { toolId: /^[a-zA-Z0-9]{9}$/ };

/**
 * What a preset's server takes to make a model think or not: its documentation, as the preset names it. Together these are
 * what any of its models takes; which one takes what is told by the tests of the presets.
 */
const THINKING: Record<string, Pick<Strictness, 'fields' | 'efforts'>> = {
  openrouter: { fields: ['reasoning'], efforts: [] },
  openai: { efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] },
  groq: { efforts: ['none', 'default', 'low', 'medium', 'high'] },
  cerebras: { efforts: ['none', 'low', 'medium', 'high'] },
  deepseek: { fields: ['thinking'], efforts: ['low', 'medium', 'high', 'max'] },
  fireworks: { efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'] },
  mistral: { efforts: ['none', 'high'] },
  moonshot: { fields: ['thinking'], efforts: ['low', 'high', 'max'] },
  together: { fields: ['reasoning'], efforts: ['low', 'medium', 'high', 'max'] },
  xai: { efforts: ['none', 'low', 'medium', 'high'] },
  zai: { fields: ['thinking'], efforts: ['low', 'medium', 'high', 'max'] },
  ollama: { efforts: ['none', 'low', 'medium', 'high'] },
  lmstudio: { efforts: ['none', 'low', 'medium', 'high'] },
  llamacpp: { fields: ['chat_template_kwargs'], efforts: [] },
  vllm: { fields: ['chat_template_kwargs'] },
  'openai-compatible': { fields: ['chat_template_kwargs'] },
};

/** What the server of the preset `provider` refuses; OpenAI's own strictness for any other name. */
export function strictnessOf(provider = ''): Strictness {
  return { ...(provider === 'mistral' ? MISTRAL : OPENAI), ...THINKING[provider] };
}

const FIELDS = new Set([
  'model',
  'messages',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'reasoning_effort',
  'response_format',
  'stream',
  'stream_options',
]);
const MESSAGE_FIELDS: Record<string, string[]> = {
  system: ['role', 'content'],
  developer: ['role', 'content'],
  user: ['role', 'content'],
  assistant: ['role', 'content', 'tool_calls', 'reasoning_content'],
  tool: ['role', 'content', 'tool_call_id'],
};
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

const EFFORTS: readonly unknown[] = ['minimal', 'low', 'medium', 'high'];
/** Those of `reasoning.effort` (openrouter.ai/docs, client SDKs, chat request effort). */
const UNIFIED_EFFORTS: readonly unknown[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

type Loose = Record<string, unknown>;

/** Everything a strict server would refuse in `body`; empty for a good request. */
export function complaints(body: unknown, strictness: Strictness = OPENAI): string[] {
  const found: string[] = [];
  const complain = (text: string): void => {
    found.push(text);
  };
  const request = body as Loose;
  checkCharacters(body, complain);
  for (const key of Object.keys(request)) {
    if (!FIELDS.has(key) && strictness.fields?.includes(key) !== true) complain(`unknown field ${key}`);
  }
  if (typeof request.model !== 'string' || request.model === '') complain('no model');
  checkLimits(request, strictness, complain);
  checkThinking(request, strictness, complain);
  checkTypes(request, complain);
  const names = checkTools(request, complain);
  checkMessages(request.messages, strictness, complain);
  checkChoice(request, names, complain);
  return found;
}

type Complain = (text: string) => void;

function checkLimits(request: Loose, { stops = 4 }: Strictness, complain: Complain): void {
  if ('max_tokens' in request && 'max_completion_tokens' in request) complain('two output limits');
  for (const key of ['max_tokens', 'max_completion_tokens']) {
    const value = request[key];
    if (value !== undefined && !(Number.isInteger(value) && (value as number) > 0))
      complain(`${key} is ${value}`);
  }
  if ('stream_options' in request && request.stream !== true) complain('stream_options without stream');
  for (const [key, most] of [
    ['temperature', 2],
    ['top_p', 1],
  ] as const) {
    const value = request[key];
    if (key in request && !((value as number) >= 0 && (value as number) <= most))
      complain(`${key} is ${value}`);
  }
  const stop = request.stop;
  if (
    stop !== undefined &&
    !(Array.isArray(stop) && stop.length > 0 && stop.length <= stops && stop.every(isText))
  )
    complain('stop');
}

/** Each way to say it has its form, and one of them is enough: what turns thinking off allows no effort beside it. */
function checkThinking(
  request: Loose,
  { efforts = EFFORTS }: { efforts?: readonly unknown[] },
  complain: Complain,
): void {
  const { reasoning_effort: effort, reasoning, thinking, chat_template_kwargs: kwargs } = request;
  if (effort !== undefined && !efforts.includes(effort))
    complain(`reasoning_effort is ${JSON.stringify(effort)}`);
  const ways = [effort, reasoning, thinking, kwargs].filter((way) => way !== undefined);
  if (ways.length > 1) complain('thinking is told in two ways');
  if (reasoning !== undefined && !isReasoning(reasoning as Loose))
    complain(`reasoning is ${JSON.stringify(reasoning)}`);
  if (thinking !== undefined && !['enabled', 'disabled'].includes(String((thinking as Loose).type)))
    complain(`thinking is ${JSON.stringify(thinking)}`);
  if (kwargs !== undefined && !Object.values(kwargs as Loose).every((value) => typeof value === 'boolean'))
    complain(`chat_template_kwargs is ${JSON.stringify(kwargs)}`);
}

/** An effort or a switch, and not both. */
function isReasoning(reasoning: Loose): boolean {
  const [entry, ...others] = Object.entries(reasoning);
  if (entry === undefined || others.length > 0) return false;
  const [key, value] = entry;
  return key === 'effort' ? UNIFIED_EFFORTS.includes(value) : key === 'enabled' && typeof value === 'boolean';
}

function checkTypes(request: Loose, complain: Complain): void {
  for (const key of ['temperature', 'top_p']) {
    if (key in request && typeof request[key] !== 'number') complain(`${key} is ${request[key]}`);
  }
  for (const key of ['stream', 'parallel_tool_calls']) {
    if (key in request && typeof request[key] !== 'boolean') complain(`${key} is ${request[key]}`);
  }
}

function checkTools(request: Loose, complain: Complain): Set<string> {
  const names = new Set<string>();
  const { tools } = request;
  if (tools === undefined) {
    if ('tool_choice' in request || 'parallel_tool_calls' in request) complain('tool_choice without tools');
    return names;
  }
  if (!Array.isArray(tools) || tools.length === 0) {
    complain('tools is empty');
    return names;
  }
  for (const tool of tools as Loose[]) {
    unknownKeys(tool, ['type', 'function'], 'tool', complain);
    const fn = tool.function as Loose;
    unknownKeys(fn, ['name', 'description', 'parameters'], 'function', complain);
    const name = String(fn.name);
    if (typeof fn.name !== 'string' || !NAME.test(name)) complain(`tool name ${name}`);
    if (names.has(name)) complain(`tool name ${name} twice`);
    names.add(name);
    if ('description' in fn && (typeof fn.description !== 'string' || fn.description === ''))
      complain(`description of ${name}`);
    const parameters = fn.parameters as Loose | undefined;
    if (parameters?.type !== 'object' || typeof parameters.properties !== 'object')
      complain(`parameters of ${name}`);
    if (parameters !== undefined && Object.hasOwn(parameters, '$schema')) complain(`$schema in ${name}`);
    checkSchema(parameters, name, complain);
  }
  return names;
}

function checkChoice(request: Loose, names: Set<string>, complain: Complain): void {
  const choice = request.tool_choice;
  if (choice === undefined) return;
  if (typeof choice === 'string') {
    if (!['auto', 'none', 'required', 'any'].includes(choice)) complain(`tool_choice ${choice}`);
    return;
  }
  const name = ((choice as Loose).function as Loose | undefined)?.name;
  if (!names.has(String(name))) complain(`tool_choice names ${name}`);
}

function checkMessages(messages: unknown, strictness: Strictness, complain: Complain): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    complain('no messages');
    return;
  }
  let pending: string[] = [];
  const used = new Set<string>();
  let before = '';
  for (const [at, message] of (messages as Loose[]).entries()) {
    const role = String(message.role);
    const where = `messages[${at}]`;
    const known = MESSAGE_FIELDS[role];
    if (known === undefined) {
      complain(`${where}: role ${role}`);
      continue;
    }
    unknownKeys(message, known, where, complain);
    if ((role === 'system' || role === 'developer') && at > 0) complain(`${where}: a system message inside`);
    if (role === 'tool') {
      const expected = pending.shift();
      if (expected === undefined) complain(`${where}: a tool message that answers nothing`);
      else if (message.tool_call_id !== expected)
        complain(`${where}: ${message.tool_call_id} instead of ${expected}`);
      if (typeof message.content !== 'string' || message.content === '') complain(`${where}: content`);
    } else if (pending.length > 0) {
      complain(`${where}: ${pending.join(', ')} have no tool message`);
      pending = [];
    }
    if (role === before && role !== 'tool') complain(`${where}: ${role} after ${role}`);
    if (before === '' && role === 'assistant')
      complain(`${where}: the conversation begins with the assistant`);
    if (before === 'tool' && role === 'system') complain(`${where}: system after tool`);
    if (at === messages.length - 1 && role !== 'user' && role !== 'tool')
      complain(`${where}: ends with ${role}`);
    if (role === 'system' || role === 'developer') checkSystem(message.content, where, complain);
    if (role === 'user') checkContent(message.content, where, complain);
    if (role === 'assistant') pending = checkAssistant(message, strictness, used, where, complain);
    before = role === 'system' || role === 'developer' ? '' : role;
  }
  if (pending.length > 0) complain(`at the end: ${pending.join(', ')} have no tool message`);
}

function checkContent(content: unknown, where: string, complain: Complain): void {
  if (typeof content === 'string') {
    if (content === '') complain(`${where}: empty content`);
    return;
  }
  if (!Array.isArray(content) || content.length === 0) {
    complain(`${where}: content`);
    return;
  }
  for (const part of content as Loose[]) {
    if (part.type === 'text') {
      unknownKeys(part, ['type', 'text'], where, complain);
      if (typeof part.text !== 'string' || part.text === '') complain(`${where}: empty text part`);
    } else if (part.type === 'image_url') {
      unknownKeys(part, ['type', 'image_url'], where, complain);
      if (
        !/^(data:image\/[\w.+-]+;base64,[A-Za-z0-9+/=\s]+$|https?:)/.test(
          String((part.image_url as Loose).url),
        )
      )
        complain(`${where}: image url`);
    } else if (part.type === 'file') {
      unknownKeys(part.file as Loose, ['filename', 'file_data'], where, complain);
    } else complain(`${where}: part ${part.type}`);
  }
}

/** One string that says something: Groq, Mistral and many templates take no list of parts. */
function checkSystem(content: unknown, where: string, complain: Complain): void {
  if (typeof content !== 'string' || content.trim() === '')
    complain(`${where}: the system prompt is no text`);
}

function checkAssistant(
  message: Loose,
  strictness: Strictness,
  used: Set<string>,
  where: string,
  complain: Complain,
): string[] {
  const { toolId, reasoning } = strictness;
  if (message.content !== null && typeof message.content !== 'string') complain(`${where}: content`);
  if (reasoning !== undefined && 'reasoning_content' in message !== reasoning)
    complain(`${where}: reasoning_content ${reasoning ? 'is missing' : 'was sent'}`);
  if (
    reasoning === true &&
    (typeof message.reasoning_content !== 'string' || message.reasoning_content === '')
  )
    complain(`${where}: empty reasoning_content`);
  const calls = message.tool_calls as Loose[] | undefined;
  if (calls === undefined) {
    if (typeof message.content !== 'string' || message.content === '') complain(`${where}: says nothing`);
    return [];
  }
  if (calls.length === 0) complain(`${where}: empty tool_calls`);
  const ids: string[] = [];
  for (const call of calls) {
    unknownKeys(call, ['id', 'type', 'function'], where, complain);
    const id = String(call.id);
    if (typeof call.id !== 'string' || !toolId.test(id)) complain(`${where}: tool id ${id}`);
    if (used.has(id)) complain(`${where}: tool id ${id} twice`);
    used.add(id);
    ids.push(id);
    const fn = call.function as Loose;
    unknownKeys(fn, ['name', 'arguments'], where, complain);
    if (typeof fn.name !== 'string' || !NAME.test(fn.name)) complain(`${where}: function name ${fn.name}`);
    if (!isObjectText(fn.arguments)) complain(`${where}: arguments ${fn.arguments}`);
  }
  return ids;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isObjectText(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function unknownKeys(object: Loose, known: readonly string[], where: string, complain: Complain): void {
  for (const key of Object.keys(object)) if (!known.includes(key)) complain(`${where}: unknown field ${key}`);
}
