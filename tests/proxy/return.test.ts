/** When an upstream that failed serves again, and whom: new conversations first, no running turn ever. */
import { afterEach, describe, expect, test } from 'bun:test';
import { distrust } from '../../src/proxy/interventions.ts';
import { returnsAt } from '../../src/proxy/standing.ts';
import { turns } from '../support/manual-clock.ts';
import { eventsOf, standingOf, subjectIn, type Voices } from '../support/relay.ts';
import { expectQuiet, limited, refusing, type Stage, said, slow, stageOf, well } from '../support/stage.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DWELL = 30 * SECOND;

const WORDS = eventsOf().find((event) => event.includes('text_delta')) ?? '';

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

/** A chain of upstreams that are well, until the test says otherwise. */
interface Chain extends Stage {
  /** From now on it answers like this; without a voice, well. */
  is(name: string, voice?: Voices[string]): void;
  /** Who answers a request of this conversation. */
  who(...of: Parameters<typeof said>): Promise<string>;
}

function chainOf(...names: string[]): Chain {
  const now: Voices = Object.fromEntries(names.map((name) => [name, well(name)]));
  const voices: Voices = Object.fromEntries(
    names.map((name) => [name, (outgoing) => (now[name] ?? well(name))(outgoing)]),
  );
  const stage = stageOf(voices, { failover: { returnAfterMs: DWELL } });
  stages.push(stage);
  return Object.assign(stage, {
    is(name: string, voice: Voices[string] = well(name)) {
      now[name] = voice;
    },
    who: async (...of: Parameters<typeof said>) => (await stage.done(said(...of))).upstream,
  });
}

/** Fails until its breaker is open, and is well again when that is over; its canary has closed it. */
async function dieAndRecover(stage: Chain, name = 'anthropic'): Promise<void> {
  stage.is(name, refusing(500));
  await stage.who();
  await stage.who();
  const { name: state, until = 0 } = standingOf(stage.bench, name);
  expect(state).toBe('open');
  stage.is(name);
  await stage.clock.advance(until - stage.clock.now());
  expect(await stage.who()).toBe(name);
  expect(standingOf(stage.bench, name).name).toBe('closed');
}

describe('an upstream that recovered from failures', () => {
  test('is not asked before it was well for a while, by whomever', async () => {
    const stage = chainOf('anthropic', 'backup');
    await dieAndRecover(stage);
    await stage.clock.advance(DWELL - 1);
    const asking = [{}, { session: 's' }, { session: 's', agent: 'a' }, { session: 't', isMidTurn: true }];
    for (const one of asking) expect(await stage.who(one)).toBe('backup');
    await stage.clock.advance(1);
    expect(await stage.who()).toBe('anthropic');
  });

  test('waits twice as long each time it fails again, ten minutes at most', async () => {
    const stage = chainOf('anthropic', 'backup');
    // Preferred, it is asked all the while, and so fails again as soon as it can.
    stage.bench.preference = { preferred: 'anthropic' };
    const dwells: number[] = [];
    for (let time = 0; time < 6; time += 1) {
      await dieAndRecover(stage);
      const returns = returnsAt(subjectIn(stage.bench, 'anthropic'), stage.bench.runtime, DWELL) ?? 0;
      dwells.push((returns - stage.clock.now()) / SECOND);
    }
    expect(dwells).toEqual([30, 60, 120, 240, 480, 600]);
  });

  test('serves at once after a limit: that has ended by the clock', async () => {
    const stage = chainOf('anthropic', 'backup');
    stage.is('anthropic', limited(20 * SECOND));
    expect(await stage.who()).toBe('backup');
    stage.is('anthropic');
    await stage.clock.advance(20 * SECOND - 1);
    expect(await stage.who()).toBe('backup');
    await stage.clock.advance(1);
    for (let turn = 0; turn < 3; turn += 1) expect(await stage.who()).toBe('anthropic');
  });

  test('serves while it waits when the one before it fails, before one that is doubtful', async () => {
    const stage = chainOf('anthropic', 'backup', 'third');
    await dieAndRecover(stage);
    distrust(subjectIn(stage.bench, 'third'), 'it broke off', stage.bench.runtime);
    stage.is('backup', refusing(500));
    stage.asked();
    expect(await stage.who()).toBe('anthropic');
    expect(stage.asked()).toEqual(['backup', 'anthropic']);
  });

  test.each<[string, Voices[string]]>([
    ['has failed', refusing(500)],
    ['is at its limit', limited(10 * MINUTE)],
  ])('in the middle of the chain waits as well, also while the one before it %s', async (_, voice) => {
    const stage = chainOf('anthropic', 'backup', 'third');
    stage.is('anthropic', voice);
    await stage.who();
    await stage.who();
    await dieAndRecover(stage, 'backup');
    stage.asked();
    expect([await stage.who(), stage.asked()]).toEqual(['third', ['third']]);
    await stage.clock.advance(DWELL);
    expect(await stage.who()).toBe('backup');
  });

  test('waits as well while a request tries the one before it', async () => {
    const stage = chainOf('anthropic', 'backup', 'third');
    stage.is('anthropic', refusing(500));
    for (let turn = 0; turn < 2; turn += 1) await stage.who();
    await dieAndRecover(stage, 'backup');
    stage.bench.failover.returnAfterMs = 10 * MINUTE;
    await stage.clock.advance(MINUTE);
    const long = slow('anthropic');
    stage.is('anthropic', long.voice);
    const trial = stage.go(said());
    await turns();
    expect(await stage.who()).toBe('third');
    long.finish();
    await turns();
    expect(trial.upstream).toBe('anthropic');
  });

  test('is tried by a request that begins something, not by one in the middle of a turn', async () => {
    const stage = chainOf('anthropic', 'backup');
    stage.is('anthropic', refusing(500));
    for (let turn = 0; turn < 2; turn += 1) await stage.who({ session: 's' });
    stage.is('anthropic');
    await stage.clock.advance(15 * SECOND);
    expect(standingOf(stage.bench, 'anthropic').name).toBe('half-open');
    expect(await stage.who({ session: 's', isMidTurn: true })).toBe('backup');
    expect(standingOf(stage.bench, 'anthropic').name).toBe('half-open');
    expect(await stage.who({ session: 's' })).toBe('anthropic');
  });
});

describe('a conversation that the backup serves', () => {
  const MID = { session: 's', isMidTurn: true };

  /** Anthropic has failed, and may serve again; the backup serves the conversation `s`. */
  async function back(): Promise<Chain> {
    const stage = chainOf('anthropic', 'backup');
    await dieAndRecover(stage);
    expect(await stage.who({ session: 's' })).toBe('backup');
    await stage.clock.advance(DWELL);
    return stage;
  }

  test('stays for its turn, and goes home with the next one', async () => {
    const stage = await back();
    for (let turn = 0; turn < 20; turn += 1) {
      expect(await stage.who(MID)).toBe('backup');
      await stage.clock.advance(MINUTE);
    }
    expect(await stage.who({ session: 's' })).toBe('anthropic');
    expect(await stage.who(MID)).toBe('anthropic');
  });

  test('goes home at once after a failure that kept nobody out', async () => {
    const stage = chainOf('anthropic', 'backup');
    stage.is('anthropic', refusing(500));
    expect(await stage.who({ session: 's' })).toBe('backup');
    stage.is('anthropic');
    expect(await stage.who(MID)).toBe('anthropic');
  });

  test('that went there after Anthropic had recovered goes home at once, too', async () => {
    const stage = await back();
    await stage.clock.advance(10 * MINUTE);
    stage.is('anthropic', refusing(500));
    expect(await stage.who({ session: 't' })).toBe('backup');
    stage.is('anthropic');
    expect(await stage.who({ session: 't', isMidTurn: true })).toBe('anthropic');
  });

  test('stays while Anthropic is about to be tried', async () => {
    const stage = chainOf('anthropic', 'backup');
    stage.is('anthropic', limited(20 * SECOND));
    expect(await stage.who({ session: 's' })).toBe('backup');
    stage.is('anthropic');
    await stage.clock.advance(20 * SECOND);
    expect(await stage.who(MID)).toBe('backup');
    expect(await stage.who({ session: 's' })).toBe('anthropic');
  });

  test.each<[string, string, Parameters<typeof said>[0]]>([
    ['does not keep a new one', 'anthropic', { session: 't' }],
    ['does not keep another in the middle of its turn', 'anthropic', { session: 't', isMidTurn: true }],
    ['does not keep a request without a name', 'anthropic', { isMidTurn: true }],
    ["does not keep its agents'", 'anthropic', { session: 's', agent: 'a', isMidTurn: true }],
    ['is kept itself', 'backup', MID],
  ])('%s', async (_, expected, request) => {
    const stage = await back();
    expect(await stage.who(request)).toBe(expected);
  });

  test('is not moved by what its client asks beside it', async () => {
    const stage = await back();
    expect(await stage.who(MID)).toBe('backup');
    expect(await stage.who({ session: 's', words: 'Perform a web search.' })).toBe('anthropic');
    expect(await stage.who(MID)).toBe('backup');
  });

  test("an agent's own is kept, and its session is not", async () => {
    const stage = chainOf('anthropic', 'backup');
    await dieAndRecover(stage);
    expect(await stage.who({ session: 's', agent: 'a' })).toBe('backup');
    await stage.clock.advance(DWELL);
    expect(await stage.who({ session: 's', agent: 'a', isMidTurn: true })).toBe('backup');
    expect(await stage.who(MID)).toBe('anthropic');
    expect(await stage.who({ session: 's', agent: 'a' })).toBe('anthropic');
  });

  test.each([
    ['for five minutes stays', 5 * MINUTE, 'backup'],
    ['for longer goes home', 5 * MINUTE + 1, 'anthropic'],
  ])('and that is silent %s', async (_, silentMs, expected) => {
    const stage = await back();
    await stage.who(MID);
    await stage.clock.advance(silentMs);
    expect(await stage.who(MID)).toBe(expected);
  });

  test('is not silent while an answer is under way', async () => {
    const stage = await back();
    const long = slow('backup');
    stage.is('backup', long.voice);
    const got = stage.go(said(MID));
    await turns();
    long.begin();
    for (let minute = 0; minute < 10; minute += 1) {
      await stage.clock.advance(MINUTE);
      long.bodies[0]?.push(WORDS);
    }
    long.finish();
    await turns();
    expect(got.done).toBe(true);
    stage.is('backup');
    await stage.clock.advance(4 * MINUTE);
    expect(await stage.who(MID)).toBe('backup');
  });

  test('goes home in the middle of its turn when the backup fails', async () => {
    const stage = await back();
    stage.is('backup', refusing(500));
    stage.asked();
    expect([await stage.who(MID), stage.asked()]).toEqual(['anthropic', ['backup', 'anthropic']]);
    stage.is('backup');
    expect([await stage.who(MID), stage.asked()]).toEqual(['anthropic', ['anthropic']]);
  });

  test('or when it broke off in the middle of the answer', async () => {
    const stage = await back();
    const cut = slow('backup');
    stage.is('backup', cut.voice);
    const got = stage.go(said(MID));
    await turns();
    cut.begin();
    cut.bodies[0]?.end();
    await turns();
    expect([got.done, got.upstream]).toEqual([true, 'backup']);
    stage.is('backup');
    expect(await stage.who(MID)).toBe('anthropic');
  });

  test('stays with a third one as well', async () => {
    const stage = chainOf('anthropic', 'backup', 'third');
    stage.is('anthropic', limited(10 * SECOND));
    stage.is('backup', limited(10 * SECOND));
    expect(await stage.who(MID)).toBe('third');
    stage.is('anthropic');
    stage.is('backup');
    await stage.clock.advance(10 * SECOND);
    stage.asked();
    expect([await stage.who(MID), stage.asked()]).toEqual(['third', ['third']]);
    expect(await stage.who({ session: 's' })).toBe('anthropic');
  });
});
