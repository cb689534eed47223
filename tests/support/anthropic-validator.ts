import { checkCharacters } from './character-validator.ts';
import { checkSchema } from './schema-validator.ts';

/**
 * `compatible`: the core of the Messages API, as its imitators take it, in the strictest reading of all of them (Ollama,
 * LM Studio, vLLM, DeepSeek, gateways before Anthropic). `native`: what Anthropic itself refuses of a history.
 */
export type Mode = 'compatible' | 'native';

const FIELDS = [
  'model',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'system',
  'tools',
  'tool_choice',
  'messages',
  'stream',
];
const ID = /^[a-zA-Z0-9_-]{1,64}$/;
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
/** What Anthropic signs: base64. Ours and invented ones are not. */
const SIGNATURE = /^[A-Za-z0-9+/]{16,}={0,2}$/;

type Loose = Record<string, unknown>;
type Complain = (text: string) => void;

/** Everything a strict server would refuse in `body`; empty for a good request. */
export function complaints(body: unknown, mode: Mode = 'compatible'): string[] {
  const found: string[] = [];
  const complain = (text: string): void => {
    found.push(text);
  };
  const request = body as Loose;
  if (mode === 'native') {
    checkHistory(request.messages, complain);
    return found;
  }
  checkCharacters(body, complain);
  unknownKeys(request, FIELDS, 'request', complain);
  checkCore(request, complain);
  const names = checkTools(request.tools, complain);
  checkChoice(request, names, complain);
  checkMessages(request.messages, complain);
  return found;
}

function checkCore(request: Loose, complain: Complain): void {
  const { model, max_tokens: limit, system, stream, thinking, stop_sequences: stops } = request;
  if (typeof model !== 'string' || model === '') complain('no model');
  if (!Number.isInteger(limit) || (limit as number) < 1) complain(`max_tokens is ${limit}`);
  if (typeof stream !== 'boolean') complain(`stream is ${stream}`);
  if (system !== undefined && isBlank(system)) complain('system is no text');
  for (const key of ['temperature', 'top_p', 'top_k']) {
    if (key in request && !((request[key] as number) >= 0)) complain(`${key} is ${request[key]}`);
  }
  if (stops !== undefined && !(Array.isArray(stops) && stops.length > 0 && !stops.some(isBlank)))
    complain('stop_sequences');
  if (thinking !== undefined) checkThinking(thinking as Loose, request, complain);
}

function checkThinking(thinking: Loose, request: Loose, complain: Complain): void {
  if (thinking.type === 'disabled') {
    unknownKeys(thinking, ['type'], 'thinking', complain);
    return;
  }
  unknownKeys(thinking, ['type', 'budget_tokens'], 'thinking', complain);
  if (thinking.type !== 'enabled') complain(`thinking is ${thinking.type}`);
  const budget = thinking.budget_tokens as number;
  if (!Number.isInteger(budget) || budget < 1024) complain(`budget_tokens is ${budget}`);
  if (budget >= (request.max_tokens as number)) complain('budget_tokens is not below max_tokens');
  const choice = (request.tool_choice as Loose | undefined)?.type;
  if (choice === 'any' || choice === 'tool') complain('thinking with a forced call');
}

function checkTools(tools: unknown, complain: Complain): Set<string> {
  const names = new Set<string>();
  if (tools === undefined) return names;
  if (!Array.isArray(tools) || tools.length === 0) complain('tools is empty');
  for (const tool of Array.isArray(tools) ? (tools as Loose[]) : []) {
    unknownKeys(tool, ['name', 'description', 'input_schema'], 'tool', complain);
    const name = String(tool.name);
    if (typeof tool.name !== 'string' || !NAME.test(name)) complain(`tool name ${name}`);
    if (names.has(name)) complain(`tool name ${name} twice`);
    names.add(name);
    if ('description' in tool && isBlank(tool.description)) complain(`description of ${name}`);
    checkInput(tool.input_schema, name, complain);
  }
  return names;
}

/** An object of properties, without what only a schema of its own needs. */
function checkInput(value: unknown, name: string, complain: Complain): void {
  const schema = (isObject(value) ? value : {}) as Loose;
  if (schema.type !== 'object' || !isObject(schema.properties)) complain(`schema of ${name}`);
  if (Object.hasOwn(schema, '$schema')) complain(`$schema in ${name}`);
  checkSchema(value, name, complain);
}

function checkChoice(request: Loose, names: Set<string>, complain: Complain): void {
  if (request.tool_choice === undefined) return;
  const choice = request.tool_choice as Loose;
  unknownKeys(choice, ['type', 'name', 'disable_parallel_tool_use'], 'tool_choice', complain);
  if (request.tools === undefined) complain('tool_choice without tools');
  if (!['auto', 'any', 'tool', 'none'].includes(String(choice.type))) complain(`tool_choice ${choice.type}`);
  if (choice.type === 'tool' && !names.has(String(choice.name))) complain(`tool_choice names ${choice.name}`);
}

function checkMessages(messages: unknown, complain: Complain): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    complain('no messages');
    return;
  }
  let pending: string[] = [];
  const ids = new Set<string>();
  for (const [at, message] of (messages as Loose[]).entries()) {
    const where = `messages[${at}]`;
    const role = at % 2 === 0 ? 'user' : 'assistant';
    unknownKeys(message, ['role', 'content'], where, complain);
    if (message.role !== role) complain(`${where}: role ${message.role} instead of ${role}`);
    const blocks = blocksOf(message.content, where, complain);
    if (message.role === 'assistant') {
      pending = checkAssistant(blocks, ids, where, complain);
    } else {
      checkUser(blocks, pending, where, complain);
      pending = [];
    }
  }
  if (pending.length > 0) complain(`at the end: ${pending.join(', ')} have no result`);
}

function blocksOf(content: unknown, where: string, complain: Complain): Loose[] {
  const blocks = (typeof content === 'string' ? [{ type: 'text', text: content }] : content) as Loose[];
  if (!Array.isArray(blocks) || blocks.length === 0) {
    complain(`${where}: no content`);
    return [];
  }
  return blocks;
}

function checkUser(blocks: Loose[], pending: readonly string[], where: string, complain: Complain): void {
  const results = blocks.filter((block) => block.type === 'tool_result');
  const given = results.map((block) => String(block.tool_use_id));
  if (given.join() !== pending.join()) complain(`${where}: results of ${given} instead of ${pending}`);
  if (blocks.slice(0, results.length).some((block) => block.type !== 'tool_result'))
    complain(`${where}: something before the results`);
  for (const block of blocks) {
    if (block.type !== 'tool_result') {
      checkSaid(block, where, complain);
      continue;
    }
    unknownKeys(block, ['type', 'tool_use_id', 'content', 'is_error'], where, complain);
    if (isBlank(block.content) && !/^\s+$/.test(String(block.content)))
      complain(`${where}: result is no text`);
    if ('is_error' in block && block.is_error !== true) complain(`${where}: is_error ${block.is_error}`);
  }
}

function checkAssistant(blocks: Loose[], ids: Set<string>, where: string, complain: Complain): string[] {
  const calls: string[] = [];
  for (const block of blocks) {
    if (block.type === 'tool_use') {
      unknownKeys(block, ['type', 'id', 'name', 'input'], where, complain);
      const id = String(block.id);
      if (typeof block.id !== 'string' || !ID.test(id)) complain(`${where}: tool id ${id}`);
      if (ids.has(id)) complain(`${where}: tool id ${id} twice`);
      if (typeof block.name !== 'string' || !NAME.test(block.name))
        complain(`${where}: tool name ${block.name}`);
      if (!isObject(block.input)) complain(`${where}: input ${block.input}`);
      ids.add(id);
      calls.push(id);
      continue;
    }
    if (calls.length > 0) complain(`${where}: ${block.type} behind a call`);
    if (block.type === 'thinking') {
      unknownKeys(block, ['type', 'thinking', 'signature'], where, complain);
      if (isBlank(block.thinking)) complain(`${where}: empty thinking`);
      if (String(block.signature).startsWith('ccp1:')) complain(`${where}: our own mark`);
    } else if (block.type === 'text') checkSaid(block, where, complain);
    else complain(`${where}: block ${block.type}`);
  }
  if (blocks.every((block) => block.type === 'thinking')) complain(`${where}: thinking alone`);
  return calls;
}

function checkSaid(block: Loose, where: string, complain: Complain): void {
  if (block.type === 'text') {
    unknownKeys(block, ['type', 'text'], where, complain);
    if (isBlank(block.text)) complain(`${where}: blank text`);
  } else if (block.type === 'image' || block.type === 'document') {
    const source = block.source as Loose;
    unknownKeys(block, ['type', 'source', 'title'], where, complain);
    unknownKeys(source, ['type', 'media_type', 'data'], where, complain);
    if (source.type !== 'base64' || isBlank(source.data) || isBlank(source.media_type))
      complain(`${where}: source ${source.type}`);
  } else complain(`${where}: block ${block.type}`);
}

/** Anthropic's own refusals that a history of several models runs into. */
function checkHistory(messages: unknown, complain: Complain): void {
  for (const [at, message] of (messages as Loose[]).entries()) {
    const where = `messages[${at}]`;
    if (!Array.isArray(message.content)) continue;
    if (message.content.length === 0) complain(`${where}: no content`);
    for (const block of message.content as Loose[]) checkNativeBlock(block, where, complain);
  }
  checkPairs(messages as Loose[], complain);
}

/** Ids of their own; every call answered once, first thing that is said after it; no answer without a call. */
function checkPairs(messages: readonly Loose[], complain: Complain): void {
  const ids = new Set<string>();
  let pending = new Set<string>();
  let hasSpoken = false;
  for (const [at, { role, content }] of messages.entries()) {
    const where = `messages[${at}]`;
    if (role === 'assistant' && hasSpoken) {
      if (pending.size > 0) complain(`${where}: ${[...pending]} have no result`);
      pending = new Set();
      hasSpoken = false;
    }
    if (role === 'user') hasSpoken = true;
    for (const block of Array.isArray(content) ? (content as Loose[]) : [{ type: 'text' }]) {
      const id = String(role === 'assistant' ? block.id : block.tool_use_id);
      if (block.type === 'tool_use') {
        if (ids.has(id)) complain(`${where}: tool id ${id} twice`);
        ids.add(id);
        pending.add(id);
      } else if (block.type === 'tool_result') {
        if (!pending.delete(id)) complain(`${where}: a result of ${id}, which nobody called`);
      } else if (role === 'user' && pending.size > 0) complain(`${where}: ${block.type} before the results`);
    }
  }
  if (pending.size > 0) complain(`at the end: ${[...pending]} have no result`);
}

function checkNativeBlock(block: Loose, where: string, complain: Complain): void {
  if (block.type === 'text' && block.text === '') complain(`${where}: empty text`);
  if (block.type === 'thinking' && !SIGNATURE.test(String(block.signature ?? '')))
    complain(`${where}: thinking signed ${block.signature}`);
  if (block.type === 'redacted_thinking' && !SIGNATURE.test(String(block.data ?? '')))
    complain(`${where}: foreign redacted thinking`);
  if (block.type === 'tool_use') {
    if (!ID.test(String(block.id))) complain(`${where}: tool id ${block.id}`);
    if (!isObject(block.input)) complain(`${where}: input ${block.input}`);
  }
  if (block.type === 'tool_result' && !ID.test(String(block.tool_use_id)))
    complain(`${where}: tool id ${block.tool_use_id}`);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBlank(value: unknown): boolean {
  return typeof value !== 'string' || value.trim() === '';
}

function unknownKeys(object: Loose, known: readonly string[], where: string, complain: Complain): void {
  for (const key of Object.keys(object)) if (!known.includes(key)) complain(`${where}: unknown field ${key}`);
}
