/** The laws of an answer are not blind: each finds what breaks it. */
import { describe, expect, test } from 'bun:test';
import { type Frame, frameOf } from '../../src/core/frame.ts';
import type { StreamEvent } from '../../src/core/messages.ts';
import { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';

const usage = {
  input_tokens: 5,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 0,
};
const start = (message: object = {}) => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-test-1',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
    ...message,
  },
});
const block = (index: number, content_block: object) => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, value: object) => ({ type: 'content_block_delta', index, delta: value });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const call = (id: string, more: object = {}) => ({ type: 'tool_use', id, name: 'Read', input: {}, ...more });
const end = (stop_reason: unknown, more: object = { output_tokens: 3 }) => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage: more,
});
const last = { type: 'message_stop' };

/** A whole answer with every kind of block, each event at its place. */
const WHOLE: object[] = [
  start(),
  block(0, { type: 'thinking', thinking: '', signature: '' }),
  delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
  delta(0, { type: 'signature_delta', signature: 'ccp1:acme' }),
  stop(0),
  block(1, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
  delta(1, { type: 'input_json_delta', partial_json: '{}' }),
  stop(1),
  block(2, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }),
  stop(2),
  block(3, { type: 'text', text: '' }),
  delta(3, { type: 'text_delta', text: 'Yes.' }),
  stop(3),
  block(4, call('toolu_1')),
  delta(4, { type: 'input_json_delta', partial_json: '{}' }),
  stop(4),
  end('tool_use'),
  last,
];

function frames(events: readonly object[]): Frame[] {
  return events.map((event) => frameOf(event as StreamEvent));
}

/** `WHOLE` with other events from `at` on. */
function instead(at: number, ...events: object[]): object[] {
  return WHOLE.with(at, events).flat();
}

const PING = { type: 'ping' };

test('a whole answer is lawful, with pings anywhere, and so is every beginning of it', () => {
  assertGrammar(frames(WHOLE));
  assertGrammar(frames(WHOLE.flatMap((event) => [PING, event])));
  for (const at of WHOLE.keys()) assertPrefix(frames(WHOLE.slice(0, at)));
});

/** A call without input has none, and thoughts need not be shown. */
const OPTIONAL = new Set([2, 6, 14]);

describe.each([...WHOLE.keys()].map((at) => [at, (WHOLE[at] as { type: string }).type] as const))(
  'event %d, a %s',
  (at) => {
    test('is missed', () => {
      const without = frames(WHOLE.toSpliced(at, 1));
      if (OPTIONAL.has(at)) assertGrammar(without);
      else expect(() => assertGrammar(without)).toThrow();
    });

    test('is seen where it comes twice, but for a delta', () => {
      const twice = frames(instead(at, WHOLE[at] as object, WHOLE[at] as object));
      const isDelta = [2, 6, 11, 14].includes(at);
      if (isDelta) assertGrammar(twice);
      else expect(() => assertGrammar(twice)).toThrow();
    });

    test('is seen at any other place', () => {
      for (const to of WHOLE.keys()) {
        const moved = WHOLE.toSpliced(at, 1).toSpliced(to, 0, WHOLE[at] as object);
        if (to === at || OPTIONAL.has(at)) continue;
        expect(() => assertGrammar(frames(moved))).toThrow();
      }
    });
  },
);

const BROKEN: [name: string, events: object[]][] = [
  ['no events', []],
  ['an answer that goes on behind its end', [...WHOLE, delta(4, { type: 'text_delta', text: 'x' })]],
  ['an id that is none of a message', instead(0, start({ id: 'chatcmpl-1' }))],
  ['another role', instead(0, start({ role: 'user' }))],
  ['no model', instead(0, start({ model: '' }))],
  ['content in the start', instead(0, start({ content: [{ type: 'text', text: 'x' }] }))],
  ['a start that has stopped', instead(0, start({ stop_reason: 'end_turn' }))],
  ['no usage', instead(0, start({ usage: {} }))],
  ['a fraction of a token', instead(0, start({ usage: { ...usage, input_tokens: 1.5 } }))],
  ['tokens in a string', instead(0, start({ usage: { ...usage, cache_read_input_tokens: '3' } }))],
  ['less than no tokens', instead(0, start({ usage: { ...usage, input_tokens: -1 } }))],
  ['tokens that are null', instead(16, end('tool_use', { output_tokens: 3, input_tokens: null }))],
  ['no output tokens', instead(16, end('tool_use', {}))],
  ['an index too high', instead(1, block(1, { type: 'thinking', thinking: '', signature: '' }))],
  ['a delta of another index', instead(11, delta(2, { type: 'text_delta', text: 'Yes.' }))],
  ['a stop of another index', instead(12, stop(2))],
  ['text in a call', instead(14, delta(4, { type: 'text_delta', text: '{}' }))],
  ['input in a text', instead(11, delta(3, { type: 'input_json_delta', partial_json: '{}' }))],
  ['thoughts in a text', instead(11, delta(3, { type: 'thinking_delta', thinking: 'x' }))],
  ['text in thoughts', instead(2, delta(0, { type: 'text_delta', text: 'x' }))],
  ['an empty text', instead(11, delta(3, { type: 'text_delta', text: '' }))],
  ['text in the start of a block', instead(10, block(3, { type: 'text', text: 'Yes' }))],
  [
    'thoughts in the start of a block',
    instead(1, block(0, { type: 'thinking', thinking: 'x', signature: '' })),
  ],
  ['input in the start of a call', instead(13, block(4, call('toolu_1', { input: { a: 1 } })))],
  ['a call without a name', instead(13, block(4, call('toolu_1', { name: '' })))],
  ['a call with an odd id', instead(13, block(4, call('functions.Read:0')))],
  ['a call without an id', instead(13, block(4, call('')))],
  ['an id twice', instead(15, stop(4), block(5, call('toolu_1')), stop(5))],
  ['a result of nothing', instead(8, block(2, { type: 'web_search_tool_result', tool_use_id: 'x' }))],
  [
    'words behind the signature',
    instead(
      3,
      delta(0, { type: 'signature_delta', signature: 'x' }),
      delta(0, { type: 'thinking_delta', thinking: 'x' }),
    ),
  ],
  ['an unknown stop reason', instead(16, end('tool_calls'))],
  ['a normal end with a call', instead(16, end('end_turn'))],
  ['no stop reason at all', instead(16, end(null))],
  ['an unknown event', instead(17, { type: 'completion' }, last)],
];

test.each(BROKEN)('%s is seen', (_name, events) => {
  expect(() => assertGrammar(frames(events))).toThrow();
});

test('a call is missed where the stop reason names one', () => {
  const text = [
    start(),
    block(0, { type: 'text', text: '' }),
    delta(0, { type: 'text_delta', text: 'x' }),
    stop(0),
  ];
  assertGrammar(frames([...text, end('end_turn'), last]));
  expect(() => assertGrammar(frames([...text, end('tool_use'), last]))).toThrow();
});

const bytesOf = (text: string) => new TextEncoder().encode(text);

test.each([
  ['another name', { name: 'message_delta' }],
  ['bytes of another event', { bytes: bytesOf('event: message_stop\ndata: {"type":"ping"}\n\n') }],
  ['bytes of another name', { bytes: bytesOf('event: ping\ndata: {"type":"message_stop"}\n\n') }],
  ['no event line', { bytes: bytesOf('data: {"type":"message_stop"}\n\n') }],
  ['no blank line', { bytes: bytesOf('event: message_stop\ndata: {"type":"message_stop"}\n') }],
  ['two blank lines', { bytes: bytesOf('event: message_stop\ndata: {"type":"message_stop"}\n\n\n') }],
])('a frame with %s is seen', (_name, wrong) => {
  const good = frames(WHOLE);
  expect(() =>
    assertGrammar([...good.slice(0, -1), { ...frameOf(last as StreamEvent), ...wrong }]),
  ).toThrow();
});
