import { AttemptError } from './failure.ts';
import { type Frame, frameOf } from './frame.ts';
import { keepSources } from './json-source.ts';
import type { Block, Delta, Json, Message, StreamEvent, ToolUseBlock, Usage } from './messages.ts';
import { tidyJson } from './tidy-json.ts';
import { writeJson } from './write-json.ts';

/**
 * The whole answer that `frames` make: what the official SDK's `messages.stream().finalMessage()` accumulates of them. For
 * frames whose grammar is whole; anything it cannot place is left out. A second `message_start`, at which the SDK gives up,
 * goes on behind what was finished.
 * @throws TypeError when there is no `message_start`.
 */
export function collect(frames: Iterable<Frame>): Message {
  let message: Message | undefined;
  const inputs = new Map<number, string[]>();
  /** By index: after a second start, indexes are used again. */
  const open = new Map<number, Block>();
  for (const frame of frames) {
    if (frame.name === 'ping' || frame.name === 'error') continue;
    const { event } = frame;
    switch (event.type) {
      case 'message_start':
        if (message !== undefined) {
          dropOpen(message, open);
          open.clear();
          inputs.clear();
        }
        message ??= {
          ...event.message,
          content: [...event.message.content],
          usage: { ...event.message.usage },
        };
        break;
      case 'content_block_start': {
        const block = copyOf(event.content_block);
        message?.content.push(block);
        open.set(event.index, block);
        inputs.delete(event.index);
        break;
      }
      case 'content_block_delta':
        addDelta(open.get(event.index), event.index, event.delta, inputs);
        break;
      case 'content_block_stop':
        closeInput(open.get(event.index), inputs.get(event.index));
        open.delete(event.index);
        break;
      case 'message_delta':
        if (message !== undefined) addEnd(message, event);
    }
  }
  if (message === undefined) throw new TypeError('an answer without message_start');
  return message;
}

/** A block that deltas may be added to. */
function copyOf(block: Block): Block {
  const { citations } = block as { citations?: unknown };
  return Array.isArray(citations) ? { ...block, citations: [...citations] } : { ...block };
}

/** What will not be finished, above all a tool call with a part of its input, is no part of the answer. */
function dropOpen(message: Message, open: ReadonlyMap<number, Block>): void {
  const unfinished = new Set(open.values());
  message.content = message.content.filter((block) => !unfinished.has(block));
}

type AnyDelta = Delta | { type: 'citations_delta'; citation: Json };

function addDelta(
  block: Block | undefined,
  index: number,
  delta: AnyDelta,
  inputs: Map<number, string[]>,
): void {
  if (block === undefined) return;
  const loose = block as Record<string, unknown>;
  switch (delta.type) {
    case 'text_delta':
      if (block.type === 'text') loose.text = `${loose.text ?? ''}${delta.text}`;
      return;
    case 'thinking_delta':
      if (block.type === 'thinking') loose.thinking = `${loose.thinking ?? ''}${delta.thinking}`;
      return;
    case 'signature_delta':
      if (block.type === 'thinking') loose.signature = delta.signature;
      return;
    case 'citations_delta':
      if (block.type !== 'text') return;
      loose.citations ??= [];
      (loose.citations as Json[]).push(delta.citation);
      return;
    case 'input_json_delta': {
      const parts = inputs.get(index);
      if (parts === undefined) inputs.set(index, [delta.partial_json]);
      else parts.push(delta.partial_json);
    }
  }
}

function closeInput(block: Block | undefined, parts: string[] | undefined): void {
  if (block === undefined || parts === undefined) return;
  (block as ToolUseBlock).input = parseInput(parts.join(''));
}

/**
 * Tool input as the client would read it: `{}` for nothing, and for what is not JSON the marker Claude Code itself puts in
 * its place (measured with 2.1.197), with which no tool runs by accident.
 */
export function parseInput(json: string): Json {
  if (json.trim() === '') return {};
  try {
    const input = JSON.parse(json) as Json;
    keepSources(input, json, 0);
    return input;
  } catch {
    return { __unparsedToolInput: { raw: json, len: json.length } };
  }
}

const OF_THE_START = new Set(['id', 'role', 'model', 'content']);

/** What is told at the end of an answer: in the delta, in the usage, and beside them. */
function addEnd(message: Message, event: Extract<StreamEvent, { type: 'message_delta' }>): void {
  const { type: _, delta, usage, ...told } = event;
  for (const [key, value] of Object.entries(told)) {
    // Such as `context_management`; what a message is called by itself is told in its start.
    if (!OF_THE_START.has(key)) (message as unknown as Record<string, unknown>)[key] = value;
  }
  Object.assign(message, delta);
  for (const [key, value] of Object.entries(usage)) {
    if (value !== null && value !== undefined) message.usage[key as keyof Usage] = value;
  }
}

/**
 * The events of a whole answer: for a server that answered with JSON although it was asked for a stream. Other servers'
 * messages lack fields; a stream without them is refused by the official SDK.
 * @throws AttemptError before the first event for a message without a stop reason: nobody said that it is whole.
 */
export function* expand(message: Message): Generator<Frame> {
  const { content, stop_reason, stop_sequence, usage, stop_details, container, ...rest } =
    message as Message & { stop_details?: Json; container?: Json };
  if (typeof stop_reason !== 'string') {
    throw new AttemptError({ kind: 'cut', message: 'the answer ended without a stop reason' });
  }
  const counts: Usage = { ...(usage ?? { input_tokens: 0 }), output_tokens: usage?.output_tokens ?? 0 };
  const start = {
    ...rest,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...counts, output_tokens: 0 },
  };
  yield frameOf({ type: 'message_start', message: start });
  let index = 0;
  for (const block of content ?? []) {
    if (block.type === 'text' && (block as { text?: string }).text === '') continue;
    yield* expandBlock(block, index);
    index += 1;
  }
  const delta = {
    stop_reason,
    stop_sequence: stop_sequence ?? null,
    ...(stop_details === undefined ? {} : { stop_details }),
    ...(container === undefined ? {} : { container }),
  };
  // Told at the end as well: some clients read it there, others in the start alone.
  const { id, type, role, model, ...told } = rest;
  yield frameOf({ type: 'message_delta', delta, usage: counts, ...told });
  yield frameOf({ type: 'message_stop' });
}

/** The events of one whole block. */
export function* expandBlock(block: Block, index: number): Generator<Frame> {
  const [start, deltas] = taken(block);
  yield frameOf({ type: 'content_block_start', index, content_block: start });
  for (const delta of deltas) yield frameOf({ type: 'content_block_delta', index, delta: delta as Delta });
  yield frameOf({ type: 'content_block_stop', index });
}

/** A block as it starts in a stream, and the deltas that complete it: clients ignore what a start already contains. */
function taken(block: Block): [Block, AnyDelta[]] {
  const loose = block as Record<string, unknown>;
  switch (block.type) {
    case 'text': {
      const { citations, text, ...rest } = loose as { citations?: Json[] | null; text: string; type: 'text' };
      const cited = Array.isArray(citations) ? citations : [];
      return [
        { ...rest, text: '' } as Block,
        [
          { type: 'text_delta', text },
          ...cited.map((citation) => ({ type: 'citations_delta' as const, citation })),
        ],
      ];
    }
    case 'thinking': {
      const { thinking, signature } = loose as { thinking?: string; signature?: string };
      return [
        { type: 'thinking', thinking: '', signature: '' },
        [
          { type: 'thinking_delta', thinking: thinking ?? '' },
          { type: 'signature_delta', signature: signature ?? '' },
        ],
      ];
    }
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return [
        { ...loose, input: {} } as Block,
        [{ type: 'input_json_delta', partial_json: tidyJson(writeJson(loose.input ?? {})) }],
      ];
    default:
      return [block, []];
  }
}
