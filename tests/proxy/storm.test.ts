/** Many requests at once: an upstream that takes over is not flattened, and everyone is answered. */
import { afterEach, describe, expect, test } from 'bun:test';
import { turns } from '../support/manual-clock.ts';
import { blackHole, standingOf, type Voices } from '../support/relay.ts';
import {
  type Client,
  endings,
  expectQuiet,
  inTurn,
  isWhole,
  limited,
  refusing,
  type Slow,
  type Stage,
  type StageOptions,
  said,
  slow,
  stageOf,
  upstreamOf,
  well,
} from '../support/stage.ts';

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

function stage(voices: Voices, options: StageOptions = {}): Stage {
  const one = stageOf(voices, options);
  stages.push(one);
  return one;
}

/** The agents of one session, all asking in this moment. */
async function storm({ go }: Stage, requests: number): Promise<Client[]> {
  const clients = Array.from({ length: requests }, (_, at) => go(said({ session: 's', agent: `a${at}` })));
  await turns();
  return clients;
}

/** Anthropic's breaker is open from now on. */
async function kill(one: Stage): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    const got = one.go();
    await turns();
    got.leave();
    await turns();
  }
  expect(standingOf(one.bench, 'anthropic').name).toBe('open');
  // What it stood with those two says nothing after a minute.
  await one.clock.advance(60_000);
  one.asked();
}

/** Answers all that come, one after the other, and says how many were waited for at most at once. */
async function answerAll(upstream: Slow, requests: number): Promise<number[]> {
  const waiting: number[] = [];
  for (let at = 0; at < requests; at += 1) {
    waiting.push(upstream.bodies.length - at);
    upstream.finish(at);
    await turns();
  }
  return waiting;
}

const LIMITED = 10 * 60_000;

describe('thirty requests of one session, when the primary is dead', () => {
  test('come to the backup a few at a time, and all are answered', async () => {
    const backup = slow('backup');
    const one = stage({ anthropic: limited(LIMITED), backup: backup.voice });
    await one.done().then(({ leave }) => leave());
    await turns();
    backup.bodies.splice(0);
    await one.clock.advance(60_000);
    const clients = await storm(one, 30);
    expect([backup.bodies.length, one.bench.gates.waiting]).toEqual([4, 26]);
    const waiting = await answerAll(backup, 30);
    expect(clients.every((client) => client.done && isWhole(client, 'backup'))).toBe(true);
    // Four at first, and one more with each that has begun to answer: never more than have proved to be fine.
    expect(waiting.every((count, at) => count <= 4 + at)).toBe(true);
    expect(Math.max(...waiting)).toBeGreaterThan(8);
    expect(clients.map(({ attempts }) => attempts)).toEqual(Array(30).fill(1));
  });

  test('also in the moment in which it dies: each has asked it', async () => {
    const backup = slow('backup');
    const one = stage({ anthropic: refusing(500), backup: backup.voice });
    const clients = await storm(one, 30);
    expect(one.asked()).toEqual([...Array(30).fill('anthropic'), ...Array(4).fill('backup')]);
    await answerAll(backup, 30);
    expect(clients.every((client) => isWhole(client, 'backup') && client.attempts === 2)).toBe(true);
    expect(standingOf(one.bench, 'anthropic').name).toBe('open');
    // All of them failed together, which is one opening.
    const opened = one.bench.events.breakers.filter(({ to }) => to.name === 'open');
    expect(opened).toHaveLength(1);
  });

  test('a first content makes room, not the end of an answer', async () => {
    const backup = slow('backup');
    const one = stage({ anthropic: refusing(500), backup: backup.voice });
    const clients = await storm(one, 10);
    expect(backup.bodies).toHaveLength(4);
    backup.begin(0);
    await turns();
    expect(backup.bodies).toHaveLength(6);
    for (const client of clients) client.leave();
    await turns();
  });

  test('a refusal for lack of capacity halves how many may wait', async () => {
    const backup = slow('backup');
    let isFull = true;
    const one = stage({
      anthropic: refusing(500),
      backup: (outgoing) => (isFull ? new Response('{}', { status: 529 }) : backup.voice(outgoing)),
      third: well('third'),
    });
    const clients = await storm(one, 1);
    isFull = false;
    clients.push(...(await storm(one, 10)));
    expect(backup.bodies).toHaveLength(2);
    for (const client of clients) client.leave();
    await turns();
  });

  test('a third upstream gets those that have waited for 5 s', async () => {
    const backup = slow('backup');
    const one = stage({ anthropic: refusing(500), backup: backup.voice, third: well('third') });
    const clients = await storm(one, 30);
    await one.clock.advance(4_999);
    expect(clients.filter(({ done }) => done)).toEqual([]);
    await one.clock.advance(1);
    expect(clients.filter((client) => isWhole(client, 'third'))).toHaveLength(26);
    await answerAll(backup, 4);
    expect(clients.filter((client) => isWhole(client, 'backup'))).toHaveLength(4);
    for (const client of clients) expect(client.attempts).toBe(2);
  });

  test('wait on when the third one fails', async () => {
    const backup = slow('backup');
    const one = stage({ anthropic: refusing(500), backup: backup.voice, third: refusing(500) });
    const clients = await storm(one, 30);
    await one.clock.advance(6_000);
    expect(clients.filter(({ done }) => done)).toEqual([]);
    expect(one.asked().filter((name) => name === 'third').length).toBeGreaterThan(0);
    await answerAll(backup, 30);
    expect(clients.every((client) => isWhole(client, 'backup'))).toBe(true);
  });

  test('wait on before one is asked whose breaker is open', async () => {
    const backup = slow('backup');
    const chain = [upstreamOf('anthropic'), upstreamOf('backup', { concurrency: 1 }), upstreamOf('third')];
    const one = stage({ anthropic: refusing(500), backup: backup.voice, third: refusing(500) }, { chain });
    const clients = await storm(one, 4);
    await one.clock.advance(6_000);
    one.asked();
    await answerAll(backup, 4);
    expect(clients.every((client) => isWhole(client, 'backup'))).toBe(true);
    expect(new Set(one.asked())).toEqual(new Set(['backup']));
  });

  test('nobody waits for 5 s where there is no third one', async () => {
    const backup = slow('backup');
    const one = stage({ anthropic: refusing(500), backup: backup.voice });
    const clients = await storm(one, 6);
    await one.clock.advance(40_000);
    expect([backup.bodies.length, clients.filter(({ done }) => done)]).toEqual([4, []]);
    await answerAll(backup, 6);
    expect(clients.every((client) => isWhole(client, 'backup'))).toBe(true);
  });

  test('the time for a first content ends the waiting, too', async () => {
    const one = stage({ anthropic: refusing(500), backup: blackHole }, { failover: { budgetMs: 20_000 } });
    const clients = await storm(one, 10);
    await one.clock.advance(19_999);
    expect(clients.filter(({ done }) => done)).toEqual([]);
    await one.clock.advance(1);
    expect(clients.map(({ status }) => status)).toEqual(Array(10).fill(503));
    for (const client of clients.slice(4)) expect(client.text).toContain('too many requests wait for it');
    for (const client of clients) expect(client.headers.get('retry-after')).not.toBeNull();
  });
});

describe('the first of the chain', () => {
  test('is never held back while it is well: four hundred streams are open', async () => {
    const anthropic = slow('anthropic');
    const one = stage({ anthropic: anthropic.voice, backup: well('backup') });
    const clients = await storm(one, 400);
    expect([anthropic.bodies.length, one.bench.gates.held('anthropic')]).toEqual([400, 400]);
    for (let at = 0; at < 400; at += 1) anthropic.begin(at);
    await turns();
    expect(clients.every(({ status }) => status === 200)).toBe(true);
    for (let at = 0; at < 400; at += 1) anthropic.finish(at);
    await turns();
    expect(clients.every((client) => isWhole(client, 'anthropic'))).toBe(true);
  });

  test('nor is the only one, or the one that the user prefers', async () => {
    const only = slow('backup');
    const alone = stage({ backup: only.voice });
    const preferred = slow('backup');
    const other = stage({ anthropic: well('anthropic'), backup: preferred.voice });
    other.bench.preference = { preferred: 'backup' };
    for (const [one, upstream] of [
      [alone, only],
      [other, preferred],
    ] as const) {
      const clients = await storm(one, 50);
      expect(upstream.bodies).toHaveLength(50);
      await answerAll(upstream, 50);
      expect(clients.every((client) => isWhole(client, 'backup'))).toBe(true);
    }
  });

  test('is, when it has only just recovered', async () => {
    const anthropic = slow('anthropic');
    const one = stage({
      anthropic: inTurn(refusing(500), refusing(500), well('anthropic'), anthropic.voice),
      backup: well('backup'),
    });
    await kill(one);
    expect((await one.done()).upstream).toBe('anthropic');
    const clients = await storm(one, 10);
    expect(anthropic.bodies.length).toBeLessThanOrEqual(5);
    await answerAll(anthropic, 10);
    expect(clients.every((client) => isWhole(client, 'anthropic'))).toBe(true);
    await one.clock.advance(60_000);
    const later = await storm(one, 30);
    expect(anthropic.bodies).toHaveLength(40);
    for (let at = 10; at < 40; at += 1) anthropic.finish(at);
    await turns();
    expect(later.every((client) => isWhole(client, 'anthropic'))).toBe(true);
  });
});

describe('a limit of requests at once', () => {
  const TWO = { concurrency: 2 };

  test.each(['anthropic', 'backup'])('holds for %s, however many come', async (name) => {
    const upstream = slow(name);
    const voices = { anthropic: refusing(500), [name]: upstream.voice };
    const chain = Object.keys(voices).map((each) => upstreamOf(each, each === name ? TWO : {}));
    const one = stage(voices, { chain });
    const clients = await storm(one, 20);
    for (let at = 0; at < 20; at += 1) {
      const open = upstream.bodies.length - at;
      expect([open, one.bench.gates.held(name)]).toEqual([Math.min(2, 20 - at), Math.min(2, 20 - at)]);
      upstream.begin(at);
      await turns();
      expect(upstream.bodies.length - at).toBe(open);
      upstream.finish(at);
      await turns();
    }
    expect(clients.every((client) => isWhole(client, name))).toBe(true);
  });

  test('more than can wait go to the next upstream at once', async () => {
    const first = slow('anthropic');
    const chain = [upstreamOf('anthropic', TWO), upstreamOf('backup')];
    const one = stage({ anthropic: first.voice, backup: well('backup') }, { chain });
    const clients = await storm(one, 40);
    expect(clients.filter((client) => isWhole(client, 'backup'))).toHaveLength(40 - 2 - 32);
    await one.clock.advance(5_000);
    expect(clients.filter((client) => isWhole(client, 'backup'))).toHaveLength(38);
    for (const client of clients) client.leave();
    await turns();
  });

  test('or wait, where there is none', async () => {
    const chain = [upstreamOf('backup', TWO)];
    const only = slow('backup');
    const one = stage({ backup: only.voice }, { chain });
    const clients = await storm(one, 40);
    expect(clients.filter(({ done }) => done)).toEqual([]);
    await answerAll(only, 40);
    expect(clients.filter((client) => isWhole(client, 'backup'))).toHaveLength(40);
  });

  test('of a thousand and more, the last hear when to come back', async () => {
    const one = stage({ backup: slow('backup').voice }, { chain: [upstreamOf('backup', TWO)] });
    const clients = await storm(one, 2 + 1024 + 3);
    const refused = clients.filter(({ status }) => status === 503);
    expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(Array(3).fill('1'));
    expect(refused.every(({ attempts, text }) => attempts === 0 && text.includes('too many'))).toBe(true);
    for (const client of clients) client.leave();
    await turns();
  });
});

describe('clients that leave', () => {
  test.each<[string, number[]]>([
    ['while they wait for a place', [4, 5, 6, 7, 8, 9]],
    ['while they wait for an answer', [0, 1, 2, 3]],
    ['all of them', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])('%s leave nothing behind', async (_, leaving) => {
    const backup = slow('backup');
    const one = stage({ anthropic: limited(LIMITED), backup: backup.voice });
    const clients = await storm(one, 10);
    for (const at of leaving) clients[at]?.leave();
    await turns();
    for (const at of leaving) expect(clients[at]?.done).toBe(true);
    const staying = clients.filter((_one, at) => !leaving.includes(at));
    for (let at = 0; at < backup.bodies.length; at += 1) {
      if (backup.bodies[at]?.isGone) continue;
      backup.finish(at);
      await turns();
    }
    expect(staying.every((client) => isWhole(client, 'backup'))).toBe(true);
    expect(endings(one.bench).filter(([name, kind]) => name === 'backup' && kind === 'ok')).toHaveLength(
      staying.length,
    );
    expectQuiet(one);
  });

  test('in the moment in which their turn comes ask nobody', async () => {
    const only = slow('backup');
    const one = stage({ backup: only.voice }, { chain: [upstreamOf('backup', { concurrency: 1 })] });
    const place = await one.bench.gates.enter(upstreamOf('backup', { concurrency: 1 }), {
      isSubstitute: false,
      hasOthers: true,
      waitMs: 0,
      client: new AbortController().signal,
    });
    const [got] = await storm(one, 1);
    place?.leave();
    got?.leave();
    await turns();
    expect([got?.done, got?.error, one.asked()]).toEqual([true, null, []]);
    expect(one.bench.events.requests).toMatchObject([{ outcome: 'cancelled', attempts: 0 }]);
  });
});
