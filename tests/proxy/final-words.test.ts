/** What a client is told when nothing could answer, whatever the upstreams said: never their words as they were. */
import { describe, expect, test } from 'bun:test';
import type { FailureKind } from '../../src/core/failure.ts';
import type { Dialect } from '../../src/core/upstream.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { PROVIDER_REFUSALS } from '../support/provider-refusals.ts';
import {
  ask,
  backup,
  benchOf,
  fakeSend,
  primary,
  type Said,
  streamOf,
  type Voices,
  wordsOf,
} from '../support/relay.ts';

/** What no client of another upstream may see of this one. */
const THEIRS = {
  'content-type': 'application/json',
  'x-request-id': 'req_of_the_backup',
  'x-should-retry': 'true',
  'anthropic-ratelimit-requests-remaining': '0',
  'set-cookie': 'a=b',
  server: 'acme',
};
const PICTURE = JSON.stringify({
  model: 'claude-opus-4-8',
  max_tokens: 64_000,
  stream: true,
  messages: [{ role: 'user', content: 'the secret garden of 1911, page 7' }],
});

/** The answer to a request that may wait for an upstream to come back. */
async function patiently(asked: Promise<Said>, clock: ManualClock): Promise<Said> {
  let isOver = false;
  void asked.finally(() => {
    isOver = true;
  });
  for (let second = 0; second < 60 && !isOver; second += 1) await clock.advance(1_000);
  return asked;
}

async function told(
  voices: Voices,
  dialect: Dialect,
  request: Parameters<typeof ask>[1] = {},
): Promise<Said> {
  const clock = manualClock();
  const chain = Object.keys(voices).map((name) =>
    name === 'anthropic' ? primary() : backup({ name, dialect }),
  );
  const bench = benchOf(chain, { send: fakeSend(voices), clock });
  return patiently(ask(bench, request), clock);
}

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: { ...THEIRS, ...headers },
  });

/** Every error of ours: its shape to the last field, its headers, and nothing of anybody else's. */
function expectOurs(said: Said): { type: string; message: string } {
  const body = JSON.parse(said.text) as { error: { type: string; message: string } };
  const { type, message } = body.error;
  expect(body as unknown).toEqual({ type: 'error', error: { type, message }, request_id: 'req_1' });
  const { 'retry-after': after, 'x-should-retry': again, ...headers } = Object.fromEntries(said.headers);
  expect(headers).toEqual({
    'content-type': 'application/json',
    'request-id': 'req_1',
    'x-ccproxy-request-id': 'req_1',
    'x-ccproxy-upstream': 'none',
    'x-ccproxy-attempts': expect.stringMatching(/^[12]$/),
  });
  if (said.status === 503) {
    expect([after === undefined, again]).toEqual(again === undefined ? [false, undefined] : [true, 'false']);
    if (after !== undefined) expect(after).toMatch(/^(?:[1-9]|[1-5]\d|60)$/);
  }
  for (const never of ['overloaded_error', '<', 'backup-key', 'garden', 'secret', 'wxyz']) {
    expect(said.text).not.toContain(never);
  }
  return { type, message };
}

/** Failures that no waiting mends. */
const LASTING: readonly FailureKind[] = [
  'unauthorized',
  'forbidden',
  'no_such_model',
  'unsupported',
  'rejected',
  'exhausted',
];
const DIALECTS = { 'openai-chat': openaiChat, anthropic };

describe.each(Object.entries(DIALECTS))('%s', (_name, dialect) => {
  test.each([...PROVIDER_REFUSALS])('%s', async (_who, status, body, kind, headers) => {
    // An error with a status of success is read where answers are.
    if (status < 400) return;
    for (const stream of [true, false]) {
      const request = { body: PICTURE.replace('"stream":true', `"stream":${stream}`) };
      const said = await told({ backup: () => answer(status, body, headers) }, dialect, request);
      const { type, message } = expectOurs(said);
      if (kind === 'too_long') {
        expect([said.status, type]).toEqual([400, 'invalid_request_error']);
        expect(message).toMatch(/^prompt is too long: \d+ tokens > \d+ maximum$/);
      } else {
        expect([said.status, type]).toEqual([503, 'api_error']);
        expect(message).toStartWith('ccproxy: no upstream could answer. backup: ');
        if (LASTING.includes(kind)) expect(said.headers.get('x-should-retry')).toBe('false');
      }
    }
  });

  test.each([401, 402, 403, 404])(
    "a backup's %p is never seen, also not after Anthropic's own trouble",
    async (status) => {
      const said = await told(
        { anthropic: () => answer(500, {}), backup: () => answer(status, { error: { message: 'no' } }) },
        dialect,
      );
      expect([said.status, expectOurs(said).type]).toEqual([503, 'api_error']);
    },
  );

  test('nor instead of what Anthropic said', async () => {
    const said = await told(
      {
        anthropic: () => answer(429, '{"theirs":1}', { 'retry-after': '50' }),
        backup: () => answer(401, { error: { message: 'no' } }),
      },
      dialect,
    );
    expect([said.status, said.text, said.headers.get('retry-after')]).toEqual([429, '{"theirs":1}', '50']);
  });

  test.each([
    ['the key that it was sent', 'Incorrect API key provided: backup-key. Find yours'],
    ['the ends of a key', 'Your api key: back****wxyz is invalid'],
    ['the request', 'I cannot read the secret garden of 1911'],
    ['the request as JSON', 'Bad request: {"messages":[{"content":"the secret garden of 1911, page 7"}]}'],
    ['markup', '<b>The service</b> is closed'],
  ])('an upstream that repeats %s', async (_what, message) => {
    for (const status of [400, 401, 429, 500]) {
      const said = await told({ backup: () => answer(status, { error: { message } }) }, dialect, {
        body: PICTURE,
      });
      expect([said.status, expectOurs(said).type]).toEqual([503, 'api_error']);
    }
  });

  test.each([
    ['a page', 502, '<!doctype html><html><head><title>502 Bad Gateway</title></head></html>'],
    ['a page of a firewall', 403, '<html><title>Just a moment...</title></html>'],
    ['a page that says too large', 413, '<html><title>413</title></html>'],
    ['nothing', 500, ''],
    ['half of it', 500, '{"error":{"message":"the garden'],
    ['a megabyte', 500, { error: { message: 'many words. '.repeat(90_000) } }],
  ])('%s', async (_what, status, body) => {
    const said = await told({ backup: () => answer(status, body) }, dialect);
    expectOurs(said);
    expect([said.status, said.text.length < 1000]).toEqual([status === 413 ? 400 : 503, true]);
  });

  const chunks = (...objects: object[]) => objects.map((each) => `data: ${JSON.stringify(each)}\n\n`);
  test.each<[what: string, kind: FailureKind, error: object]>([
    ['a refusal', 'rejected', { message: 'bad value', code: 400 }],
    ['a key', 'unauthorized', { message: 'Invalid API key', code: 401 }],
    ['an overload', 'overloaded', { message: 'Overloaded', type: 'overloaded_error' }],
    ['a limit', 'rate_limited', { message: 'Please try again in 700s.', code: 429 }],
  ])('%s inside a stream is no refusal of ours', async (_what, kind, error) => {
    const said = await told({ backup: () => streamOf(chunks({ error }), THEIRS) }, dialect);
    expect([said.status, expectOurs(said).type]).toEqual([503, 'api_error']);
    if (LASTING.includes(kind)) expect(said.headers.get('x-should-retry')).toBe('false');
  });

  test('nor one of a whole answer with 200', async () => {
    const said = await told(
      { backup: () => answer(200, { error: { message: 'bad value', code: 400 } }) },
      dialect,
      { stream: false },
    );
    expect([said.status, expectOurs(said).type]).toEqual([503, 'api_error']);
  });
});

test('an answer that a filter withheld is asked for of the next one', async () => {
  const refusal = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}\n\n';
  const words = 'data: {"choices":[{"index":0,"delta":{"content":"Watered."},"finish_reason":"stop"}]}\n\n';
  const said = await told({ one: () => streamOf([refusal]), two: () => streamOf([words]) }, openaiChat);
  expect([said.status, wordsOf(said)]).toEqual([200, 'Watered.']);
});

test('an answer that a filter withheld is no refusal of ours', async () => {
  const chunk =
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}\n\ndata: [DONE]\n\n';
  const said = await told(
    { backup: () => streamOf([chunk], { ...THEIRS, 'content-type': 'text/event-stream' }) },
    openaiChat,
  );
  expect([said.status, expectOurs(said).type]).toEqual([503, 'api_error']);
});

/** Longer than it is waited for here, and not so long that a client would not wait. */
describe('a wait is whole seconds, however it is spelt', () => {
  const at = 1_767_614_400_000;
  const date = new Date(at).toUTCString();
  const limit = (more: object = {}) => ({
    error: { message: 'Slow down', type: 'rate_limit_error', ...more },
  });
  test.each<[how: string, headers: Record<string, string>, body: unknown, seconds: string]>([
    ['seconds', { 'retry-after': '12' }, limit(), '12'],
    ['fractions', { 'retry-after': '12.3' }, limit(), '13'],
    ['a date', { date, 'retry-after': new Date(at + 12_000).toUTCString() }, limit(), '12'],
    ['milliseconds', { 'retry-after-ms': '12300' }, limit(), '13'],
    [
      'a duration',
      { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '12.3s' },
      limit(),
      '13',
    ],
    [
      'an instant',
      { date, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${at + 12_000}` },
      limit(),
      '12',
    ],
    [
      "Cerebras's",
      { 'x-ratelimit-remaining-tokens-minute': '0', 'x-ratelimit-reset-tokens-minute': '12.38' },
      limit(),
      '13',
    ],
    ['words', {}, limit({ message: 'Please try again in 12.3s.' }), '13'],
    ['RetryInfo', {}, [{ error: { code: 429, message: 'no', details: [{ retryDelay: '12.3s' }] } }], '13'],
    [
      "OpenRouter's",
      { date },
      limit({
        metadata: { headers: { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': `${at + 12_000}` } },
      }),
      '12',
    ],
    ['a minute', { 'retry-after': '60' }, limit(), '60'],
  ])('%s', async (_, headers, body, seconds) => {
    for (const dialect of Object.values(DIALECTS)) {
      const said = await told({ backup: () => answer(429, body, headers) }, dialect);
      expectOurs(said);
      expect([said.status, said.headers.get('retry-after')]).toEqual([503, seconds]);
    }
  });

  test('longer than a client waits, it is told not to', async () => {
    const headers = { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m2.5s' };
    const said = await told({ backup: () => answer(429, limit(), headers) }, openaiChat);
    expectOurs(said);
    expect([said.status, said.headers.get('x-should-retry')]).toEqual([503, 'false']);
  });
});

describe('a prompt that was too long for all', () => {
  const long = (message: string) => () =>
    answer(400, { error: { message, code: 'context_length_exceeded' } });

  test.each([
    [
      'by both numbers',
      'maximum context length is 8000 tokens. However, your messages resulted in 9000 tokens',
      '9000 tokens > 8000 maximum',
    ],
    [
      'by the limit alone, which is less than what we count',
      'Range of input length should be [1, 4]',
      '6 tokens > 4 maximum',
    ],
    [
      'by the limit alone, which is more than what we count',
      'Range of input length should be [1, 8000]',
      '8001 tokens > 8000 maximum',
    ],
    ['by no number', 'Prompt is too long', '6 tokens > 5 maximum'],
  ])('%s', async (_, message, numbers) => {
    const said = await told({ backup: long(message) }, openaiChat);
    expect([said.status, expectOurs(said).message]).toEqual([400, `prompt is too long: ${numbers}`]);
  });

  test('is so for several, and not where one failed otherwise', async () => {
    const [one, two] = [long('Prompt is too long'), long('exceeds the context window')];
    expect((await told({ one, two }, anthropic)).status).toBe(400);
    const said = await told({ one, two: () => answer(500, {}) }, anthropic);
    expect([said.status, expectOurs(said).type]).toEqual([503, 'api_error']);
  });
});
