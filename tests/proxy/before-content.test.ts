/** Whatever goes wrong before the first content, the client sees the next upstream's answer and nothing else. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { nothing, text, thinkingOnly, thinkingThenText } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import type { Reply } from '../../src/drill/script.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import {
  ask,
  asking,
  type Bench,
  backup,
  benchOf,
  primary,
  realClock,
  realSend,
  wordsOf,
} from '../support/relay.ts';
import { sdkMessage } from '../support/sdk.ts';

const TRACES = {
  'retry-after': '30',
  'retry-after-ms': '30000',
  'x-should-retry': 'true',
  'anthropic-ratelimit-requests-remaining': '0',
  'anthropic-ratelimit-unified-status': 'rejected',
  'anthropic-organization-id': 'org-1',
};

const status = (code: number, extra: Partial<Extract<Fault, { kind: 'status' }>> = {}): Reply => ({
  fault: { kind: 'status', status: code, headers: TRACES, ...extra },
});
const error = (message: string, type = 'invalid_request_error') => ({
  type: 'error',
  error: { type, message },
});

type Case = [name: string, reply: Reply | 'refuse'];

const ANY_ANSWER: Case[] = [
  ...[401, 402, 403, 404, 408, 409, 429, 500, 502, 503, 504, 520, 529].map(
    (code): Case => [`status ${code}`, status(code)],
  ),
  ['status 500 without a body', status(500, { body: '' })],
  ['status 502 with a page', { fault: { kind: 'html', status: 502 } }],
  [
    'status 400 about credit',
    status(400, { body: error('Your credit balance is too low to access the API.') }),
  ],
  [
    'status 400 about a spend limit',
    status(400, { body: error('You have reached your specified API usage limits.') }),
  ],
  ['status 400 of the billing kind', status(400, { body: error('no', 'billing_error') })],
  ['status 204', status(204, { body: '' })],
  ['status 202 with an error', status(202, { body: error('busy', 'overloaded_error') })],
  ['a redirect', { fault: { kind: 'redirect', to: 'http://127.0.0.1:9/v1/messages' } }],
  ['a permanent redirect', { fault: { kind: 'redirect', to: '/elsewhere', status: 308 } }],
  ['a page with 200', { fault: { kind: 'html' } }],
  ['an error with 200', { fault: { kind: 'error-with-200' } }],
  [
    'an error about the request with 200',
    { fault: { kind: 'error-with-200', complaint: { type: 'invalid_request_error', message: 'no' } } },
  ],
  ['a refused connection', 'refuse'],
  ['a reset before the head', { fault: { kind: 'reset' } }],
  ['a reset after the head', { fault: { kind: 'reset', after: 0 } }],
  ['something that is not HTTP', { fault: { kind: 'not-http' } }],
  ['an empty body', { fault: { kind: 'empty-body' } }],
  ['a body that ends before it began', { fault: { kind: 'cut', after: 0, clean: true } }],
  ['a connection that ends before the body began', { fault: { kind: 'cut', after: 0, clean: false } }],
  ['a whole answer without content', { answer: nothing() }],
  ['a whole answer of thinking alone', { answer: thinkingOnly('so much to think about') }],
  ['half a JSON document or event', { fault: { kind: 'cut', after: 1, clean: true } }],
];

const STREAMED: Case[] = [
  [
    'a clean end after message_start',
    { fault: { kind: 'cut', after: { after: 'message_start' }, clean: true } },
  ],
  [
    'a closed connection after message_start',
    { fault: { kind: 'cut', after: { after: 'message_start' }, clean: false } },
  ],
  ['a reset after message_start', { fault: { kind: 'reset', after: { after: 'message_start' } } }],
  [
    'a clean end after the first block began',
    { fault: { kind: 'cut', after: { after: 'content_block_start' }, clean: true } },
  ],
  [
    'a clean end after a thinking block began',
    {
      answer: thinkingThenText('hm', 'yes'),
      fault: { kind: 'cut', after: { after: 'content_block_start' }, clean: true },
    },
  ],
  ['an error event as the first event', { fault: { kind: 'error-event', after: 0 } }],
  [
    'an error event after message_start',
    { fault: { kind: 'error-event', after: { after: 'message_start' } } },
  ],
  [
    'a rate limit as an event',
    {
      fault: { kind: 'error-event', after: 1, complaint: { type: 'rate_limit_error', message: 'slow down' } },
    },
  ],
  [
    'an error event after the first block began',
    {
      fault: { kind: 'error-event', after: { after: 'content_block_start' } },
    },
  ],
  ['half of message_start', { fault: { kind: 'garbled', after: 0 } }],
  ['half of the first block', { fault: { kind: 'garbled', after: 2 } }],
  ['half of the first delta', { fault: { kind: 'garbled', after: 3 } }],
];

let dead: ScriptedUpstream;
let well: ScriptedUpstream;

beforeAll(async () => {
  dead = await startUpstream();
  well = await startUpstream();
});
afterAll(async () => {
  await dead.stop();
  await well.stop();
});

async function benchFor(
  reply: Reply | 'refuse',
  healthy: Reply = { answer: text('from the backup') },
): Promise<Bench> {
  await dead.play(reply);
  await well.play(healthy);
  return benchOf([primary({ base: `${dead.url}/v1` }), backup({ base: `${well.url}/v1` })], {
    send: realSend(),
    clock: realClock,
  });
}

const PADDED =
  '{"model" : "claude-opus-4-8","max_tokens":64, "stream":STREAM,"x_new":1.0,"messages":[{"role":"user","content":"h\\u0069"}]}';

/** How often such an upstream is asked: the same request may pass a moment later. */
function triesOf(reply: Reply | 'refuse'): number {
  const fault = reply === 'refuse' ? undefined : reply.fault;
  const isTransient =
    fault !== undefined && 'kind' in fault && fault.kind === 'status' && [408, 409].includes(fault.status);
  return isTransient ? 2 : 1;
}

async function expectBackup(reply: Reply | 'refuse', stream: boolean): Promise<void> {
  const bench = await benchFor(reply);
  const tries = triesOf(reply);
  const asked = [dead.asked.length, well.asked.length] as const;
  const body = PADDED.replace('STREAM', String(stream));
  const said = await ask(bench, asking({ body, headers: { 'anthropic-beta': 'a-1' } }));

  expect(said.status).toBe(200);
  expect(wordsOf(said)).toBe('from the backup');
  expect(said.reset).toBe(false);
  expect(said.headers.get('x-ccproxy-upstream')).toBe('backup');
  expect(said.headers.get('x-ccproxy-attempts')).toBe(String(tries + 1));
  for (const name of Object.keys(TRACES)) expect([name, said.headers.get(name)]).toEqual([name, null]);
  expect(said.headers.get('content-type')).toStartWith(stream ? 'text/event-stream' : 'application/json');
  if (stream) {
    assertGrammar(said.frames);
    await sdkMessage(said.frames);
  }
  expect(dead.asked.length - asked[0]).toBe(reply === 'refuse' ? 0 : tries);
  expect(well.asked.length - asked[1]).toBe(1);
  const first = dead.asked.at(-1);
  if (reply !== 'refuse') {
    expect(first?.text()).toBe(body);
    expect(first?.header('x-api-key')).toBe('client-key');
  }
  const second = well.asked.at(-1);
  expect(second?.ask).toMatchObject({ model: 'backup-model', stream });
  expect(second?.header('x-api-key')).toBe('backup-key');
  expect(second?.header('anthropic-beta')).toBeNull();
  expect(second?.text()).not.toContain('x_new');
  expect(bench.events.attempts.map(({ upstream, failure }) => [upstream, failure === undefined])).toEqual([
    ...Array.from({ length: tries }, () => ['anthropic', false]),
    ['backup', true],
  ]);
  expect(bench.events.requests).toMatchObject([{ upstream: 'backup', attempts: tries + 1, outcome: 'ok' }]);
}

describe('the backup answers a stream after', () => {
  test.each([...ANY_ANSWER, ...STREAMED])('%s', (_, reply) => expectBackup(reply, true));
});

describe('the backup answers a whole request after', () => {
  test.each(ANY_ANSWER)('%s', (_, reply) => expectBackup(reply, false));
});

describe('an answer that is fine is the first one', () => {
  const fine: [string, Reply][] = [
    ['compressed', { fault: { kind: 'gzip' } }],
    ['compressed and in slices', { fault: [{ kind: 'gzip' }, { kind: 'slices', bytes: 3 }] }],
    ['ended by the connection', { fault: { kind: 'close-delimited' } }],
    ['byte by byte', { fault: { kind: 'slices', bytes: 1 } }],
  ];
  test.each(fine.flatMap(([name, reply]) => [true, false].map((stream) => [name, stream, reply] as const)))(
    '%s, streamed: %p',
    async (_, stream, reply) => {
      const bench = await benchFor({ answer: text('the first one'), ...reply });
      const said = await ask(bench, { stream });
      expect(wordsOf(said)).toBe('the first one');
      expect(said.headers.get('x-ccproxy-attempts')).toBe('1');
      expect(said.headers.get('x-ccproxy-upstream')).toBe('anthropic');
      expect(said.headers.get('content-encoding')).toBeNull();
      if (stream) assertGrammar(said.frames);
    },
  );
});

test('eight failures in a row cost one request each, and the ninth upstream answers', async () => {
  await well.play({ answer: text('at last') });
  await dead.play({ fault: { kind: 'status', status: 500 } });
  const before = dead.asked.length;
  const names = Array.from({ length: 8 }, (_, at) => `dead-${at}`);
  const chain = [
    ...names.map((name) => backup({ name, base: `${dead.url}/v1` })),
    backup({ base: `${well.url}/v1` }),
  ];
  const said = await ask(benchOf(chain, { send: realSend(), clock: realClock }));
  expect(wordsOf(said)).toBe('at last');
  expect(said.headers.get('x-ccproxy-attempts')).toBe('9');
  expect(dead.asked.length - before).toBe(8);
});
