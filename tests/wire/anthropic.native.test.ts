/** Anthropic's own stream and its errors, as they are read. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { AttemptError, type Failure } from '../../src/core/failure.ts';
import type { Frame } from '../../src/core/frame.ts';
import { pipe } from '../../src/core/transducer.ts';
import { VERDICTS } from '../../src/core/verdict.ts';
import { text } from '../../src/drill/answers.ts';
import { decodeNative } from '../../src/wire/dialects/anthropic/decode.ts';
import {
  explainNative as explain,
  explainNativeEvent as explainError,
} from '../../src/wire/dialects/anthropic/explain.ts';
import { framingFor } from '../../src/wire/framing/index.ts';
import { eventsOf, wholeOf } from '../support/relay.ts';

const SSE = 'text/event-stream';

function decode(body: string, type = SSE): { frames: Frame[]; failure: Failure | null } {
  const framing = framingFor(type);
  if (framing === null) throw new Error(`no framing for ${type}`);
  const decoder = pipe(framing(), decodeNative());
  const frames: Frame[] = [];
  try {
    for (const frame of decoder.push(new TextEncoder().encode(body))) frames.push(frame);
    for (const frame of decoder.end()) frames.push(frame);
    return { frames, failure: null };
  } catch (error) {
    if (!(error instanceof AttemptError)) throw error;
    return { frames, failure: error.failure };
  }
}

const names = ({ frames }: { frames: Frame[] }) => frames.map(({ name }) => name);
const EVENTS = eventsOf(text('a'));
const NAMES = EVENTS.map((event) => /^event: (\w+)/.exec(event)?.[1] ?? '');
const ALL = EVENTS.join('');

describe('a stream', () => {
  test.each([
    ['as it is', ALL],
    ['without names', ALL.replace(/^event: .*\n/gm, '')],
    ['all named message, as the standard has it', ALL.replace(/^event: .*$/gm, 'event: message')],
    ['with [DONE] at its end', `${ALL}data: [DONE]\n\n`],
    ['said to be text', ALL],
  ])('%s has its events', (name, body) => {
    const decoded = decode(body, name.includes('text') ? 'text/plain' : SSE);
    expect([names(decoded), decoded.failure]).toEqual([NAMES, null]);
    for (const frame of decoded.frames)
      expect(new TextDecoder().decode(frame.bytes)).toStartWith(`event: ${frame.name}\n`);
  });

  test('keeps a second beginning, byte for byte', () => {
    const spliced = [...EVENTS.slice(0, 3), ...EVENTS].join('');
    const { frames, failure } = decode(spliced);
    expect([frames.map((frame) => new TextDecoder().decode(frame.bytes)).join(''), failure]).toEqual([
      spliced,
      null,
    ]);
  });

  test('keeps events that nobody knows, whatever is in them', () => {
    const decoded = decode(`event: next_year\ndata: not JSON\n\n${ALL}`);
    expect(names(decoded)).toEqual(['next_year', ...NAMES]);
  });

  test.each([
    ['nothing', '', 'empty'],
    ['comments alone', ': a\n\n: b\n\n', 'empty'],
    ['an end before message_stop', EVENTS.slice(0, -1).join(''), 'cut'],
    [
      'an error event',
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n',
      'overloaded',
    ],
    [
      'an error event without a name',
      'data: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n',
      'overloaded',
    ],
    ['an error event that is not JSON', 'event: error\ndata: oops\n\n', 'server_error'],
    ['an error of another shape', 'data: {"error":{"message":"x","code":500}}\n\n', 'garbled'],
    ['an unnamed event that is not JSON', 'data: oops\n\n', 'garbled'],
    [
      'a delta that is broken inside, and closed',
      `${EVENTS[0]}event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"a"b"}}\n\n`,
      'garbled',
    ],
    ['half a delta', 'event: content_block_delta\ndata: {"type":"content_block_del\n\n', 'garbled'],
    [
      'half a delta that ends like a whole one',
      'event: content_block_delta\ndata: {"a":{"b":1}\n\n',
      'garbled',
    ],
    ...['message_start', 'content_block_start', 'content_block_stop', 'message_delta', 'message_stop'].map(
      (name): [string, string, 'garbled'] => [
        `half a ${name}`,
        `event: ${name}\ndata: {"type":"${name}","ind\n\n`,
        'garbled',
      ],
    ),
    ['a delta without data', 'event: content_block_delta\n\n', 'garbled'],
    ['a page', '<html></html>', 'garbled'],
    ['JSON that is no answer', '{"ok":true}', 'garbled'],
    ['a list', '[]', 'garbled'],
    ['an answer of another API', '{"object":"chat.completion","choices":[]}', 'garbled'],
  ])('of %s fails', (_, body, kind) => {
    const { failure } = decode(body);
    expect(failure?.kind).toBe(kind as Failure['kind']);
  });

  test.each([
    ['a field of its own after it', 'event: content_block_delta\ndata: {"x":1}\nid: 7\n\n'],
    ['white space after it', 'event: content_block_delta\ndata: {"x":1}  \r\n\r\n'],
    ['its JSON over two lines', 'event: content_block_delta\ndata: {"x":\ndata: 1}\n\n'],
  ])('of a delta with %s is one frame with the bytes that came', (_, body) => {
    const { frames } = decode(body);
    expect(frames.map((frame) => new TextDecoder().decode(frame.bytes))).toEqual([body]);
  });

  test('that is a whole answer is one frame with the bytes that came', () => {
    const body = ` ${wholeOf()}\n`;
    const { frames, failure } = decode(body, 'application/json');
    expect([frames.length, failure, new TextDecoder().decode(frames[0]?.bytes)]).toEqual([1, null, body]);
  });
});

const error = (type: string, message = 'no', more: object = {}) =>
  JSON.stringify({ type: 'error', error: { type, message, ...more } });

describe('an error answer means', () => {
  test.each<[number, string, Failure['kind']]>([
    [400, error('invalid_request_error'), 'rejected'],
    [400, error('invalid_request_error', 'Your credit balance is too low'), 'exhausted'],
    [400, error('invalid_request_error', 'You have reached your specified API usage limits.'), 'exhausted'],
    [400, error('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum'), 'too_long'],
    [400, error('billing_error'), 'exhausted'],
    [401, error('authentication_error'), 'unauthorized'],
    [402, '', 'exhausted'],
    [403, '<html>', 'garbled'],
    [403, error('permission_error'), 'forbidden'],
    [403, '', 'forbidden'],
    [401, '<html>', 'garbled'],
    [413, '<html>', 'rejected'],
    [404, error('not_found_error'), 'no_such_model'],
    [408, '', 'transient'],
    [409, error('conflict_error'), 'transient'],
    [425, '', 'transient'],
    [413, error('request_too_large'), 'rejected'],
    [422, '', 'rejected'],
    [418, '', 'rejected'],
    [429, error('rate_limit_error'), 'rate_limited'],
    [429, error('overloaded_error'), 'overloaded'],
    [
      429,
      error('rate_limit_error', 'x', { details: { error_code: 'enforced_spend_limit_reached' } }),
      'exhausted',
    ],
    [500, '', 'server_error'],
    [503, error('overloaded_error'), 'overloaded'],
    [520, '<html>', 'garbled'],
    [529, '', 'overloaded'],
    [301, error('rate_limit_error'), 'misdirected'],
    [302, '<html>', 'misdirected'],
    [202, '<html>', 'misdirected'],
    [200, error('overloaded_error'), 'overloaded'],
    [200, error('permission_error'), 'forbidden'],
    [200, error('toString'), 'garbled'],
    [200, '', 'garbled'],
  ])('%p %s: %s', (status, body, kind) => {
    expect(explain(status, new Headers(), body)).toMatchObject({ kind, status });
  });

  test('a subscription that is used up where its headers say so', () => {
    const headers = new Headers({ 'anthropic-ratelimit-unified-status': 'rejected' });
    expect(explain(429, headers, error('rate_limit_error')).kind).toBe('exhausted');
  });

  test('the tokens that it names', () => {
    const message = 'prompt is too long: 210000 tokens > 200000 maximum';
    expect(explain(400, new Headers(), error('x', message)).tokens).toEqual({
      asked: 210_000,
      limit: 200_000,
    });
    expect(explainError(error('invalid_request_error', message))).toMatchObject({
      kind: 'too_long',
      tokens: { asked: 210_000, limit: 200_000 },
    });
  });

  test.each([
    ['digits', '7'.repeat(1 << 20)],
    ['a beginning that has no end', 'reached your specified '.repeat(1 << 16)],
  ])('a megabyte of %s, too, in a moment', (_, message) => {
    expect(explain(400, new Headers(), error('invalid_request_error', message)).kind).toBe('rejected');
  });

  test.each([
    [400, 'messages.1.content.0: Invalid `signature` in `thinking` block'],
    [400, 'messages.1.content.0.thinking.signature: Field required'],
    [400, 'messages.3.content.1: Invalid `data` in `redacted_thinking` block'],
    [
      400,
      'messages.5.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.',
    ],
  ])('%p %s: once more, without the thinking of its history', (status, message) => {
    const { kind, amend } = explain(status, new Headers(), error('invalid_request_error', message));
    expect([kind, amend]).toEqual(['rejected', { thinkingHistory: false }]);
  });

  test.each([
    [400, 'messages: Unexpected role "system".'],
    [400, 'max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens'],
    [400, 'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000'],
    [400, 'adaptive thinking is not supported on this model'],
    [400, 'messages.0.content.1.image: Could not process image'],
    [400, 'prompt is too long: 210000 tokens > 200000 maximum'],
    [422, 'messages.1.content.0: Invalid `signature` in `thinking` block'],
    [500, 'messages.1.content.0: Invalid `signature` in `thinking` block'],
  ])("%p %s: the client's to mend", (status, message) => {
    const failure = explain(status, new Headers(), error('invalid_request_error', message));
    expect(failure.amend).toBeUndefined();
  });

  test('nothing of its text in our words', () => {
    const secret = 'sk-ant-secret and what you said';
    for (const body of [
      error('api_error', secret),
      error(secret),
      secret,
      JSON.stringify({ message: secret }),
    ]) {
      expect(explain(500, new Headers(), body).message).not.toContain('secret');
      expect(explainError(body).message).not.toContain('secret');
    }
  });

  test('something with a verdict, whatever it says', () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ type: fc.string(), error: fc.jsonValue() }).map((value) => JSON.stringify(value)),
      fc.constantFrom('constructor', '__proto__', 'toString').map((type) => error(type)),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), body, (status, said) => {
        for (const failure of [explain(status, new Headers(), said), explainError(said)]) {
          expect(Object.hasOwn(VERDICTS, failure.kind)).toBe(true);
        }
      }),
    );
  });
});
