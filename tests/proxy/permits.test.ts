/** The breaker is asked before every attempt, and whatever happens its permit is given back. */
import { describe, expect, test } from 'bun:test';
import { calls, text } from '../../src/drill/answers.ts';
import { relay } from '../../src/proxy/relay.ts';
import { type ManualClock, manualClock, turns } from '../support/manual-clock.ts';
import {
  ask,
  asking,
  type Bench,
  backup,
  benchOf,
  blackHole,
  eventsOf,
  fakeSend,
  heldAgainst,
  type OpenBody,
  openBody,
  primary,
  standingOf,
  streamOf,
  type Voices,
  wordsOf,
} from '../support/relay.ts';

const down = (status = 500) => new Response('{}', { status });
const well = (words: string) => () => streamOf(eventsOf(text(words)));
const EVENTS = eventsOf(text('Hello, you there'));

function tableOf(voices: Voices, chain = [primary(), backup()]) {
  const clock = manualClock();
  const send = fakeSend(voices);
  const bench = benchOf(chain, { send, clock });
  const count = (name: string) => send.sent.filter(({ upstream }) => upstream === name).length;
  return { clock, send, bench, count };
}

function stateOf(bench: Bench, name = 'anthropic'): string {
  return standingOf(bench, name).name;
}

/** The primary's breaker open and its time over: the next request is the canary. */
async function halfOpen(bench: Bench, clock: ManualClock): Promise<void> {
  await ask(bench);
  await ask(bench);
  expect(stateOf(bench)).toBe('open');
  await clock.advance(20_000);
  expect(stateOf(bench)).toBe('half-open');
}

describe('a dead upstream', () => {
  test('gets no request once its breaker is open, and its backup none too many', async () => {
    const { bench, count } = tableOf({ anthropic: () => down(), backup: well('from the backup') });
    for (let turn = 0; turn < 6; turn += 1) {
      const said = await ask(bench);
      expect(wordsOf(said)).toBe('from the backup');
      expect(said.headers.get('x-ccproxy-attempts')).toBe(turn < 2 ? '2' : '1');
    }
    expect([count('anthropic'), count('backup')]).toEqual([2, 6]);
  });

  test('is asked by exactly one of many at once when its time is up, and a success closes it', async () => {
    let canary: OpenBody | undefined;
    let broken = true;
    const { bench, clock, count } = tableOf({
      anthropic: (outgoing) => {
        if (broken) return down();
        canary ??= openBody(outgoing);
        return canary.response;
      },
      backup: well('from the backup'),
    });
    await halfOpen(bench, clock);
    broken = false;
    const many = Array.from({ length: 20 }, () => ask(bench));
    await turns();
    expect([count('anthropic'), stateOf(bench)]).toEqual([3, 'half-open']);
    canary?.push(...EVENTS);
    canary?.end();
    const words = (await Promise.all(many)).map(wordsOf);
    expect(words.filter((each) => each === 'from the backup')).toHaveLength(19);
    expect(words.filter((each) => each === 'Hello, you there')).toHaveLength(1);
    expect(stateOf(bench)).toBe('closed');
  });

  test('stays open when its canary fails', async () => {
    const { bench, clock, count } = tableOf({ anthropic: () => down(), backup: well('from the backup') });
    await halfOpen(bench, clock);
    await ask(bench);
    expect(stateOf(bench)).toBe('open');
    await ask(bench);
    expect(count('anthropic')).toBe(3);
  });

  test('is not asked in a cooldown, and is afterwards', async () => {
    let limited = true;
    const { bench, clock, count } = tableOf({
      anthropic: () =>
        limited ? new Response('{}', { status: 429, headers: { 'retry-after': '40' } }) : streamOf(EVENTS),
      backup: well('from the backup'),
    });
    await ask(bench);
    expect(stateOf(bench)).toBe('cooldown');
    await clock.advance(39_000);
    await ask(bench);
    expect(count('anthropic')).toBe(1);
    limited = false;
    await clock.advance(1_000);
    expect(wordsOf(await ask(bench))).toBe('Hello, you there');
  });
});

describe('when all breakers are open', () => {
  const names = ['one', 'two', 'three', 'four'];
  const chain = names.map((name) => backup({ name }));

  test('the first two of the chain are asked all the same', async () => {
    const { bench, send } = tableOf(Object.fromEntries(names.map((name) => [name, () => down()])), chain);
    await ask(bench);
    await ask(bench);
    expect(names.map((name) => stateOf(bench, name))).toEqual(names.map(() => 'open'));
    const before = send.sent.length;
    const said = await ask(bench);
    expect(send.sent.slice(before).map(({ upstream }) => upstream)).toEqual(['one', 'two']);
    expect([said.status, said.headers.get('x-ccproxy-attempts')]).toEqual([503, '2']);
    for (const name of names)
      expect(said.text).toMatch(new RegExp(`${name}: [^;]+ \\(breaker open, again in `));
  });

  test('one that is open is asked after others that could not answer, and its answer counts', async () => {
    let isWell = false;
    const { bench, count } = tableOf(
      {
        one: () => (isWell ? streamOf(EVENTS) : down()),
        two: () => (isWell ? new Response('{}', { status: 400 }) : streamOf(EVENTS)),
      },
      chain.slice(0, 2),
    );
    await ask(bench);
    await ask(bench);
    expect([stateOf(bench, 'one'), count('one')]).toEqual(['open', 2]);
    isWell = true;
    expect(wordsOf(await ask(bench))).toBe('Hello, you there');
    expect([stateOf(bench, 'one'), count('one')]).toEqual(['closed', 3]);
  });

  test('a success of the last resort closes the breaker', async () => {
    let broken = true;
    const voice = () => (broken ? down() : streamOf(EVENTS));
    const { bench } = tableOf({ one: voice }, chain.slice(0, 1));
    await ask(bench);
    await ask(bench);
    broken = false;
    expect(wordsOf(await ask(bench))).toBe('Hello, you there');
    expect(stateOf(bench, 'one')).toBe('closed');
  });

  test('one in a cooldown is left alone', async () => {
    const { bench, count } = tableOf(
      { one: () => new Response('{}', { status: 429, headers: { 'retry-after': '30' } }) },
      chain.slice(0, 1),
    );
    await ask(bench);
    const said = await ask(bench);
    expect(count('one')).toBe(1);
    expect([said.status, said.headers.get('retry-after'), said.headers.get('x-ccproxy-attempts')]).toEqual([
      503,
      '30',
      '0',
    ]);
  });
});

/** How far a request has come when its client leaves. */
const PHASES: [name: string, pushes: string[], pulls: number][] = [
  ['before the head of the upstream', [], 1],
  ['before the first event', [''], 1],
  ['during the hold', EVENTS.slice(0, 3), 1],
  ['before the first pull of the body', EVENTS.slice(0, 4), 1],
  ['before the second pull of the body', EVENTS.slice(0, 4), 2],
  ['while the body is read', EVENTS.slice(0, 4), 3],
];

type Way = 'aborts' | 'aborts and returns' | 'returns';

describe('a client that leaves', () => {
  const ways = PHASES.flatMap(([name, pushes, pulls]) =>
    (['aborts', 'aborts and returns', 'returns'] as const)
      // A generator that is running cannot be ended by return: only an abort reaches it.
      .filter((way) => way !== 'returns' || (pulls > 1 && pulls < 3) || name.includes('first pull'))
      .map((way) => [name, way, pushes, pulls] as const),
  );

  test.each(ways)('%s (%s) gives back the permit and frees the upstream', async (_, way, pushes, pulls) => {
    await expectFreed(way, pushes, pulls);
  });

  async function expectFreed(way: Way, pushes: readonly string[], pulls: number): Promise<void> {
    let open: OpenBody | undefined;
    let mode: 'down' | 'open' | 'well' = 'down';
    let given = 0;
    const { bench, clock, count } = tableOf({
      anthropic: (outgoing) => {
        if (mode === 'down') return down();
        if (mode === 'well') return streamOf(EVENTS);
        outgoing.signal.addEventListener('abort', () => {
          given += 1;
        });
        if (pushes.length === 0) return blackHole(outgoing);
        open = openBody(outgoing);
        return open.response;
      },
      backup: well('from the backup'),
    });
    await halfOpen(bench, clock);
    mode = 'open';
    const control = new AbortController();
    const pieces = relay(asking(), bench, control.signal);
    const pulled: Promise<unknown>[] = [];
    for (let pull = 0; pull < pulls; pull += 1) {
      pulled.push(pieces.next().catch(() => {}));
      await turns();
      if (pull === 0) open?.push(...pushes.filter((push) => push !== ''));
      await turns();
    }
    expect([stateOf(bench), count('anthropic')]).toEqual(['half-open', 3]);
    if (way !== 'returns') control.abort();
    if (way !== 'aborts') void pieces.return();
    await turns();
    expect(given).toBe(1);
    if (open !== undefined) expect(open.isGone).toBe(true);
    expect(bench.events.attempts.slice(4)).toMatchObject([{ failure: { kind: 'cancelled' } }]);
    // Whoever lets go of an answer returns it, sooner or later; the upstream is free before.
    void pieces.return();
    await turns();
    expect(bench.events.requests.slice(2)).toMatchObject([{ outcome: 'cancelled' }]);

    mode = 'well';
    expect(wordsOf(await ask(bench))).toBe('Hello, you there');
    expect(stateOf(bench)).toBe('closed');
    await Promise.all(pulled);
  }

  test('before it has asked makes no attempt', async () => {
    const { bench, send } = tableOf({});
    await relay(asking(), bench, AbortSignal.abort()).return();
    expect(send.sent).toEqual([]);
  });

  test('while a sign of life is on its way, by return alone, frees the upstream, too', async () => {
    let open: OpenBody | undefined;
    const { bench, clock } = tableOf({
      anthropic: (outgoing) => {
        open = openBody(outgoing);
        return open.response;
      },
    });
    const pieces = relay(asking(), bench, new AbortController().signal);
    const head = pieces.next();
    await turns();
    open?.push(...EVENTS.slice(0, 4));
    await head;
    await pieces.next();
    const ping = pieces.next();
    await clock.advance(15_000);
    expect((await ping).done).toBe(false);
    await pieces.return();
    expect(open?.isGone).toBe(true);
  });

  test('after the end changes nothing', async () => {
    const { bench } = tableOf({ anthropic: well('fine') });
    const control = new AbortController();
    await ask(bench, asking(), control.signal);
    control.abort();
    await turns();
    expect(bench.events.attempts).toHaveLength(1);
    expect(bench.events.attempts[0]).not.toHaveProperty('failure');
  });

  test('says nothing about the upstream', async () => {
    const { bench } = tableOf({ anthropic: blackHole });
    for (let turn = 0; turn < 5; turn += 1) {
      const control = new AbortController();
      const pieces = relay(asking(), bench, control.signal);
      const first = pieces.next();
      await turns();
      control.abort();
      expect(await first).toEqual({ done: true, value: undefined });
    }
    expect(stateOf(bench)).toBe('closed');
  });
});

const error = (type: string, message = 'no') => JSON.stringify({ type: 'error', error: { type, message } });

describe('what does not count against an upstream', () => {
  test.each([
    ['a request that is refused', 400, error('invalid_request_error')],
    [
      'a request that is too long',
      400,
      error('invalid_request_error', 'prompt is too long: 3 tokens > 2 maximum'),
    ],
    ['a request that is too large', 413, error('request_too_large')],
    ['a request that cannot be processed', 422, error('invalid_request_error')],
  ])('%s', async (_, status, body) => {
    const { bench } = tableOf({ anthropic: () => new Response(body, { status }), backup: well('yes') });
    for (let turn = 0; turn < 4; turn += 1) await ask(bench);
    expect(heldAgainst(bench, 'anthropic')).toEqual([]);
    expect(bench.events.breakers).toEqual([]);
  });

  test.each([
    ['rejected', 401, error('authentication_error')],
    ['without permission', 403, error('permission_error')],
    ['out of money', 402, error('billing_error')],
    ['at its limit', 429, error('rate_limit_error')],
    ['for which there is no such model', 404, error('not_found_error')],
  ])('a credential of a client that is %s: it is held against nobody else', async (_, status, body) => {
    const { bench } = tableOf({ anthropic: () => new Response(body, { status }), backup: well('yes') });
    for (let turn = 0; turn < 4; turn += 1) {
      const headers = { 'x-api-key': `key-${turn}` };
      expect(standingOf(bench, 'anthropic', asking({ headers })).name).toBe('closed');
      await ask(bench, { headers });
    }
    expect(stateOf(bench)).toBe('closed');
  });

  test("ccproxy's own rejected key does", async () => {
    const { bench, count } = tableOf(
      { anthropic: () => new Response('{}', { status: 401 }), backup: well('yes') },
      [primary({ ownKey: 'own' }), backup()],
    );
    const placeholder = { headers: { 'x-api-key': 'NOT_NEEDED' } };
    for (let turn = 0; turn < 4; turn += 1) await ask(bench, placeholder);
    expect(standingOf(bench, 'anthropic', asking(placeholder)).name).toBe('blocked');
    expect([count('anthropic'), stateOf(bench)]).toEqual([1, 'closed']);
  });
});

test('an answer cut after its content counts, and a cut answer opens the breaker with the next one', async () => {
  const { bench, clock } = tableOf(
    {
      anthropic: () => streamOf(eventsOf(calls([['Read', { a: 1 }]], 'I read.')).slice(0, 6)),
    },
    [primary()],
  );
  await ask(bench);
  expect(stateOf(bench)).toBe('suspect');
  await clock.advance(1000);
  await ask(bench);
  expect(stateOf(bench)).toBe('open');
});
