/** Whom the user prefers or holds out, and what is nobody's fault. */
import { afterEach, describe, expect, test } from 'bun:test';
import { clear, distrust, holdOut } from '../../src/proxy/interventions.ts';
import { watchNetwork } from '../../src/proxy/network-watch.ts';
import { manualClock, turns } from '../support/manual-clock.ts';
import {
  type Asking,
  blackHole,
  heldAgainst,
  primary,
  standingOf,
  subjectIn,
  type Voices,
} from '../support/relay.ts';
import {
  expectQuiet,
  frank,
  gone,
  inTurn,
  isWhole,
  limited,
  refusing,
  type Stage,
  type StageOptions,
  said,
  slow,
  stageOf,
  upstreamOf,
  well,
} from '../support/stage.ts';

const MINUTE = 60_000;

const RETURNING = { failover: { returnAfterMs: 30_000 } };

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

/** A chain of Anthropic and two others, which are well unless `voices` says otherwise. */
function three(voices: Voices = {}, options: StageOptions = {}): Stage {
  const all = { anthropic: well('anthropic'), backup: well('backup'), third: well('third'), ...voices };
  return stage(all, options);
}

function stage(voices: Voices, options: StageOptions = {}): Stage {
  const one = stageOf(voices, options);
  stages.push(one);
  return one;
}

function hold(one: Stage, name: string): void {
  holdOut(subjectIn(one.bench, name), one.bench.runtime);
}

describe('the upstream that the user prefers', () => {
  test.each<[string, Asking]>([
    ['a new conversation', said({ session: 's' })],
    ['the middle of a turn that another serves', said({ session: 'known', isMidTurn: true })],
    ['an agent', said({ session: 's', agent: 'a' })],
    ['a request that is not streamed', said({}, { stream: false })],
  ])('is asked first for %s', async (_, request) => {
    const one = three();
    await one.done(said({ session: 'known' }));
    one.bench.preference = { preferred: 'third' };
    one.asked();
    expect([(await one.done(request)).upstream, one.asked()]).toEqual(['third', ['third']]);
  });

  test('is not asked first while it is doubtful', async () => {
    const one = three();
    one.bench.preference = { preferred: 'third' };
    distrust(subjectIn(one.bench, 'third'), 'it broke off', one.bench.runtime);
    expect((await one.done()).upstream).toBe('anthropic');
    await one.clock.advance(MINUTE);
    expect((await one.done()).upstream).toBe('third');
  });

  test('still fails over, in the order of the chain', async () => {
    const one = three({ third: refusing(500), anthropic: refusing(500) });
    one.bench.preference = { preferred: 'third' };
    expect([(await one.done()).upstream, one.asked()]).toEqual(['backup', ['third', 'anthropic', 'backup']]);
    await one.done();
    one.asked();
    expect([(await one.done()).upstream, one.asked()]).toEqual(['backup', ['backup']]);
  });

  test('is asked first while it returns', async () => {
    const one = three({ third: inTurn(refusing(500), refusing(500), well('third')) }, RETURNING);
    one.bench.preference = { preferred: 'third' };
    for (let turn = 0; turn < 2; turn += 1) await one.done();
    await one.clock.advance(15_000);
    for (let turn = 0; turn < 3; turn += 1) expect((await one.done()).upstream).toBe('third');
    one.bench.preference = { preferred: null };
    one.bench.chain = [...one.bench.chain].reverse();
    expect((await one.done()).upstream).toBe('backup');
  });

  test('is not when it cannot be reached, because our network is gone', async () => {
    const clock = manualClock();
    const network = watchNetwork({ clock, isConnected: () => true });
    const chain = ['anthropic', 'backup'].map((name) => upstreamOf(name));
    const local = upstreamOf('local', { base: 'http://[::1]:8080/v1' });
    const voices = { anthropic: gone, backup: gone, local: well('local') };
    const one = stage(voices, { clock, network, chain: [...chain, local] });
    one.bench.preference = { preferred: 'backup' };
    await one.done();
    expect([network.offline, one.asked()]).toEqual([true, ['backup', 'anthropic', 'local']]);
    expect([(await one.done()).upstream, one.asked()]).toEqual(['local', ['local']]);
  });

  test('is none when it is not in the chain', async () => {
    const one = three();
    one.bench.preference = { preferred: 'somebody' };
    expect((await one.done()).upstream).toBe('anthropic');
  });

  test('alone is asked without failover', async () => {
    const one = three({ third: refusing(500) }, { failover: { enabled: false } });
    one.bench.preference = { preferred: 'third' };
    for (let turn = 0; turn < 4; turn += 1) expect((await one.done()).status).toBe(503);
    expect(new Set(one.asked())).toEqual(new Set(['third']));
  });
});

describe('an upstream that is held out', () => {
  test('is not asked, preferred or not', async () => {
    const one = three();
    hold(one, 'anthropic');
    expect([(await one.done()).upstream, one.asked()]).toEqual(['backup', ['backup']]);
    one.bench.preference = { preferred: 'anthropic' };
    expect([(await one.done()).upstream, one.asked()]).toEqual(['backup', ['backup']]);
    await one.clock.advance(24 * 60 * MINUTE);
    expect([(await one.done()).upstream, one.asked()]).toEqual(['backup', ['backup']]);
    clear(subjectIn(one.bench, 'anthropic'), one.bench.runtime);
    expect((await one.done()).upstream).toBe('anthropic');
  });

  test('is not the last resort, either', async () => {
    const one = three({ backup: refusing(500), third: refusing(500) });
    hold(one, 'anthropic');
    for (let turn = 0; turn < 4; turn += 1) expect((await one.done()).status).toBe(503);
    expect(new Set(one.asked())).toEqual(new Set(['backup', 'third']));
  });

  test('keeps no conversation', async () => {
    const one = three();
    await one.done(said({ session: 's' }));
    hold(one, 'anthropic');
    expect((await one.done(said({ session: 's', isMidTurn: true }))).upstream).toBe('backup');
  });

  test('lets an answer that is under way end', async () => {
    const anthropic = slow('anthropic');
    const one = three({ anthropic: anthropic.voice });
    const got = one.go();
    await turns();
    anthropic.begin();
    hold(one, 'anthropic');
    anthropic.finish();
    await turns();
    expect([isWhole(got, 'anthropic'), standingOf(one.bench, 'anthropic').name]).toEqual([true, 'isolated']);
  });

  test('and is the only one gives 503 that is not to be tried again', async () => {
    const one = stage({ backup: well('backup') });
    hold(one, 'backup');
    const got = await one.done();
    expect([got.status, got.attempts, one.asked()]).toEqual([503, 0, []]);
    expect([got.headers.get('x-should-retry'), got.headers.get('retry-after')]).toEqual(['false', null]);
    expect(got.text).toContain('held out by hand');
  });
});

describe('the last resort', () => {
  test.each<[string, Voices[string], string]>([
    ['in a cooldown', limited(30 * MINUTE), 'cooldown'],
    ['blocked', refusing(401, { kind: 'unauthorized' }), 'blocked'],
  ])('is none that is %s', async (_, voice, state) => {
    const one = stage({ backup: voice, third: refusing(500) });
    for (let turn = 0; turn < 3; turn += 1) await one.done();
    expect<string[]>([standingOf(one.bench, 'backup').name, standingOf(one.bench, 'third').name]).toEqual([
      state,
      'open',
    ]);
    expect(one.asked()).toEqual(['backup', 'third', 'third', 'third']);
  });

  test('begins with the one that is just being tried', async () => {
    const tried = slow('third');
    const one = stage({
      backup: refusing(500),
      third: inTurn(refusing(500), refusing(500), tried.voice, well('third')),
    });
    for (let turn = 0; turn < 2; turn += 1) await one.done();
    await one.clock.advance(15_000);
    // The first of the chain fails as a canary, and the other is tried by this request.
    const canary = await one.done();
    expect([standingOf(one.bench, 'backup').name, standingOf(one.bench, 'third').name]).toEqual([
      'open',
      'half-open',
    ]);
    one.asked();
    expect([isWhole(await one.done(), 'third'), one.asked()]).toEqual([true, ['third']]);
    tried.finish();
    await turns();
    expect(isWhole(canary, 'third')).toBe(true);
  });

  test('has all of its time to the first event', async () => {
    const one = stage({ backup: inTurn(refusing(500), refusing(500), blackHole) });
    for (let turn = 0; turn < 2; turn += 1) await one.done();
    expect(standingOf(one.bench, 'backup').name).toBe('open');
    await expectPatience(one, 45_000);
  });

  test('and so has a canary that nobody could stand in for', async () => {
    const one = stage({ backup: inTurn(refusing(500), refusing(500), blackHole) });
    for (let turn = 0; turn < 2; turn += 1) await one.done();
    await one.clock.advance(15_000);
    expect(standingOf(one.bench, 'backup').name).toBe('half-open');
    await expectPatience(one, 45_000);
  });

  test('any other canary has half of it, and the whole where that was too little', async () => {
    const one = stage({ anthropic: inTurn(refusing(500), refusing(500), blackHole), backup: well('backup') });
    for (let turn = 0; turn < 2; turn += 1) await one.done();
    for (const ms of [22_500, 45_000]) {
      await one.clock.advance((standingOf(one.bench, 'anthropic').until ?? 0) - one.clock.now());
      const got = one.go();
      await one.clock.advance(ms - 1);
      expect(got.done).toBe(false);
      await one.clock.advance(1);
      expect([got.done, got.upstream]).toEqual([true, 'backup']);
    }
  });

  test('any other has all of it', async () => {
    await expectPatience(stage({ backup: blackHole }), 45_000);
  });

  async function expectPatience(one: Stage, ms: number): Promise<void> {
    const got = one.go();
    await one.clock.advance(ms - 1);
    expect(got.done).toBe(false);
    await one.clock.advance(1);
    expect([got.done, got.status]).toEqual([true, 503]);
  }
});

describe('nothing is held against an upstream', () => {
  const CLIENTS = { failover: { triggers: (status: number) => status >= 500 } };
  test.each<[string, Voices[string], StageOptions]>([
    ["whose 400 is the client's", refusing(400), {}],
    ['whose 404 is of a model that the client made up', refusing(404, { kind: 'no_such_model' }), {}],
    ["whose 413 is the client's", refusing(413), {}],
    ["whose 422 is the client's", refusing(422), {}],
    ['that finds the request too long', refusing(400, { kind: 'too_long' }), {}],
    ['whose 429 is no trigger', limited(60_000), CLIENTS],
    ['whose 409 is no trigger', refusing(409, { kind: 'transient' }), CLIENTS],
    ['whose 529 is no trigger', refusing(529), { failover: { triggers: () => false } }],
    ['whose 500 is no trigger', refusing(500), { failover: { triggers: () => false } }],
    ["that rejects the client's credential", refusing(401, { kind: 'unauthorized' }), {}],
    ["that forbids the client's credential something", refusing(403, { kind: 'forbidden' }), {}],
  ])('%s', async (_, voice, options) => {
    const one = stage({ anthropic: voice, backup: well('backup') }, options);
    for (let turn = 0; turn < 6; turn += 1) {
      const got = await one.done({ headers: { 'x-api-key': `key-${turn}` } });
      expect(got.done).toBe(true);
    }
    expect(one.asked().filter((name) => name === 'anthropic')).toHaveLength(6);
    expect([standingOf(one.bench, 'anthropic').name, heldAgainst(one.bench, 'anthropic')]).toEqual([
      'closed',
      [],
    ]);
    expect([one.bench.events.breakers, one.bench.events.doubts]).toEqual([[], []]);
  });

  test('whose clients leave', async () => {
    const one = stage({ anthropic: blackHole, backup: well('backup') });
    for (let turn = 0; turn < 6; turn += 1) {
      const got = one.go();
      await one.clock.advance(40_000);
      got.leave();
      await turns();
      expect(got.done).toBe(true);
    }
    expect([one.asked().length, heldAgainst(one.bench, 'anthropic')]).toEqual([6, []]);
  });

  test('that is half-open, by a refusal that says nothing: the next request tries it again', async () => {
    const one = stage({
      anthropic: inTurn(refusing(500), refusing(500), refusing(400), well('anthropic')),
      backup: well('backup'),
    });
    for (let turn = 0; turn < 2; turn += 1) await one.done();
    await one.clock.advance(15_000);
    expect((await one.done()).status).toBe(400);
    expect(standingOf(one.bench, 'anthropic').name).toBe('half-open');
    expect((await one.done()).upstream).toBe('anthropic');
    expect(standingOf(one.bench, 'anthropic').name).toBe('closed');
  });
});

describe("ccproxy's own credential", () => {
  const chain = [primary({ mode: 'own', ownKey: 'key', dialect: frank }), ...three().bench.chain.slice(1)];

  test.each<[string, Voices[string], number]>([
    ['rejected', refusing(401, { kind: 'unauthorized' }), 5 * MINUTE],
    ['forbidden this model', refusing(403, { kind: 'forbidden' }), 15 * MINUTE],
  ])('%s is not used again for a while', async (_, voice, blockedMs) => {
    const one = three({ anthropic: inTurn(voice, well('anthropic')) }, { chain });
    expect((await one.done()).upstream).toBe('backup');
    expect(standingOf(one.bench, 'anthropic').name).toBe('blocked');
    await one.clock.advance(blockedMs - 1);
    one.asked();
    expect([(await one.done()).upstream, one.asked()]).toEqual(['backup', ['backup']]);
    await one.clock.advance(1);
    expect((await one.done()).upstream).toBe('anthropic');
  });

  test.each<[string, Voices[string], string]>([
    ['rejected', refusing(401, { kind: 'unauthorized' }), 'backup'],
    ['forbidden one model', refusing(403, { kind: 'forbidden' }), 'anthropic'],
  ])('%s: another model goes to the %p', async (_, voice, expected) => {
    const one = three({ anthropic: inTurn(voice, well('anthropic')) }, { chain });
    await one.done();
    const other = {
      model: 'claude-haiku-4-5',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: 'hi' }],
    };
    expect((await one.done({ body: JSON.stringify(other) })).upstream).toBe(expected);
  });
});

describe('without any other upstream', () => {
  test("Anthropic's own limit is Anthropic's to tell, each time", async () => {
    const one = stage({ anthropic: limited(5 * 60 * MINUTE) });
    for (let turn = 0; turn < 3; turn += 1) {
      const got = await one.done();
      expect([got.status, got.upstream, got.text]).toEqual([429, 'anthropic', '{"refused":429}']);
    }
    expect(standingOf(one.bench, 'anthropic').name).toBe('cooldown');
  });

  test('Anthropic that is held out is not asked', async () => {
    const one = stage({ anthropic: well('anthropic') });
    holdOut(subjectIn(one.bench, 'anthropic'), one.bench.runtime);
    const got = await one.done();
    expect([got.status, one.asked()]).toEqual([503, []]);
  });
});

test('who needs no key, and refuses requests for want of one, is blocked like any other', async () => {
  const keyless = upstreamOf('keyless', { auth: (headers) => headers });
  const one = stage(
    { keyless: refusing(401, { kind: 'unauthorized' }), backup: well('backup') },
    { chain: [keyless, upstreamOf('backup')] },
  );
  for (let turn = 0; turn < 3; turn += 1) expect((await one.done()).upstream).toBe('backup');
  expect(one.asked()).toEqual(['keyless', 'backup', 'backup', 'backup']);
  expect(standingOf(one.bench, 'keyless').name).toBe('blocked');
});
