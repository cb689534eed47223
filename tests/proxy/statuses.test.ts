/** Which of Anthropic's answers reach the client, which move on, and what is said when nothing answers. */
import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import {
  type Asking,
  ask,
  type Bench,
  backup,
  benchOf,
  eventsOf,
  fakeSend,
  primary,
  type Said,
  streamOf,
  type Voices,
  wordsOf,
} from '../support/relay.ts';

const error = (type: string, message: string, more: object = {}) =>
  `{"type":"error" ,"error":${JSON.stringify({ type, message, ...more })},"request_id":"req_theirs"}\n`;

const HEADERS = {
  'content-type': 'application/json',
  'request-id': 'req_theirs',
  'anthropic-ratelimit-requests-remaining': '7',
  'x-should-retry': 'false',
  'retry-after': '7',
  'x-new': 'kept',
};
const refuse =
  (status: number, body: string, headers: Record<string, string> = HEADERS) =>
  () =>
    new Response(body, { status, headers });
const fine = () => streamOf(eventsOf(text('from the backup')));
const down = (status = 500, body = '{}') => refuse(status, body, {});

function tableOf(
  voices: Voices,
  options: { failover?: Partial<Bench['failover']>; chain?: Bench['chain'] } = {},
) {
  const clock = manualClock();
  const send = fakeSend(voices);
  const { failover, chain = [primary(), backup()] } = options;
  const bench = benchOf(chain, { send, clock, ...(failover === undefined ? {} : { failover }) });
  return { bench, clock, asked: () => send.sent.map(({ upstream }) => upstream), sent: send.sent };
}

/** The answer to a request that may wait for an upstream to come back. */
async function patiently(asked: Promise<Said>, clock: ManualClock): Promise<Said> {
  let isOver = false;
  void asked.finally(() => {
    isOver = true;
  });
  for (let second = 0; second < 60 && !isOver; second += 1) await clock.advance(1_000);
  return asked;
}

function expectTheirs(said: Said, status: number, body: string, attempts: number): void {
  expect([said.status, said.text]).toEqual([status, body]);
  for (const [name, value] of Object.entries(HEADERS))
    expect([name, said.headers.get(name)]).toEqual([name, value]);
  expect(said.headers.get('x-ccproxy-upstream')).toBe('anthropic');
  expect(said.headers.get('x-ccproxy-attempts')).toBe(String(attempts));
  expect(said.headers.get('x-ccproxy-request-id')).toBe('req_1');
}

function errorOf(said: Said): { type: string; message: string } {
  const body = JSON.parse(said.text) as {
    type: string;
    error: { type: string; message: string };
    request_id: string;
  };
  expect([body.type, body.request_id]).toEqual(['error', 'req_1']);
  expect(said.headers.get('content-type')).toBe('application/json');
  expect(said.headers.get('request-id')).toBe('req_1');
  return body.error;
}

const BOTH = [true, false];

describe("Anthropic's refusals that are the client's to see", () => {
  const passed: [number, string][] = [
    [400, error('invalid_request_error', 'messages: Unexpected role "system".')],
    [400, error('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum')],
    [400, error('invalid_request_error', 'messages.1.content.0: Invalid `signature` in `thinking` block')],
    [400, 'not even JSON'],
    [405, error('invalid_request_error', 'Method Not Allowed')],
    [413, error('request_too_large', 'Request exceeds the maximum size')],
    [413, ''],
    [422, error('invalid_request_error', 'no')],
  ];
  test.each(passed.flatMap(([status, body]) => BOTH.map((stream) => [status, body, stream] as const)))(
    'pass byte for byte, with their headers: %p %s (streamed: %p)',
    async (status, body, stream) => {
      const { bench, asked } = tableOf({ anthropic: refuse(status, body) });
      expectTheirs(await ask(bench, { stream }), status, body, 1);
      expect(asked()).toEqual(['anthropic']);
    },
  );

  const money: [number, string][] = [
    [400, error('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.')],
    [
      400,
      error(
        'invalid_request_error',
        'You have reached your specified workspace API usage limits. You will regain access on 2026-02-01',
      ),
    ],
    [429, error('rate_limit_error', 'limit', { details: { error_code: 'enforced_spend_limit_reached' } })],
    [400, error('billing_error', 'no')],
  ];
  test.each(money)('do not stand in the way when they are about money: %p %s', async (status, body) => {
    const { bench } = tableOf(
      { anthropic: refuse(status, body), backup: fine },
      { failover: { triggers: () => false } },
    );
    expect(wordsOf(await ask(bench))).toBe('from the backup');
  });

  test.each(money)(
    'are returned when they are about money and nothing else answers: %p %s',
    async (status, body) => {
      const { bench } = tableOf({ anthropic: refuse(status, body), backup: down() });
      expectTheirs(await ask(bench), status, body, 2);
    },
  );

  test.each([500, 503, 529, 429, 403, 404])('are those that are no triggers: %p', async (status) => {
    const triggers = (each: number) => each === 502;
    const { bench, asked } = tableOf({ anthropic: refuse(status, 'as it is') }, { failover: { triggers } });
    expectTheirs(await ask(bench), status, 'as it is', 1);
    expect(asked()).toEqual(['anthropic']);
  });

  test.each([400, 422])('are not those that were made triggers: %p', async (status) => {
    const triggers = (each: number) => each === status;
    const { bench } = tableOf({ anthropic: refuse(status, 'no'), backup: fine }, { failover: { triggers } });
    expect(wordsOf(await ask(bench))).toBe('from the backup');
  });

  test.each([400, 401, 404, 429, 500, 529])('are all of them without failover: %p', async (status) => {
    const { bench, asked } = tableOf(
      { anthropic: refuse(status, 'as it is') },
      { failover: { enabled: false } },
    );
    expectTheirs(await ask(bench), status, 'as it is', 1);
    expect(asked()).toEqual(['anthropic']);
  });

  test('without failover a dead Anthropic is 503, and no other is named', async () => {
    const { bench } = tableOf({ anthropic: refuse(200, '<html>') }, { failover: { enabled: false } });
    const said = await ask(bench);
    expect(said.status).toBe(503);
    expect(errorOf(said).message).not.toContain('backup');
  });
});

describe('how many are asked', () => {
  const chain = [primary(), backup({ name: 'b1' }), backup({ name: 'b2' }), backup({ name: 'b3' })];
  test.each([
    [0, ['anthropic']],
    [1, ['anthropic', 'b1']],
    [2, ['anthropic', 'b1', 'b2']],
    [8, ['anthropic', 'b1', 'b2', 'b3']],
  ])('at most %p after the first', async (maxFailoverAttempts, expected) => {
    const voices = Object.fromEntries(chain.map(({ name }) => [name, down()]));
    const { bench, asked } = tableOf(voices, { chain, failover: { maxFailoverAttempts } });
    const said = await ask(bench);
    expect(asked()).toEqual(expected);
    expect([said.status, said.headers.get('x-ccproxy-attempts')]).toEqual([503, String(expected.length)]);
  });
});

describe("a backup's own refusal", () => {
  test.each([400, 401, 402, 403, 404, 413, 429, 529])(
    'moves on and never reaches the client: %p',
    async (status) => {
      const chain = [primary(), backup({ name: 'b1' }), backup()];
      const body = error('authentication_error', 'wrong key sk-secret');
      const { bench } = tableOf({ anthropic: down(), b1: refuse(status, body), backup: fine }, { chain });
      expect(wordsOf(await ask(bench))).toBe('from the backup');
      const alone = tableOf({ anthropic: down(), b1: refuse(status, body) }, { chain: chain.slice(0, 2) });
      const said = await patiently(ask(alone.bench), alone.clock);
      expect(said.status).toBe(503);
      expect(said.text).not.toContain('sk-secret');
      expect(said.headers.get('x-new')).toBeNull();
      expect(errorOf(said).type).toBe('api_error');
    },
  );
});

const bearer = (token: string): Asking => ({
  headers: { authorization: `Bearer ${token}`, 'x-api-key': '' },
});
const REJECTED = error('authentication_error', 'invalid');

describe('a rejected credential', () => {
  test("a Bearer token's 401 passes the first time, again within five minutes it starts at the next", async () => {
    const { bench, clock, asked } = tableOf({ anthropic: refuse(401, REJECTED), backup: fine });
    expectTheirs(await ask(bench, bearer('one')), 401, REJECTED, 1);
    const again = await ask(bench, bearer('one'));
    expect([wordsOf(again), again.headers.get('x-ccproxy-attempts')]).toEqual(['from the backup', '1']);
    expect(asked()).toEqual(['anthropic', 'backup']);
    await clock.advance(5 * 60_000 + 1);
    expectTheirs(await ask(bench, bearer('one')), 401, REJECTED, 1);
  });

  test('another token is asked with', async () => {
    const { bench } = tableOf({ anthropic: refuse(401, REJECTED), backup: fine });
    await ask(bench, bearer('one'));
    expectTheirs(await ask(bench, bearer('two')), 401, REJECTED, 1);
  });

  test('an x-api-key moves on at once and is remembered', async () => {
    const { bench, asked } = tableOf({ anthropic: refuse(401, REJECTED), backup: fine });
    expect(wordsOf(await ask(bench))).toBe('from the backup');
    expect(wordsOf(await ask(bench))).toBe('from the backup');
    expect(asked()).toEqual(['anthropic', 'backup', 'backup']);
  });

  test('the same key in both headers counts as a key', async () => {
    const { bench } = tableOf({ anthropic: refuse(401, REJECTED), backup: fine });
    const both = { headers: { authorization: 'Bearer k', 'x-api-key': 'k' } };
    expect(wordsOf(await ask(bench, both))).toBe('from the backup');
  });

  test.each([
    ['a token', bearer('t')],
    ['a key', {}],
  ] as [string, Asking][])('without another upstream it always passes: %s', async (_, request) => {
    const { bench } = tableOf({ anthropic: refuse(401, REJECTED) }, { chain: [primary()] });
    for (let turn = 0; turn < 3; turn += 1) expectTheirs(await ask(bench, request), 401, REJECTED, 1);
  });

  test('403 moves on, is not remembered, and is returned when nothing else answers', async () => {
    const { bench, asked } = tableOf({ anthropic: refuse(403, REJECTED), backup: fine });
    await ask(bench, bearer('one'));
    await ask(bench, bearer('one'));
    expect(asked()).toEqual(['anthropic', 'backup', 'anthropic', 'backup']);
    expectTheirs(
      await ask(tableOf({ anthropic: refuse(403, REJECTED), backup: down() }).bench),
      403,
      REJECTED,
      2,
    );
  });

  const OWN: [string, Parameters<typeof primary>[0], Asking][] = [
    ['no credential', { ownKey: 'own' }, { headers: { 'x-api-key': '' } }],
    ['the placeholder', { ownKey: 'own' }, { headers: { 'x-api-key': 'NOT_NEEDED' } }],
    ['a credential that is not sent', { ownKey: 'own', mode: 'own' }, {}],
  ];
  test.each(OWN.flatMap((each) => [401, 403].map((status) => [...each, status] as const)))(
    "of ccproxy's own never reaches the client, which sent %s: %p %p %p",
    async (_, options, request, status) => {
      const chain = [primary(options)];
      for (const triggers of [() => true, () => false]) {
        const { bench, sent } = tableOf(
          { anthropic: refuse(status, REJECTED) },
          { chain, failover: { triggers } },
        );
        const said = await ask(bench, request);
        expect([said.status, errorOf(said).type]).toEqual([503, 'api_error']);
        expect(sent[0]?.outgoing.headers.get('x-api-key')).toBe('own');
      }
    },
  );

  test('the placeholder is never sent: the request starts at the next upstream', async () => {
    const { bench, asked } = tableOf({ backup: fine });
    for (const headers of [
      { 'x-api-key': 'NOT_NEEDED' },
      { 'x-api-key': '', authorization: 'Bearer NOT_NEEDED' },
      { 'x-api-key': 'NOT_NEEDED', authorization: 'Bearer NOT_NEEDED' },
      { 'x-api-key': '' },
    ]) {
      const said = await ask(bench, { headers });
      expect([wordsOf(said), said.headers.get('x-ccproxy-attempts')]).toEqual(['from the backup', '1']);
    }
    expect(new Set(asked())).toEqual(new Set(['backup']));
  });
});

describe('when nothing answers', () => {
  // What may pass a moment later, or after the wait that it names, is asked once more.
  const OWN: [status: number, attempts: number][] = [
    [429, 3],
    [408, 3],
    [409, 3],
    [404, 2],
    [402, 2],
  ];
  test.each(OWN)("Anthropic's own %p is returned unchanged, after %p attempts", async (status, attempts) => {
    const body = error('rate_limit_error', 'as it is');
    const { bench, clock } = tableOf({ anthropic: refuse(status, body), backup: down() });
    expectTheirs(await patiently(ask(bench), clock), status, body, attempts);
    expect(bench.events.requests).toMatchObject([{ upstream: 'anthropic', outcome: 'failed', attempts }]);
  });

  test.each([500, 502, 503, 504, 520, 529])("Anthropic's %p becomes 503 with a wait", async (status) => {
    const { bench } = tableOf({
      anthropic: refuse(status, error('overloaded_error', 'Overloaded')),
      backup: down(),
    });
    const said = await ask(bench);
    expect(said.status).toBe(503);
    expect(errorOf(said).type).toBe('api_error');
    expect(said.text).not.toContain('"overloaded_error"');
    expect(Number(said.headers.get('retry-after'))).toBeWithin(1, 61);
    expect(said.headers.get('x-should-retry')).toBeNull();
    expect(said.headers.get('x-ccproxy-upstream')).toBe('none');
    expect(said.headers.get('x-ccproxy-attempts')).toBe('2');
    for (const name of ['anthropic', 'backup']) expect(said.text).toContain(`${name}: `);
  });

  test.each([202, 204, 301, 302, 307])(
    '%p from Anthropic is no answer, whatever its body says',
    async (status) => {
      const body = status === 204 ? null : error('overloaded_error', 'Overloaded');
      const anthropic = () => new Response(body, { status, headers: { location: 'http://elsewhere.test/' } });
      const said = await ask(tableOf({ anthropic, backup: down() }).bench);
      expect([said.status, said.headers.get('location')]).toEqual([503, null]);
    },
  );

  test.each([
    [5_000, '5'],
    [60_000, '60'],
    [400, '1'],
  ])('the wait is that of the first to come back, at most a minute: %p ms', async (ms, expected) => {
    const chain = [backup({ name: 'b1' }), backup()];
    const limited = (wait: number) => refuse(429, '{}', { 'retry-after-ms': String(wait) });
    const { bench, clock } = tableOf({ b1: limited(ms), backup: limited(3_600_000) }, { chain });
    const said = await patiently(ask(bench), clock);
    expect([said.status, said.headers.get('retry-after'), said.headers.get('x-should-retry')]).toEqual([
      503,
      expected,
      null,
    ]);
  });

  test.each([
    ['a wait of more than a minute', refuse(429, '{}', { 'retry-after': '61' })],
    ['a rejected key', refuse(401, '{}', {})],
    ['no such model', refuse(404, '{}', {})],
    ['a refused request', refuse(400, '{}', {})],
  ])('it says not to try again after %s', async (_, voice) => {
    const said = await ask(tableOf({ backup: voice }, { chain: [backup()] }).bench);
    expect([said.status, said.headers.get('x-should-retry'), said.headers.get('retry-after')]).toEqual([
      503,
      'false',
      null,
    ]);
  });

  const long = (message: string) => refuse(400, error('invalid_request_error', message), {});
  test.each([
    [['prompt is too long: 9000 tokens > 8000 maximum'], 'prompt is too long: 9000 tokens > 8000 maximum'],
    [
      ['prompt is too long', 'prompt is too long: 7 tokens > 6 maximum'],
      'prompt is too long: 7 tokens > 6 maximum',
    ],
  ])(
    'and all found it too long, it says so in the words that clients understand: %p',
    async (messages, expected) => {
      const chain = messages.map((_, at) => backup({ name: `b${at}` }));
      const voices = Object.fromEntries(messages.map((message, at) => [`b${at}`, long(message)]));
      const said = await ask(tableOf(voices, { chain }).bench);
      expect([said.status, errorOf(said)]).toEqual([
        400,
        { type: 'invalid_request_error', message: expected },
      ]);
    },
  );

  test('and no numbers are known, it names some', async () => {
    const said = await ask(tableOf({ backup: long('prompt is too long') }, { chain: [backup()] }).bench);
    expect(errorOf(said).message).toMatch(/^prompt is too long: [1-9]\d* tokens > \d+ maximum$/);
  });

  test('and only one found it too long, it is 503', async () => {
    const chain = [backup({ name: 'b1' }), backup()];
    const said = await ask(tableOf({ b1: long('prompt is too long'), backup: down() }, { chain }).bench);
    expect(said.status).toBe(503);
  });

  test('and the refusal came as an event of a stream, it is 503', async () => {
    const event = `event: error\ndata: ${error('invalid_request_error', 'no')}\n\n`;
    const said = await ask(tableOf({ backup: () => streamOf([event]) }, { chain: [backup()] }).bench);
    expect([said.status, errorOf(said).type]).toEqual([503, 'api_error']);
  });

  test('and it was too long for a stream that had begun, it says so, too', async () => {
    const event = `event: error\ndata: ${error('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum').trim()}\n\n`;
    const said = await ask(tableOf({ backup: () => streamOf([event]) }, { chain: [backup()] }).bench);
    expect([said.status, errorOf(said).message]).toEqual([400, 'prompt is too long: 9 tokens > 8 maximum']);
  });
});
