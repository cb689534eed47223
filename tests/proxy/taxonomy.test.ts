/** What every way to fail is: from bytes and exceptions to one kind, and the wait that goes with it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Failure, FailureKind, Ms } from '../../src/core/failure.ts';
import type { Send } from '../../src/core/runtime.ts';
import type { Dialect, Upstream } from '../../src/core/upstream.ts';
import { VERDICTS } from '../../src/core/verdict.ts';
import { nothing, text, thinkingOnly } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Reply } from '../../src/drill/script.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { attempt } from '../../src/proxy/attempt.ts';
import { createSend } from '../../src/proxy/send.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { type ManualClock, manualClock, NOON } from '../support/manual-clock.ts';
import {
  asking,
  backup,
  benchOf,
  blackHole,
  eventsOf,
  fakeSend,
  type OpenBody,
  openBody,
  realSend,
} from '../support/relay.ts';
import { SELF_SIGNED } from '../support/self-signed.ts';
import { CODES, EVENTS, STATUSES } from './taxonomy-codes.ts';
import { LIMITED, type Meaning, MONEY, native, type Refusal, THEIRS } from './taxonomy-refusals.ts';

const SECOND: Ms = 1_000;
const HOUR = 3_600 * SECOND;
const date = new Date(THEIRS).toUTCString();

/** Kinds that some row has shown. */
const shown = new Set<FailureKind>();

interface Trial {
  send: Send;
  dialect?: Dialect;
  /** It is Anthropic itself. */
  native?: boolean;
  stream?: boolean;
  base?: string;
  clock?: ManualClock;
  timeouts?: Partial<Upstream['timeouts']>;
  /** The whole of the time that the request has for its first content. */
  budgetMs?: Ms;
}

/** The failure of one attempt; null when there was none. */
async function failureOf(trial: Trial): Promise<Failure | null> {
  const { send, dialect = anthropic, native = false, stream = true, base } = trial;
  const { clock = manualClock(), budgetMs = 120_000 } = trial;
  const plain = backup({ dialect, native, ...(base === undefined ? {} : { base }) });
  const upstream = { ...plain, timeouts: { ...plain.timeouts, ...trial.timeouts } };
  const { runtime } = benchOf([upstream], { send, clock });
  const inbound = asking({ stream });
  const target = {
    model: 'their-model',
    asked: inbound.model,
    stream,
    native,
    provider: 'test',
    quirks: {},
    answerId: 'msg_1',
    inbound,
  };
  const { frames } = attempt({ upstream, inbound, target, runtime, contentBy: clock.now() + budgetMs });
  let step = await frames.next();
  while (!step.done) step = await frames.next();
  return step.value.ok ? null : step.value.failure;
}

function expectMeaning(failure: Failure | null, [kind, waitMs]: Meaning): void {
  expect([failure?.kind, failure?.waitMs]).toEqual([kind, waitMs]);
  expect(failure?.message).not.toBe('');
  shown.add(kind);
}

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.stop());

const DIALECTS = { native: anthropic, anthropic, 'openai-chat': openaiChat };
type Name = keyof typeof DIALECTS;
const NAMES: readonly Name[] = ['native', 'anthropic', 'openai-chat'];
const inEach = (one: FailureKind, other: FailureKind): [Name, FailureKind][] => [
  ['native', one],
  ['anthropic', other],
  ['openai-chat', other],
];

/** One attempt over a real socket. */
async function wire(reply: Reply | 'refuse', dialect: Name, stream = true): Promise<Failure | null> {
  await upstream.play(reply);
  const native = dialect === 'native';
  return failureOf({
    send: realSend(),
    dialect: DIALECTS[dialect],
    native,
    stream,
    base: `${upstream.url}/v1`,
  });
}

describe('an exception before the head', () => {
  test.each(CODES)('of code %p: %s', async (code, kind) => {
    const error = Object.assign(new TypeError('fetch failed'), code === '' ? {} : { code });
    const send = fakeSend({ backup: () => Promise.reject(error) });
    expectMeaning(await failureOf({ send }), [kind]);
  });

  test.each<[code: string, kind: FailureKind]>([
    ['ECONNRESET', 'cut'],
    ['ETIMEDOUT', 'cut'],
    ['ZlibError', 'garbled'],
    ['InvalidHTTPResponse', 'garbled'],
  ])('is another thing after it: %s is %s', async (code, kind) => {
    const send = fakeSend({
      backup: (outgoing) => {
        const body = openBody(outgoing);
        body.push(...eventsOf().slice(0, 1));
        body.fail(Object.assign(new TypeError('fetch failed'), { code }));
        return body.response;
      },
    });
    expectMeaning(await failureOf({ send }), [kind]);
  });
});

describe('a connection', () => {
  test('to a server with a certificate of its own making', async () => {
    using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: SELF_SIGNED,
      fetch: () => new Response('never'),
    });
    const failure = await failureOf({ send: realSend(), base: `https://127.0.0.1:${server.port}/v1` });
    expectMeaning(failure, ['untrusted']);
    expect(failure?.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  test('with TLS to a server that speaks none', async () => {
    using server = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { data: (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') },
    });
    const base = `https://127.0.0.1:${server.port}/v1`;
    expectMeaning(await failureOf({ send: realSend(), base }), ['refused']);
  });

  test('that does not come about in time', async () => {
    await upstream.play({ fault: { kind: 'black-hole' } });
    const clock = manualClock();
    const dial = () => new Promise<void>(() => {});
    const send = createSend({ clock, instance: 'test', isProxied: () => false, dial });
    const before = upstream.asked.length;
    const failing = failureOf({ send, clock, base: `${upstream.url}/v1` });
    await upstream.seen(before + 1);
    await clock.advance(3 * SECOND);
    expectMeaning(await failing, ['unreachable']);
  });

  test('that an outbound proxy refuses', async () => {
    const send = createSend({ clock: manualClock(), instance: 'test', isProxied: () => true });
    await upstream.play('refuse');
    expectMeaning(await failureOf({ send, base: `${upstream.url}/v1` }), ['unreachable']);
  });
});

describe('silence', () => {
  const START = eventsOf().slice(0, 1);
  const CONTENT = eventsOf().slice(0, 4);
  const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
  const every = async (clock: ManualClock, stepMs: Ms, forMs: Ms, each: () => void) => {
    for (let passed = 0; passed < forMs; passed += stepMs) {
      each();
      await clock.advance(stepMs);
    }
  };
  type Play = (clock: ManualClock, body: OpenBody) => Promise<void>;
  const ROWS: [name: string, kind: FailureKind, play: Play][] = [
    ['before the first event', 'slow', (clock) => clock.advance(45 * SECOND)],
    [
      'before content',
      'stalled',
      async (clock, body) => {
        body.push(...START);
        await clock.advance(91 * SECOND);
      },
    ],
    [
      'after content',
      'stalled',
      async (clock, body) => {
        body.push(...CONTENT);
        await clock.advance(91 * SECOND);
      },
    ],
    [
      'but for pings, before the first event',
      'slow',
      (clock, body) => every(clock, 10 * SECOND, 60 * SECOND, () => body.isGone || body.push(PING)),
    ],
    [
      'but for pings, after the first event',
      'stalled',
      async (clock, body) => {
        body.push(...START);
        await every(clock, 30 * SECOND, 300 * SECOND, () => body.isGone || body.push(PING));
      },
    ],
  ];
  test.each(ROWS)('%s: %s', async (_, kind, play) => {
    const clock = manualClock();
    const opened = Promise.withResolvers<OpenBody>();
    const send = fakeSend({
      backup: (outgoing) => {
        const body = openBody(outgoing);
        opened.resolve(body);
        return body.response;
      },
    });
    const failing = failureOf({ send, clock, budgetMs: 600 * SECOND });
    await play(clock, await opened.promise);
    expectMeaning(await failing, [kind]);
  });

  test.each([
    ['of a whole answer', false, 240 * SECOND],
    ['until the budget is used up', true, 5 * SECOND],
  ] as const)('%s: slow', async (_, stream, passMs) => {
    const clock = manualClock();
    const send = fakeSend({ backup: blackHole });
    const failing = failureOf({ send, clock, stream, budgetMs: 5 * SECOND });
    await clock.advance(passMs);
    const failure = await failing;
    expectMeaning(failure, ['slow']);
    expect(failure).not.toHaveProperty('excused');
  });
});

const status = (code: number, more: Partial<Extract<Fault, { kind: 'status' }>> = {}): Reply => ({
  fault: { kind: 'status', status: code, ...more },
});
const PNG = { 'content-type': 'image/png' };
const GZIP = { 'content-encoding': 'gzip', 'content-type': 'text/event-stream' };

describe('a body that is no answer', () => {
  const ROWS: [name: string, reply: Reply | 'refuse', kind: FailureKind][] = [
    ['nobody listens', 'refuse', 'refused'],
    ['a reset before the head', { fault: { kind: 'reset' } }, 'refused'],
    ['something that is not HTTP', { fault: { kind: 'not-http' } }, 'misdirected'],
    ['a page', { fault: { kind: 'html' } }, 'misdirected'],
    [
      'a page that says it is events',
      status(200, { body: '\n <html>', headers: { 'content-type': 'text/event-stream' } }),
      'misdirected',
    ],
    ['a picture', status(200, { body: 'PNG', headers: PNG }), 'misdirected'],
    ['a redirect', { fault: { kind: 'redirect', to: 'http://elsewhere.test/' } }, 'misdirected'],
    ['a redirect for good', { fault: { kind: 'redirect', to: '/v2', status: 308 } }, 'misdirected'],
    ['a page with 202', { fault: { kind: 'html', status: 202 } }, 'misdirected'],
    ['nothing with 204', status(204, { body: '' }), 'garbled'],
    ['what cannot be decompressed', status(200, { body: 'not gzip', headers: GZIP }), 'garbled'],
    ['no bytes', { fault: { kind: 'empty-body' } }, 'empty'],
    ['no content', { answer: nothing() }, 'empty'],
    ['thinking alone', { answer: thinkingOnly('so much to think about') }, 'empty'],
    ['an end before the answer ends', { fault: { kind: 'cut', after: 2, clean: true } }, 'cut'],
    ['a lost connection', { fault: { kind: 'cut', after: 2, clean: false } }, 'cut'],
    ['a reset', { fault: { kind: 'reset', after: 2 } }, 'cut'],
    ['half of an event', { fault: { kind: 'garbled', after: 0 } }, 'garbled'],
  ];
  test.each(NAMES.flatMap((dialect) => ROWS.map((row) => [dialect, ...row] as const)))(
    '%s: %s',
    async (dialect, _, reply, kind) => expectMeaning(await wire(reply, dialect), [kind]),
  );

  test('and one that is an answer is no failure', async () => {
    for (const dialect of NAMES) expect(await wire({ answer: text('Hello') }, dialect)).toBeNull();
  });
});

describe('a status', () => {
  test.each(STATUSES)('%p is %s, or %s', async (code, one, other) => {
    for (const [dialect, kind] of inEach(one, other)) {
      for (const stream of [true, false]) {
        expectMeaning(await wire(status(code, { headers: { date } }), dialect, stream), [kind]);
      }
      expectMeaning(await wire(status(code, { body: '' }), dialect), [kind]);
      const headers = { date, 'retry-after': '20' };
      expectMeaning(await wire(status(code, { headers }), dialect), [kind, 20 * SECOND]);
      const page = await wire({ fault: { kind: 'html', status: code } }, dialect);
      expectMeaning(page, [code === 413 ? kind : 'garbled']);
    }
  });
});

describe('an error inside a stream', () => {
  test.each(EVENTS)('%s is %s, or %s', async (type, one, other) => {
    for (const [dialect, kind] of inEach(one, other)) {
      for (const after of [0, 1, 2]) {
        const said = (message: string): Reply => ({
          fault: { kind: 'error-event', after, complaint: { type, message } },
        });
        expectMeaning(await wire(said('no'), dialect), [kind]);
        expectMeaning(await wire(said('Please try again in 7.66s.'), dialect), [kind, 7_660]);
      }
    }
  });

  test.each(NAMES)('or instead of one, with 200: %s', async (dialect) => {
    for (const stream of [true, false]) {
      const complaint = { type: 'overloaded_error', message: 'Overloaded' };
      expectMeaning(await wire({ fault: { kind: 'error-with-200', complaint } }, dialect, stream), [
        'overloaded',
      ]);
    }
  });
});

const expectRefusals = (rows: readonly Refusal[]) =>
  test.each([...rows])('%s (%s, %p)', async (_, dialect, code, headers, body, meaning) => {
    const bytes = JSON.stringify(body);
    const whole = { body: bytes, headers: { date, 'content-type': 'application/json', ...headers } };
    const names: readonly Name[] = dialect === 'anthropic' ? ['native', 'anthropic'] : [dialect];
    for (const name of names) expectMeaning(await wire(status(code, whole), name), meaning);
  });

describe('no money', () => expectRefusals(MONEY));

describe('a limit', () => {
  expectRefusals(LIMITED);

  test('is counted by our clock where the answer has none', async () => {
    const headers = { 'retry-after': new Date(NOON + 60_000).toUTCString() };
    const send = fakeSend({ backup: () => new Response('{}', { status: 429, headers }) });
    expectMeaning(await failureOf({ send }), ['rate_limited', 60_000]);
    const words = native(
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2026-01-06 at 00:00 UTC.',
    );
    const spent = fakeSend({ backup: () => new Response(JSON.stringify(words), { status: 400 }) });
    expectMeaning(await failureOf({ send: spent }), ['exhausted', 12 * HOUR]);
  });
});

/** What no upstream can bring about: the client left, our network is gone, and a probe was not answered. */
const NOT_THEIRS: readonly FailureKind[] = ['cancelled', 'offline', 'unresponsive'];

test('every other kind has been seen', () => {
  const all = (Object.keys(VERDICTS) as FailureKind[]).filter((kind) => !NOT_THEIRS.includes(kind));
  expect([...shown].sort()).toEqual(all.sort());
});
