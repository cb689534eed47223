import type { Frame } from '../core/frame.ts';
import type { StreamEvent } from '../core/messages.ts';

const DELTAS: Record<string, string[]> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
};
const STOPS = [
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
];

/** Behind a call: it is to run, the tokens ran out in what followed it, or the answer is not over. */
const ENDS_OF_CALLS: (string | null)[] = ['tool_use', 'max_tokens', null];

/** What has been seen of the block that is open. */
interface Open {
  type: string;
  filled: boolean;
  signatures: number;
}

/**
 * Checks that `frames` are one whole answer in the strictest reading of the Messages stream.
 * @throws Error that names the event and what is wrong with it.
 */
export function assertGrammar(frames: readonly Frame[]): void {
  const state = check(frames);
  if (!state.stopped) throw new Error(`the answer has no message_stop after ${frames.length} events`);
}

/** The same for the beginning of an answer, which may end anywhere. */
export function assertPrefix(frames: readonly Frame[]): void {
  check(frames);
}

function check(frames: readonly Frame[]): { stopped: boolean } {
  let open: Open | null = null;
  let index = 0;
  let started = false;
  let ended = false;
  let stopped = false;
  const toolIds = new Set<string>();
  /** Calls that the server runs itself. */
  const serverIds = new Set<string>();
  for (const [at, frame] of frames.entries()) {
    const { event } = frame;
    const fail: Fail = (why) => {
      throw new Error(`event ${at} (${frame.name}): ${why}\n${JSON.stringify(event)}`);
    };
    if (frame.name !== event.type) fail(`the frame is named ${frame.name} but its event is ${event.type}`);
    assertBytes(frame, fail);
    if (event.type === 'ping') continue;
    if (stopped) fail('comes after message_stop');
    if (!started && event.type !== 'message_start') fail('comes before message_start');
    switch (event.type) {
      case 'message_start':
        if (started) fail('a second message_start');
        started = true;
        assertStart(event, fail);
        break;
      case 'content_block_start': {
        if (ended) fail('a block after message_delta');
        if (open !== null) fail('the block before it is open');
        if (event.index !== index) fail(`index ${event.index} instead of ${index}`);
        const block = event.content_block as Record<string, unknown> & { type: string };
        open = { type: block.type, filled: false, signatures: 0 };
        if (block.type === 'text' && block.text !== '') fail('text in the start event is lost');
        if (block.type === 'thinking' && (block.thinking !== '' || block.signature !== ''))
          fail('thinking in the start');
        if (block.type === 'tool_use') assertCall(block, toolIds, fail);
        else if (block.type === 'server_tool_use') assertCall(block, serverIds, fail);
        else if (block.type.endsWith('_tool_result') && !serverIds.has(String(block.tool_use_id)))
          fail(`a result of ${block.tool_use_id}, which was not called`);
        break;
      }
      case 'content_block_delta': {
        if (open === null || event.index !== index) fail('no such block is open');
        if (!(DELTAS[open.type] ?? []).includes(event.delta.type))
          fail(`${event.delta.type} in a ${open.type} block`);
        if (open.signatures > 0) fail('a delta after the signature');
        if (event.delta.type === 'signature_delta') open.signatures += 1;
        if (event.delta.type === 'text_delta' && event.delta.text !== '') open.filled = true;
        break;
      }
      case 'content_block_stop':
        if (open === null || event.index !== index) fail('no such block is open');
        if (open.type === 'text' && !open.filled) fail('an empty text block');
        if (open.type === 'thinking' && open.signatures !== 1) fail(`${open.signatures} signatures`);
        open = null;
        index += 1;
        break;
      case 'message_delta': {
        if (ended) fail('a second message_delta');
        if (open !== null) fail('a block is open');
        const { stop_reason: reason } = event.delta;
        if (reason !== null && !STOPS.includes(reason)) fail(`stop reason ${reason}`);
        const mayEnd = toolIds.size > 0 ? ENDS_OF_CALLS.includes(reason) : reason !== 'tool_use';
        if (!mayEnd) fail(`stop reason ${reason} with ${toolIds.size} tool calls`);
        if (event.usage?.output_tokens === undefined) fail('no output_tokens');
        assertCounts(event.usage, fail);
        // Without a reason it is a sign of life between two blocks, and ends nothing.
        ended = reason !== null;
        break;
      }
      case 'message_stop':
        if (!ended) fail('no message_delta before it');
        stopped = true;
        break;
      default:
        fail('not an event of an answer');
    }
  }
  return { stopped };
}

type Fail = (why: string) => never;

function assertCall(block: Record<string, unknown>, ids: Set<string>, fail: Fail): void {
  const id = String(block.id);
  if (!/^[a-zA-Z0-9_-]+$/.test(id)) fail(`tool id ${id}`);
  if (ids.has(id)) fail(`tool id ${id} a second time`);
  ids.add(id);
  if (typeof block.name !== 'string' || block.name === '') fail('a tool call without a name');
  if (JSON.stringify(block.input) !== '{}') fail('input in the start event is lost');
}

function assertBytes(frame: Frame, fail: Fail): void {
  const text = new TextDecoder().decode(frame.bytes);
  const [first, second, ...rest] = text.split('\n');
  if (first !== `event: ${frame.name}`) fail(`its first line is ${first}`);
  if (!second?.startsWith('data: ')) fail('its second line is not data');
  if (rest.join('|') !== '|') fail('it does not end with one blank line');
  if (JSON.stringify(JSON.parse(second?.slice(6) ?? '')) !== JSON.stringify(frame.event))
    fail('bytes and event differ');
}

function assertStart(event: Extract<StreamEvent, { type: 'message_start' }>, fail: Fail): void {
  const { message } = event;
  if (!/^msg_[a-zA-Z0-9_-]+$/.test(message.id)) fail(`message id ${message.id}`);
  if (message.type !== 'message' || message.role !== 'assistant') fail('type or role');
  if (message.model === '') fail('no model');
  if (message.content.length !== 0) fail('content in message_start');
  if (message.stop_reason !== null || message.stop_sequence !== null) fail('it has stopped already');
  if (message.usage.input_tokens === undefined || message.usage.output_tokens === undefined) fail('no usage');
  assertCounts(message.usage, fail);
}

function assertCounts(usage: object, fail: Fail): void {
  for (const [key, value] of Object.entries(usage)) {
    if (!key.endsWith('_tokens')) continue;
    if (!Number.isInteger(value) || value < 0) fail(`usage.${key} is ${value}`);
  }
}
