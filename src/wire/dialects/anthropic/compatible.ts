import {
  type Block,
  isBlock,
  type Json,
  type MessageParam,
  type MessagesRequest,
  type ToolParam,
  type ToolResultBlock,
} from '../../../core/messages.ts';
import { validToolId } from '../../../core/provenance.ts';
import type { Encoded, Inbound, Target } from '../../../core/upstream.ts';
import { render } from '../../history/foreign.ts';
import { isObject, parseJson } from '../../history/json.ts';
import { type Pairs, pair } from '../../history/pairs.ts';
import { parameters } from '../../history/schema.ts';
import { systemTexts } from '../../history/system.ts';
import { clean } from '../../history/text.ts';
import { portableTools } from '../../history/tools.ts';
import { type Turn, turns } from '../../history/turns.ts';

/**
 * A request for a server that speaks the Messages API but is not Anthropic: the API's core alone. Betas and the body
 * fields they enable go together, so neither is sent; nothing of the client's headers is.
 */
export function encodeCompatible(inbound: Inbound, target: Target): Encoded {
  const { request } = inbound;
  const tools = portableTools(request).map(encodeTool);
  const system = systemTexts(request).join('\n\n');
  const body = {
    model: target.model,
    max_tokens: Math.min(
      request.max_tokens ?? DEFAULT_MAX_TOKENS,
      target.maxTokens ?? Number.POSITIVE_INFINITY,
    ),
    ...pick(request, ['temperature', 'top_p', 'top_k', 'stop_sequences']),
    ...thinking(request),
    ...(system === '' ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools, ...choice(request, tools) }),
    messages: encodeTurns(turns(request), target),
    stream: target.stream,
  };
  const headers = new Headers({
    'content-type': 'application/json',
    accept: target.stream ? 'text/event-stream' : 'application/json',
    'anthropic-version': '2023-06-01',
  });
  return { body: JSON.stringify(body), headers };
}

/** The API requires a limit; a request without one is a probe of some other client. */
const DEFAULT_MAX_TOKENS = 4096;

function pick(request: MessagesRequest, names: readonly (keyof MessagesRequest)[]): Partial<MessagesRequest> {
  return Object.fromEntries(
    names.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]),
  );
}

/** `adaptive` is known to Anthropic's newest models only; without it a model thinks as it does by default. */
function thinking({ thinking: asked }: MessagesRequest): Partial<MessagesRequest> {
  if (asked?.type === 'disabled') return { thinking: { type: 'disabled' } };
  if (asked?.type !== 'enabled' || typeof asked.budget_tokens !== 'number') return {};
  return { thinking: { type: 'enabled', budget_tokens: asked.budget_tokens } };
}

function encodeTool({ name, description, input_schema }: ToolParam): ToolParam {
  const schema = parameters(input_schema);
  return { name, ...(description ? { description } : {}), input_schema: schema };
}

function choice(request: MessagesRequest, tools: readonly ToolParam[]): Partial<MessagesRequest> {
  const asked = request.tool_choice;
  if (asked === undefined || asked === null) return {};
  if (asked.type === 'tool' && !tools.some((tool) => tool.name === asked.name)) return {};
  return { tool_choice: asked };
}

/** Said where a conversation needs words and has none; the client's own. */
const NO_CONTENT = '(no content)';

function encodeTurns(conversation: readonly Turn[], target: Target): MessageParam[] {
  const pairs = pair(conversation);
  const out: MessageParam[] = [];
  if (conversation[0]?.role === 'assistant') out.push({ role: 'user', content: NO_CONTENT });
  conversation.forEach((turn, at) => {
    if (turn.role === 'user') {
      const said = turn.blocks.flatMap((block) => userBlock(block, pairs, target));
      const content = [...resultsFor(conversation[at - 1], pairs, target), ...said];
      out.push({ role: 'user', content: content.length === 0 ? NO_CONTENT : content });
      return;
    }
    const content = turn.blocks.flatMap((block) => assistantBlock(block));
    out.push({ role: 'assistant', content: content.length === 0 ? NO_CONTENT : content });
    const isLast = at === conversation.length - 1;
    const unanswered = isLast ? resultsFor(turn, pairs, target) : [];
    if (unanswered.length > 0) out.push({ role: 'user', content: unanswered });
  });
  return out;
}

/** One result for every call of the turn before, in the order of the calls; a call without one was interrupted. */
function resultsFor(before: Turn | undefined, pairs: Pairs, target: Target): Block[] {
  const calls = (before?.blocks ?? []).filter((block) => isBlock(block, 'tool_use'));
  return calls.map((call) => {
    const result = pairs.resultOf(call);
    const id = validToolId(call.id);
    if (result === undefined) {
      return { type: 'tool_result', tool_use_id: id, content: '[interrupted]', is_error: true };
    }
    const error = result.is_error === true ? { is_error: true } : {};
    return { type: 'tool_result', tool_use_id: id, content: resultContent(result, target), ...error };
  });
}

function resultContent({ content }: ToolResultBlock, target: Target): string | Block[] {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return clean(content);
  const blocks = content.flatMap((block) => plainBlock(block, target));
  const texts = blocks.flatMap((block) => (isBlock(block, 'text') ? [block.text] : []));
  return texts.length === blocks.length ? texts.join('\n') : blocks;
}

function userBlock(block: Block, pairs: Pairs, target: Target): Block[] {
  if (!isBlock(block, 'tool_result')) return plainBlock(block, target);
  if (pairs.isPaired(block)) return [];
  const content = resultContent(block, target);
  const inner: Block[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return [{ type: 'text', text: '[result of an earlier tool call]' }, ...inner.filter(isSaid)];
}

function isSaid(block: Block): boolean {
  return !isBlock(block, 'text') || block.text !== '';
}

/** Text, images and documents as they are, without cache marks; what only Anthropic knows as text. */
function plainBlock(block: Block, { quirks }: Target): Block[] {
  if (isBlock(block, 'text')) return block.text === '' ? [] : [{ type: 'text', text: clean(block.text) }];
  if (isBlock(block, 'image')) {
    if (quirks.vision === false) return [{ type: 'text', text: '[image omitted: model has no vision]' }];
    return block.source?.type === 'file'
      ? [{ type: 'text', text: '[image omitted: it is stored at another provider]' }]
      : [{ type: 'image', source: block.source }];
  }
  if (isBlock(block, 'document') && quirks.files === true) {
    const { source, title } = block;
    return [{ type: 'document', source, ...(title ? { title } : {}) }];
  }
  if (block.type === 'document') return [{ type: 'text', text: documentNote(block) }];
  if (block.type === 'thinking' || block.type === 'redacted_thinking') return [];
  return [{ type: 'text', text: render(block) }];
}

function documentNote(block: Block): string {
  const { source, title } = block as { source?: { type?: string; data?: unknown }; title?: unknown };
  const name = typeof title === 'string' && title !== '' ? title : 'document';
  if (source?.type === 'text' && typeof source.data === 'string') return `[${name}]\n${clean(source.data)}`;
  return `[${name}: document omitted, the model cannot read it]`;
}

/** Thinking stays behind: its signature means something to its author only. */
function assistantBlock(block: Block): Block[] {
  if (isBlock(block, 'text')) return block.text === '' ? [] : [{ type: 'text', text: clean(block.text) }];
  if (isBlock(block, 'tool_use')) {
    const { id, name, input } = block;
    return [{ type: 'tool_use', id: validToolId(id), name, input: objectOf(input) }];
  }
  if (block.type === 'thinking' || block.type === 'redacted_thinking') return [];
  return [{ type: 'text', text: render(block) }];
}

/** A client replays an input that was encoded twice as a string (measured with Claude Code 2.1.197). */
function objectOf(input: Json): Json {
  const value = typeof input === 'string' ? parseJson(input) : input;
  return isObject(value) ? (value as Json) : {};
}
