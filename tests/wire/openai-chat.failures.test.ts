import { describe, expect, test } from 'bun:test';
import type { FailureKind } from '../../src/core/failure.ts';
import { pipe } from '../../src/core/transducer.ts';
import { assertPrefix } from '../../src/drill/grammar.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { framingFor } from '../../src/wire/framing/index.ts';
import { sse } from '../../src/wire/framing/sse.ts';
import { events, FORMS, run, runText, sseOf, targetOf } from '../support/openai-chat.ts';

const chunk = (delta: object, more: object = {}) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const finish = (reason: string, delta: object = {}) => chunk(delta, { finish_reason: reason });
const role = chunk({ role: 'assistant', content: '' });
const text = chunk({ content: 'The roses' });
const thought = chunk({ reasoning_content: 'Hm.' });
const call = (name: string | undefined, args: string) =>
  chunk({ tool_calls: [{ index: 0, id: 'call_12345678a', function: { name, arguments: args } }] });

const minimax = (code: number, words: string) => ({
  base_resp: { status_code: code, status_msg: words },
});

/** `frames`: how many the client has seen by then. */
const CASES: [name: string, stream: string, kind: FailureKind, frames: number][] = [
  ['an empty body', '', 'empty', 0],
  ['comments alone', ': waiting\n\n: waiting\n\n', 'empty', 0],
  ['[DONE] alone', sseOf([]), 'empty', 0],
  ['empty data lines alone', 'data:\n\ndata: \n\n', 'empty', 0],
  ['nothing but a role, then [DONE]', sseOf([role]), 'empty', 1],
  ['nothing but a role, then the end', sseOf([role], { done: false }), 'cut', 1],
  ['a stop without content', sseOf([role, finish('stop')]), 'empty', 1],
  ['blank text alone', sseOf([role, chunk({ content: '\n\n' }), finish('stop')]), 'empty', 2],
  ['tool_calls without a call', sseOf([role, finish('tool_calls')]), 'empty', 1],
  ['reasoning alone, whose block stays open', sseOf([role, thought, finish('stop')]), 'empty', 3],
  ['reasoning alone before [DONE]', sseOf([role, thought]), 'empty', 3],
  ['text and no end', sseOf([role, text], { done: false }), 'cut', 3],
  ['a call and no end', sseOf([role, call('Read', '{"path":"a"}')], { done: false }), 'cut', 2],
  ['half a call before [DONE]', sseOf([role, call('Read', '{"pa')]), 'cut', 2],
  ['half a call and a finish', sseOf([role, call('Read', '{"pa'), finish('tool_calls')]), 'cut', 2],
  ['half a call that is no JSON', sseOf([role, call('Read', '{path: a.md'), finish('tool_calls')]), 'cut', 2],
  ['half a call and a stop', sseOf([role, call('Read', '{"path":"a'), finish('stop')]), 'cut', 2],
  ['half a call in a string', sseOf([role, call('Read', '"{\\"path\\":'), finish('tool_calls')]), 'cut', 2],
  ['half a call at a filter', sseOf([role, text, call('Read', '{"pa'), finish('content_filter')]), 'cut', 4],
  [
    'half a long call and a finish',
    sseOf([role, call('Read', `{"p":"${'x'.repeat(5000)}`), finish('tool_calls')]),
    'cut',
    3,
  ],
  [
    'half a long call at the length limit',
    sseOf([role, call('Read', `{"p":"${'x'.repeat(5000)}`), finish('length')]),
    'cut',
    3,
  ],
  [
    'a call that goes on as white space',
    sseOf([
      role,
      call('Read', '{"path":'),
      ...Array.from({ length: 60 }, () => call(undefined, ' \n\t  \r\n   ')),
      text,
    ]),
    'garbled',
    52,
  ],
  [
    'a whole call that goes on as white space',
    sseOf([role, call('Read', '{"path":"a"}'), call(undefined, '\n'.repeat(501)), finish('tool_calls')]),
    'garbled',
    2,
  ],
  [
    'a long call that goes on as white space',
    sseOf([role, call('Write', `{"text":"${'x'.repeat(5000)}",`), call(undefined, ' '.repeat(501)), text]),
    'garbled',
    3,
  ],
  ['a call without a name', sseOf([role, call(undefined, '{}'), finish('tool_calls')]), 'garbled', 2],
  ['a line that is not JSON', sseOf([role, text, '{"choices":[{'], { done: false }), 'garbled', 3],
  ['an HTML page', '<!doctype html><title>Bad gateway</title>', 'garbled', 0],
  ['a text', 'data: service down\n\n', 'garbled', 0],
  ['finish error', sseOf([role, text, finish('error')]), 'server_error', 3],
  ['finish network_error', sseOf([role, finish('network_error')]), 'server_error', 1],
  [
    'finish insufficient_system_resource',
    sseOf([role, finish('insufficient_system_resource')]),
    'overloaded',
    1,
  ],
  ['finish abort', sseOf([role, text, finish('abort')]), 'cut', 3],
  ['a content filter before any text', sseOf([role, finish('content_filter')]), 'rejected', 1],
  [
    'an error before content',
    sseOf([{ error: { message: 'Provider returned error', code: 502 } }]),
    'server_error',
    0,
  ],
  [
    'an error beside a finish reason',
    sseOf([
      role,
      { error: { message: 'x', code: 429 }, choices: [{ index: 0, delta: {}, finish_reason: 'error' }] },
    ]),
    'rate_limited',
    1,
  ],
  [
    'an error inside the choice',
    sseOf([text, chunk({}, { error: { code: 503, message: 'at capacity' } })]),
    'overloaded',
    3,
  ],
  [
    'an error object of vLLM',
    sseOf([text, { object: 'error', message: 'engine died', code: 500 }]),
    'server_error',
    3,
  ],
  [
    'an error in an error event',
    'event: error\ndata: {"message":"Too busy","type":"overloaded_error"}\n\n',
    'overloaded',
    0,
  ],
  ['an error event of another shape', 'event: error\ndata: {"reason":"closed"}\n\n', 'server_error', 0],
  [
    'an error object without words',
    sseOf([text, { object: 'error', code: 503, choices: [] }]),
    'server_error',
    3,
  ],
  ['an error event that is not JSON', 'event: error\ndata: the garden is closed\n\n', 'server_error', 0],
  [
    'an error of the Messages API',
    sseOf([text, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }]),
    'overloaded',
    3,
  ],
  ['an error by its code and a msg', sseOf([{ code: 429, msg: 'too many' }]), 'rate_limited', 0],
  ['an error in a list of chunks', sseOf([[text, { error: { code: 503 } }]]), 'server_error', 0],
  [
    'an error event after its finish reason',
    sseOf([role, text, finish('stop'), { error: { code: 500 } }]),
    'server_error',
    3,
  ],
  ['lines of JSON', `${JSON.stringify(text)}\n${JSON.stringify(finish('stop'))}\n`, 'garbled', 0],
  ['finish ERROR', sseOf([role, text, finish('ERROR')]), 'server_error', 3],
  ['finish MALFORMED_FUNCTION_CALL', sseOf([role, finish('MALFORMED_FUNCTION_CALL')]), 'fumbled', 1],
  ['finish PROHIBITED_CONTENT', sseOf([role, finish('PROHIBITED_CONTENT')]), 'rejected', 1],
  ['an error that is a string', sseOf([{ error: 'rate_limit: slow down' }]), 'rate_limited', 0],
  [
    'an error in a list',
    sseOf([[{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }]]),
    'rate_limited',
    0,
  ],
  ['an error of Groq', sseOf([{ x_groq: { error: 'over capacity' } }]), 'overloaded', 0],
  [
    'used up money',
    sseOf([
      { error: { message: 'You have no credit.', type: 'insufficient_quota', code: 'insufficient_quota' } },
    ]),
    'exhausted',
    0,
  ],
  [
    'a whole JSON error',
    '{"error":{"message":"No such key","type":"authentication_error"}}',
    'unauthorized',
    0,
  ],
  ['a JSON detail', '{"detail":"Not authenticated"}', 'server_error', 0],
  [
    'an error that knows no such path',
    '{"error":"Unexpected endpoint or method. (POST /v1/chat)"}',
    'misdirected',
    0,
  ],
  [
    'a call that Groq cannot read',
    'event: error\ndata: {"error":{"message":"Failed to call a function.","code":"tool_use_failed","status_code":400}}\n\n',
    'fumbled',
    0,
  ],
  [
    'a prompt that is too long, behind a gateway',
    sseOf([
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: 'context_length_exceeded' },
        },
      },
    ]),
    'too_long',
    0,
  ],
  [
    'no money at MiniMax',
    sseOf([{ choices: null, ...minimax(1008, 'insufficient balance') }]),
    'exhausted',
    0,
  ],
  [
    'no money at MiniMax, whole',
    JSON.stringify({ object: 'chat.completion', choices: null, ...minimax(1008, 'insufficient balance') }),
    'exhausted',
    0,
  ],
  [
    'trouble at MiniMax behind a text',
    sseOf([role, text, { ...finish('stop'), ...minimax(1033, 'x') }]),
    'server_error',
    3,
  ],
  [
    'a good end at MiniMax without an end',
    sseOf([{ ...text, ...minimax(0, '') }], { done: false }),
    'cut',
    3,
  ],
  ['an error that is null', sseOf([role, { error: null }], { done: false }), 'cut', 1],
  ['an error that is an empty list', sseOf([{ error: [] }]), 'empty', 0],
  ['JSON of another kind', '{"hello":"world"}', 'empty', 0],
];

describe.each(CASES)('%s', (_name, stream, kind, count) => {
  const answer = run(
    [new TextEncoder().encode(stream)],
    undefined,
    framingFor('text/event-stream') ?? undefined,
  );

  test(`is ${kind}`, () => {
    expect(answer.failure?.kind).toBe(kind);
    expect(answer.frames.length).toBe(count);
    assertPrefix(answer.frames);
  });

  test('is the same however it is cut', () => {
    if (!stream.startsWith('data: {')) return;
    for (const [, form] of FORMS) {
      const again = run(form(stream));
      expect(again.failure).toEqual(answer.failure);
      expect(events(again)).toEqual(events(answer));
    }
  });
});

test('nothing that comes after [DONE] is heard', () => {
  const once = sseOf([role, text, finish('stop')]);
  expect(events(runText(once + once))).toEqual(events(runText(once)));
});

/** The events of `objects` as they come, on a connection that stays open. */
function soFar(objects: readonly object[]): string[] {
  const decoder = pipe(sse(), openaiChat.decode(targetOf()));
  const bytes = new TextEncoder().encode(sseOf(objects, { done: false }));
  return [...decoder.push(bytes)].map(({ name }) => name);
}

test('an answer is not held for ever after its finish reason', () => {
  const heartbeats = (count: number) => Array.from({ length: count }, () => chunk({}));
  expect(soFar([role, text, finish('stop'), ...heartbeats(200)])).not.toContain('message_stop');
  expect(soFar([role, text, finish('stop'), ...heartbeats(300)])).toContain('message_stop');
  // While there are words it goes on, however often it says that it is over.
  const words = Array.from({ length: 300 }, () => finish('stop', { content: 'x' }));
  expect(soFar([role, ...words, ...heartbeats(200)])).not.toContain('message_stop');
  expect(soFar([role, ...words, ...heartbeats(300)])).toContain('message_stop');
});

test('arguments that are an object and break off anywhere are no answer', () => {
  const whole = JSON.stringify({
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          tool_calls: [
            { id: 'c', function: { name: 'Read', arguments: { path: 'a"\\', lines: [1, { b: {} }] } } },
          ],
        },
      },
    ],
  });
  const broken = [
    ...Array.from({ length: whole.length - 1 }, (_, at) => whole.slice(0, at + 1)),
    whole.replace('[1', '[1\n"'),
    whole.slice(0, -1),
  ];
  for (const json of broken) {
    for (const [body, type] of [
      [json, 'application/json'],
      [`data: ${json}\n\n`, 'text/event-stream'],
    ] as const) {
      const { failure } = runText(body, undefined, framingFor(type) ?? undefined);
      expect(failure?.kind).toMatch(/^(?:garbled|cut|empty)$/);
    }
  }
});

test('a hundred thousand deltas take no time to speak of, and eight megabytes of arguments neither', () => {
  const many = sseOf([...Array.from({ length: 100_000 }, () => text), finish('stop')]);
  expect(runText(many).frames.length).toBe(100_000 + 5);
  const piece = call(undefined, 'x'.repeat(8192));
  const long = sseOf([
    call('Write', '{"t":"'),
    ...Array.from({ length: 1000 }, () => piece),
    call('', '"}'),
    finish('stop'),
  ]);
  expect(runText(long).failure).toBeUndefined();
});

test('every packet of a call that is held is a sign of life, and no empty delta', () => {
  const answer = runText(
    sseOf([role, text, call('Read', '{"p'), call(undefined, 'ath":'), call(undefined, '"a')]),
  );
  expect(events(answer).map(({ type }) => type)).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
    'ping',
    'ping',
    'ping',
  ]);
});
