/** Where it is wanted, an upstream that is silent for long gets company: the first to have content wins. */
import { afterEach, describe, expect, test } from 'bun:test';
import { clear, holdOut } from '../../src/proxy/interventions.ts';
import { turns } from '../support/manual-clock.ts';
import { heldAgainst, standingOf, subjectIn, type Voices } from '../support/relay.ts';
import {
  endings,
  expectQuiet,
  isWhole,
  refusing,
  type Slow,
  type Stage,
  type StageOptions,
  slow,
  stageOf,
  upstreamOf,
  well,
} from '../support/stage.ts';

const HEDGED = { failover: { hedgeMs: 8_000 } };

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

/** A chain of these; nothing of it may be left when the test is over. */
function hedged(voices: Voices, options: StageOptions = HEDGED): Stage {
  const stage = stageOf(voices, options);
  stages.push(stage);
  return stage;
}

/** Anthropic, a backup and a third, all of them at the test's command. */
function three(options: StageOptions = HEDGED): Stage & Record<'first' | 'second' | 'third', Slow> {
  const [first, second, third] = [slow('anthropic'), slow('backup'), slow('third')];
  const stage = hedged({ anthropic: first.voice, backup: second.voice, third: third.voice }, options);
  return Object.assign(stage, { first, second, third });
}

describe('an upstream that is silent for as long as it may be alone', () => {
  test('has no company a moment before', async () => {
    const { clock, go, asked, first } = three();
    const got = go();
    await clock.advance(7_999);
    expect(asked()).toEqual(['anthropic']);
    first.finish();
    await turns();
    expect([got.upstream, got.attempts, got.done]).toEqual(['anthropic', 1, true]);
  });

  test('has none at all unless that is wanted', async () => {
    const { clock, go, asked, first } = three({});
    const got = go();
    await clock.advance(44_999);
    expect(asked()).toEqual(['anthropic']);
    first.finish();
    await turns();
    expect(isWhole(got, 'anthropic')).toBe(true);
  });

  test('has company then, which wins: the one that lost is doubted, and nothing else is held against it', async () => {
    const { clock, bench, go, asked, first, second } = three();
    const got = go();
    await clock.advance(8_000);
    expect(asked()).toEqual(['anthropic', 'backup']);
    second.begin();
    await turns();
    expect([got.status, got.upstream, got.attempts]).toEqual([200, 'backup', 2]);
    expect(first.bodies[0]?.isGone).toBe(true);
    expect(bench.gates.held('anthropic')).toBe(0);
    second.finish();
    await turns();
    expect(isWhole(got, 'backup')).toBe(true);
    expect(endings(bench)).toEqual([
      ['anthropic', 'cancelled'],
      ['backup', 'ok'],
    ]);
    expect([standingOf(bench, 'anthropic').name, heldAgainst(bench, 'anthropic')]).toEqual(['suspect', []]);
    expect(bench.events.doubts).toEqual([]);
    expect(bench.events.requests).toMatchObject([{ upstream: 'backup', attempts: 2, outcome: 'ok' }]);
  });

  test('wins when it is quicker in the end', async () => {
    const { clock, bench, go, first, second } = three();
    const got = go();
    await clock.advance(9_000);
    first.finish();
    await turns();
    expect([isWhole(got, 'anthropic'), got.attempts, second.bodies[0]?.isGone]).toEqual([true, 2, true]);
    expect(endings(bench)).toEqual([
      ['backup', 'cancelled'],
      ['anthropic', 'ok'],
    ]);
    expect(heldAgainst(bench, 'backup')).toEqual([]);
  });

  test('has company of one, however long it takes', async () => {
    const { clock, go, asked, first } = three();
    const got = go();
    await clock.advance(40_000);
    expect(asked()).toEqual(['anthropic', 'backup']);
    first.finish();
    await turns();
    expect(got.attempts).toBe(2);
  });
});

describe('no company', () => {
  test('for an upstream that has begun to answer: it thinks', async () => {
    const { clock, go, asked, first } = three();
    const got = go();
    await clock.advance(7_000);
    first.start();
    await clock.advance(30_000);
    expect(asked()).toEqual(['anthropic']);
    first.finish();
    await turns();
    expect(isWhole(got, 'anthropic')).toBe(true);
  });

  test('for a request that is not streamed', async () => {
    const { clock, go, asked } = three();
    const got = go({ stream: false });
    await clock.advance(100_000);
    expect(asked()).toEqual(['anthropic']);
    got.leave();
    await turns();
  });

  test.each<[string, (stage: Stage) => void]>([
    ['is isolated', ({ bench }) => setAside(bench)],
    ['has no place for it', ({ bench }) => void bench.gates.enter(upstreamOf('backup', ONE), WISH)],
  ])('where the only other one %s', async (_, arrange) => {
    const first = slow('anthropic');
    const chain = [upstreamOf('anthropic'), upstreamOf('backup', ONE)];
    const stage = stageOf({ anthropic: first.voice, backup: well('backup') }, { ...HEDGED, chain });
    arrange(stage);
    const got = stage.go();
    await stage.clock.advance(30_000);
    expect(stage.asked()).toEqual(['anthropic']);
    first.finish();
    await turns();
    expect([isWhole(got, 'anthropic'), got.attempts]).toEqual([true, 1]);
    expect(stage.clock.waiting).toEqual([]);
  });

  test('of an upstream with an open breaker: that is asked when nothing else is left', async () => {
    const first = slow('anthropic');
    const stage = hedged({ backup: refusing(500), anthropic: first.voice });
    const chain = [...stage.bench.chain];
    for (let turn = 0; turn < 2; turn += 1) {
      const got = stage.go();
      await turns();
      first.finish();
      await turns();
      expect(got.done).toBe(true);
    }
    stage.bench.chain = chain.reverse();
    expect(standingOf(stage.bench, 'backup').name).toBe('open');
    stage.asked();
    const got = stage.go();
    await stage.clock.advance(8_000);
    expect(stage.asked()).toEqual(['anthropic']);
    first.finish();
    await turns();
    expect(got.upstream).toBe('anthropic');
  });

  test('where there is no other upstream', async () => {
    const only = slow('anthropic');
    const { clock, go, asked } = hedged({ anthropic: only.voice });
    const got = go();
    await clock.advance(44_000);
    only.finish();
    await turns();
    expect([asked(), isWhole(got, 'anthropic')]).toEqual([['anthropic'], true]);
  });
});

const ONE = { concurrency: 1 };
const WISH = { isSubstitute: false, hasOthers: true, waitMs: 0, client: new AbortController().signal };

function setAside(bench: Stage['bench']): void {
  holdOut(subjectIn(bench, 'backup'), bench.runtime);
}

describe('when one of the two fails', () => {
  test('before the other was asked, there is but one, and it has its own time', async () => {
    const second = slow('backup');
    const third = slow('third');
    const stage = hedged({ anthropic: refusing(500), backup: second.voice, third: third.voice });
    const got = await stage.done();
    expect(stage.asked()).toEqual(['anthropic', 'backup']);
    await stage.clock.advance(7_999);
    expect(stage.asked()).toEqual([]);
    await stage.clock.advance(1);
    expect(stage.asked()).toEqual(['third']);
    third.finish();
    await turns();
    expect([isWhole(got, 'third'), got.attempts]).toEqual([true, 3]);
  });

  test.each(['first', 'second'] as const)('the %s, the other is waited for', async (which) => {
    const stage = three();
    const other = which === 'first' ? 'second' : 'first';
    const got = stage.go();
    await stage.clock.advance(8_000);
    stage[which].bodies[0]?.end();
    await turns();
    expect([got.status, stage.asked()]).toEqual([0, ['anthropic', 'backup']]);
    stage[other].finish();
    await turns();
    expect([isWhole(got, other === 'first' ? 'anthropic' : 'backup'), got.attempts]).toEqual([true, 2]);
    expect(heldAgainst(stage.bench, which === 'first' ? 'anthropic' : 'backup')).not.toEqual([]);
  });

  test('and then the other, the chain goes on', async () => {
    const { clock, go, asked, bench, first, second, third } = three();
    const got = go();
    await clock.advance(8_000);
    second.bodies[0]?.end();
    await turns();
    first.bodies[0]?.end();
    await turns();
    expect(asked()).toEqual(['anthropic', 'backup', 'third']);
    third.finish();
    await turns();
    expect([isWhole(got, 'third'), got.attempts]).toEqual([true, 3]);
    expect(bench.events.requests[0]?.because).toMatch(/^backup: .*; anthropic: /);
  });

  test('one that had no place for company is asked when the first has failed', async () => {
    const first = slow('anthropic');
    const chain = [upstreamOf('anthropic'), upstreamOf('backup', ONE)];
    const stage = hedged({ anthropic: first.voice, backup: well('backup') }, { ...HEDGED, chain });
    const place = await stage.bench.gates.enter(upstreamOf('backup', ONE), WISH);
    const got = stage.go();
    await stage.clock.advance(10_000);
    place?.leave();
    first.bodies[0]?.end();
    await turns();
    expect([stage.asked(), isWhole(got, 'backup')]).toEqual([['anthropic', 'backup'], true]);
  });

  test('a refusal that the client is to see ends both', async () => {
    const second = slow('backup');
    const { promise, resolve } = Promise.withResolvers<Response>();
    const stage = hedged({
      anthropic: () => promise,
      backup: second.voice,
    });
    const got = stage.go();
    await stage.clock.advance(8_000);
    resolve(new Response('{"no":1}', { status: 400 }));
    await turns();
    expect([got.status, got.text, got.attempts]).toEqual([400, '{"no":1}', 2]);
    expect(second.bodies[0]?.isGone).toBe(true);
    expect(endings(stage.bench)).toEqual([
      ['anthropic', 'rejected'],
      ['backup', 'cancelled'],
    ]);
  });
});

test('a client that leaves frees both', async () => {
  const { clock, bench, go, first, second } = three();
  const got = go();
  await clock.advance(8_000);
  got.leave();
  await turns();
  expect([got.done, got.error, got.status]).toEqual([true, null, 0]);
  expect([first.bodies[0]?.isGone, second.bodies[0]?.isGone]).toEqual([true, true]);
  expect(endings(bench)).toEqual([
    ['anthropic', 'cancelled'],
    ['backup', 'cancelled'],
  ]);
  expect(bench.events.requests).toMatchObject([{ outcome: 'cancelled', attempts: 2 }]);
  for (const name of ['anthropic', 'backup']) expect(heldAgainst(bench, name)).toEqual([]);
});

describe('how often', () => {
  async function hedges(stage: ReturnType<typeof three>, requests: number): Promise<number> {
    const before = stage.second.bodies.length;
    for (let turn = 0; turn < requests; turn += 1) {
      stage.go();
      await stage.clock.advance(8_000);
      stage.first.finish();
      await turns();
    }
    return stage.second.bodies.length - before;
  }

  test('twice in a row, and one in twenty in the long run', async () => {
    const stage = three();
    expect(await hedges(stage, 10)).toBe(2);
    expect(await hedges(stage, 200)).toBe(10);
  });

  test('none is spent on requests that no other upstream could have taken', async () => {
    const stage = three();
    for (const name of ['backup', 'third']) holdOut(subjectIn(stage.bench, name), stage.bench.runtime);
    expect(await hedges(stage, 5)).toBe(0);
    for (const name of ['backup', 'third']) clear(subjectIn(stage.bench, name), stage.bench.runtime);
    expect(await hedges(stage, 2)).toBe(2);
  });
});
