import { describe, expect, test } from 'bun:test';
import type { FailureKind } from '../../src/core/failure.ts';
import { assertPrefix } from '../../src/drill/grammar.ts';
import { runText, sseOf } from '../support/anthropic.ts';
import { events } from '../support/openai-chat.ts';

const START = {
  type: 'message_start',
  message: { id: 'm', role: 'assistant', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
};
const text = (value: string) => [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: value } },
];
const THINKING = [
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: 'Hm.' } },
  { type: 'content_block_stop', index: 0 },
];
const call = (name: string | undefined, json: string) => [
  { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'a', name, input: {} } },
  { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: json } },
];
const SEARCH = {
  type: 'content_block_start',
  index: 0,
  content_block: { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'roses' } },
};
const found = (content: unknown) => ({
  type: 'content_block_start',
  index: 1,
  content_block: { type: 'web_search_tool_result', tool_use_id: 's', content },
});
const end = (reason: string | null) => ({
  type: 'message_delta',
  delta: { stop_reason: reason },
  usage: { output_tokens: 2 },
});
const CLOSED = { type: 'content_block_stop', index: 0 } as const;
const STOP = { type: 'message_stop' };
const error = (type: string) => ({ type: 'error', error: { type, message: 'the garden is closed' } });

type Case = [name: string, stream: string, kind: FailureKind, frames: number];

/** Streams that are no answers, the kind of their failure, and how many events the client has seen before it. */
const STREAMS: Case[] = [
  ['nothing', '', 'empty', 0],
  ['comments alone', ': hello\n\n: hello\n\n', 'empty', 0],
  ['pings alone', sseOf([{ type: 'ping' }]), 'empty', 0],
  ['an end alone', sseOf([end('end_turn'), STOP]), 'empty', 0],
  ['[DONE] alone', 'data: [DONE]\n\n', 'empty', 0],
  ['no content', sseOf([START, end('end_turn'), STOP]), 'empty', 1],
  ['blank text', sseOf([START, ...text('\n\n'), end('end_turn'), STOP]), 'empty', 1],
  ['thinking alone', sseOf([START, ...THINKING, end('end_turn'), STOP]), 'empty', 3],
  ['a tool-use reason alone', sseOf([START, end('tool_use'), STOP]), 'empty', 1],
  ['a refusal without words', sseOf([START, end('refusal'), STOP]), 'rejected', 1],
  ['a start alone', sseOf([START]), 'cut', 1],
  ['text without an end', sseOf([START, ...text('Roses')]), 'cut', 3],
  ['an end without a reason', sseOf([START, ...text('Roses'), end(null)]), 'cut', 3],
  ['a call without its end', sseOf([START, ...call('Water', '{"bed":'), STOP]), 'cut', 3],
  ['half a call and an end', sseOf([START, ...call('Water', '{"bed":1'), end('tool_use'), STOP]), 'cut', 3],
  [
    'half a call, closed, and an end',
    sseOf([START, ...call('Water', '{"bed":1'), CLOSED, end('tool_use'), STOP]),
    'cut',
    3,
  ],
  [
    'half a long call and an end',
    sseOf([START, ...call('Water', `{"bed":"${'r'.repeat(5000)}`), end('tool_use'), STOP]),
    'cut',
    4,
  ],
  ['a long call without its end', sseOf([START, ...call('Water', `{"bed":"${'r'.repeat(5000)}`)]), 'cut', 4],
  ['a beginning anew inside a call', sseOf([START, ...call('Water', '{"b'), START]), 'cut', 3],
  [
    'a call that goes on as white space',
    sseOf([START, ...call('Water', `{"bed":${' '.repeat(501)}`), end('tool_use'), STOP]),
    'garbled',
    2,
  ],
  ['a call without a name', sseOf([START, ...call(undefined, '{}'), end('tool_use'), STOP]), 'garbled', 1],
  [
    'a call of nothing',
    sseOf([
      START,
      ...text('Roses'),
      { type: 'content_block_start', index: 1, content_block: { type: 'tool_use' } } as never,
    ]),
    'garbled',
    3,
  ],
  ['a search alone', sseOf([START, SEARCH, CLOSED, end('end_turn'), STOP]), 'empty', 4],
  [
    'a search that found nothing',
    sseOf([START, SEARCH, CLOSED, found([]), end('end_turn'), STOP]),
    'empty',
    6,
  ],
  [
    'a search that failed',
    sseOf([START, SEARCH, CLOSED, found({ error_code: 'unavailable' }), end('end_turn'), STOP]),
    'empty',
    6,
  ],
  ['an error at once', sseOf([error('overloaded_error')]), 'overloaded', 0],
  ['an error before content', sseOf([START, error('rate_limit_error')]), 'rate_limited', 1],
  ['an error after content', sseOf([START, ...text('Roses'), error('api_error')]), 'server_error', 3],
  ['an error without event lines', `data: ${JSON.stringify(error('api_error'))}\n\n`, 'server_error', 0],
  ['an error event of another shape', 'event: error\ndata: {"message":"no","code":7}\n\n', 'server_error', 0],
  ['an error event that is not JSON', 'event: error\ndata: closed\n\n', 'server_error', 0],
  ['an error reason', sseOf([START, ...text('Roses'), end('error'), STOP]), 'server_error', 3],
  [
    'OpenAIs error',
    `data: ${JSON.stringify({ error: { message: 'no', type: 'x' } })}\n\n`,
    'server_error',
    0,
  ],
  [
    'OpenAIs error with a code, after content',
    `${sseOf([START, ...text('Roses')])}data: {"error":{"message":"no","code":429}}\n\n`,
    'rate_limited',
    3,
  ],
  [
    'an error event in plain words',
    'event: error\ndata: rate_limit: the garden is closed\n\n',
    'rate_limited',
    0,
  ],
  ['an error event without an error', 'event: error\ndata: {}\n\n', 'server_error', 0],
  [
    'an error event of another shape',
    'event: error\ndata: {"detail":"the garden is overloaded"}\n\n',
    'overloaded',
    0,
  ],
  [
    'a call that the server cannot read',
    'event: error\ndata: {"error":{"message":"no","code":"tool_use_failed","status_code":400}}\n\n',
    'fumbled',
    0,
  ],
  [
    'a prompt that is too long',
    sseOf([
      START,
      { type: 'error', error: { type: 'x', message: 'context length exceeded', code: 400 } } as typeof STOP,
    ]),
    'too_long',
    1,
  ],
  [
    'no money at MiniMax',
    'data: {"content":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}\n\n',
    'exhausted',
    0,
  ],
  [
    'no money at MiniMax, as a message',
    'data: {"type":"message","content":[],"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}\n\n',
    'exhausted',
    0,
  ],
  ['an event that is not JSON', 'event: message_start\ndata: {"type":\n\n', 'garbled', 0],
  ['an event that is a list', 'event: content_block_delta\ndata: []\n\n', 'garbled', 0],
  ['an object of no kind', 'data: {"garden":"closed"}\n\n', 'garbled', 0],
  ['a page', '<html><body>closed</body></html>', 'garbled', 0],
  ['plain words', 'data: closed\n\n', 'garbled', 0],
];

/** The same for whole bodies. */
const BODIES: Case[] = [
  ['an error', JSON.stringify(error('not_found_error')), 'no_such_model', 0],
  ['OpenAIs error', '{"error":{"message":"no","type":"server_error","code":null}}', 'server_error', 0],
  ['an error that is a string', '{"error":"model is loading"}', 'server_error', 0],
  [
    'an error that knows no such path',
    '{"error":"Unexpected endpoint or method. (POST /v1/messages)"}',
    'misdirected',
    0,
  ],
  ['a list of errors', '{"errors":[{"message":"no","code":429}]}', 'rate_limited', 0],
  ['a detail', '{"detail":"Not authenticated: the authentication is missing"}', 'unauthorized', 0],
  ['a bare message', '{"message":"no"}', 'server_error', 0],
  ['a list', '[]', 'garbled', 0],
  ['half of a message', '{"type":"message","content":[{"type":"text"', 'garbled', 0],
  ['no content', '{"type":"message","content":[],"stop_reason":"end_turn"}', 'empty', 1],
  ['content that is null', '{"type":"message","content":null,"stop_reason":"end_turn"}', 'empty', 1],
];

describe.each([
  ['text/event-stream', STREAMS],
  ['application/json', BODIES],
] as const)('%s', (contentType, cases) => {
  test.each([...cases])('%s', (_name, body, kind, seen) => {
    const answer = runText(body, undefined, contentType);
    expect(answer.failure?.kind).toBe(kind);
    // Words that are not ours are looked through before anybody reads them.
    const isQuoted = answer.failure?.message.includes('garden') === true;
    expect(isQuoted && answer.failure?.quotes !== true).toBe(false);
    assertPrefix(answer.frames);
    expect(events(answer).length).toBe(seen);
  });
});

test.each([
  ['thinking alone', [START, ...THINKING, end('end_turn'), STOP]],
  ['no content', [START, end('end_turn'), STOP]],
])('the failure says that there was %s', (what, events) => {
  expect(runText(sseOf(events)).failure?.message).toBe(`the answer had ${what}`);
});

test.each(['{}', '[]', 'null', 'false', '""'])('an error that is %s is none beside an answer', (error) => {
  const whole = sseOf([START, ...text('Roses'), end('end_turn'), STOP]);
  const odd = whole.replaceAll('"type":"', `"error":${error},"type":"`);
  expect(events(runText(odd))).toEqual(events(runText(whole)));
});

test('nothing is read behind the end of an answer', () => {
  const whole = sseOf([START, ...text('Roses'), end('end_turn'), STOP]);
  const answer = runText(whole);
  expect(answer.failure).toBeUndefined();
  expect(events(runText(`${whole}${sseOf([error('api_error')])}data: {"type":\n\n`))).toEqual(events(answer));
});

test('every packet of a call that is held is a sign of life, and no empty delta', () => {
  const [begin, ...rest] = call('Water', '{"bed":');
  const more = {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json: '1' },
  };
  const answer = runText(
    sseOf([START, ...text('Roses'), begin, ...rest, more, more].flatMap((event) => event ?? [])),
  );
  const types = events(answer).map(({ type }) => type);
  expect(types.slice(3)).toEqual(['ping', 'ping', 'ping', 'ping']);
});
