/** When the same upstream is asked once more: never before another could have answered. */
import { afterEach, describe, expect, test } from 'bun:test';
import { clear } from '../../src/proxy/interventions.ts';
import { turns } from '../support/manual-clock.ts';
import { heldAgainst, standingOf, subjectIn, type Voices } from '../support/relay.ts';
import {
  endings,
  expectQuiet,
  inTurn,
  isWhole,
  limited,
  refusing,
  type Stage,
  type StageOptions,
  slow,
  stageOf,
  upstreamOf,
  well,
} from '../support/stage.ts';

const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) expectQuiet(stage);
});

/** A chain of these; nothing of it may be left when the test is over. */
function stage(voices: Voices, options: StageOptions = {}): Stage {
  const one = stageOf(voices, options);
  stages.push(one);
  return one;
}

const BOTH = [true, false];

describe('a limit of a few seconds', () => {
  test.each(BOTH)('is not waited for while another upstream can answer (stream: %p)', async (stream) => {
    const { done, asked } = stage({ anthropic: limited(3_000), backup: well('backup') });
    const got = await done({ stream });
    expect([isWhole(got, 'backup'), got.attempts, asked()]).toEqual([true, 2, ['anthropic', 'backup']]);
  });

  test('nor while one with an open breaker may', async () => {
    const { bench, done, asked } = stage({
      anthropic: limited(3_000),
      backup: inTurn(refusing(500), refusing(500), well('backup')),
    });
    for (let turn = 0; turn < 2; turn += 1) {
      const got = await done();
      got.leave();
      await turns();
    }
    expect(standingOf(bench, 'backup').name).toBe('open');
    asked();
    const got = await done();
    expect([isWhole(got, 'backup'), asked()]).toEqual([true, ['backup']]);
  });

  test.each(BOTH)('is waited for, once, where nothing else answered (stream: %p)', async (stream) => {
    const { clock, done, asked } = stage({
      backup: inTurn(limited(3_000), well('backup')),
      third: refusing(500),
    });
    const got = await done({ stream });
    expect(asked()).toEqual(['backup', 'third']);
    await clock.advance(2_999);
    expect([asked(), got.status]).toEqual([[], 0]);
    await clock.advance(1);
    expect([asked(), isWhole(got, 'backup'), got.attempts]).toEqual([['backup'], true, 3]);
  });

  test.each([
    ['8 s are', 8_000, true],
    ['more than 8 s are not', 8_001, false],
    ['an hour is not', 3_600_000, false],
  ])('%s', async (_, waitMs, isWaited) => {
    const { clock, done, asked } = stage({ backup: inTurn(limited(waitMs), well('backup')) });
    const got = await done();
    expect(got.done).toBe(!isWaited);
    await clock.advance(8_001);
    expect([asked().length, isWhole(got, 'backup')]).toEqual(isWaited ? [2, true] : [1, false]);
  });

  test('is counted from the answer that named it', async () => {
    const third = slow('third');
    const { clock, done, asked } = stage({
      backup: inTurn(limited(10_000), well('backup')),
      third: third.voice,
    });
    const got = await done();
    await clock.advance(7_000);
    third.bodies[0]?.end();
    await clock.advance(2_999);
    expect(asked()).toEqual(['backup', 'third']);
    await clock.advance(1);
    expect([asked(), isWhole(got, 'backup')]).toEqual([['backup'], true]);
  });

  test('that is over by then is not waited for', async () => {
    const third = slow('third');
    const { clock, done, asked } = stage({
      backup: inTurn(limited(3_000), well('backup')),
      third: third.voice,
    });
    const got = await done();
    await clock.advance(30_000);
    third.bodies[0]?.end();
    await turns();
    expect([asked(), isWhole(got, 'backup')]).toEqual([['backup', 'third', 'backup'], true]);
  });

  test('of the first to be back is the one', async () => {
    const { clock, done, asked } = stage({
      one: limited(7_000),
      two: inTurn(limited(4_000), well('two')),
      three: limited(20_000),
    });
    const got = await done();
    await clock.advance(4_000);
    expect([asked(), isWhole(got, 'two'), got.attempts]).toEqual([['one', 'two', 'three', 'two'], true, 4]);
  });

  test('that ends after the time for a first content is not waited for', async () => {
    const { clock, done } = stage(
      { backup: inTurn(limited(5_000), well('backup')) },
      { failover: { budgetMs: 5_000 } },
    );
    const got = await done();
    expect([got.done, got.status, got.headers.get('retry-after')]).toEqual([true, 503, '5']);
    const whole = await done({ stream: false });
    expect(whole.status).toBe(503);
    await clock.advance(5_000);
    expect(isWhole(await done({ stream: false }), 'backup')).toBe(true);
  });

  test("of Anthropic alone is the client's to wait for", async () => {
    const { done, asked, bench } = stage({ anthropic: limited(3_000) });
    const got = await done();
    expect([got.status, got.text, got.attempts]).toEqual([429, '{"refused":429}', 1]);
    expect([asked(), endings(bench)]).toEqual([['anthropic'], [['anthropic', 'rate_limited']]]);
  });

  test('of Anthropic with others that are down is waited for', async () => {
    const { clock, done } = stage({
      anthropic: inTurn(limited(3_000), well('anthropic')),
      backup: refusing(500),
    });
    const got = await done();
    await clock.advance(3_000);
    expect([isWhole(got, 'anthropic'), got.attempts]).toEqual([true, 3]);
  });
});

describe('after the wait', () => {
  test('a second limit is 503 with the wait that is left', async () => {
    const { clock, done, asked } = stage({ backup: inTurn(limited(3_000), limited(5_000)) });
    const got = await done();
    await clock.advance(3_000);
    expect([got.done, got.status, got.headers.get('retry-after')]).toEqual([true, 503, '5']);
    expect([asked(), got.attempts]).toEqual([['backup', 'backup'], 2]);
    expect(got.text).toContain('again in 5 s');
  });

  test("Anthropic's second word is the one that is returned", async () => {
    const second: Voices[string] = () =>
      new Response('{"second":1}', {
        status: 429,
        headers: { 'retry-after': '50', 'x-failure': '{"kind":"rate_limited","waitMs":50000}' },
      });
    const { clock, done } = stage({ anthropic: inTurn(limited(3_000), second), backup: refusing(500) });
    const got = await done();
    await clock.advance(3_000);
    expect([got.status, got.text, got.headers.get('retry-after')]).toEqual([429, '{"second":1}', '50']);
  });

  test("what is Anthropic's to say to the client is said", async () => {
    const { clock, done } = stage({
      anthropic: inTurn(limited(3_000), refusing(400)),
      backup: refusing(500),
    });
    const got = await done();
    await clock.advance(3_000);
    expect([got.status, got.text, got.attempts]).toEqual([400, '{"refused":400}', 3]);
  });

  test('one of those who waited tries it, and the others ask all the same: there is nobody else', async () => {
    const backup = slow('backup');
    const { clock, go, asked, bench } = stage({
      backup: inTurn(limited(3_000), limited(3_000), backup.voice),
    });
    const both = [go(), go()];
    await turns();
    await clock.advance(3_000);
    expect(asked()).toEqual(['backup', 'backup', 'backup', 'backup']);
    expect(standingOf(bench, 'backup').name).toBe('half-open');
    backup.begin(0);
    await turns();
    // The limit has ended with the first content, whenever the rest comes.
    expect(standingOf(bench, 'backup').name).toBe('closed');
    backup.finish(0);
    backup.finish(1);
    await turns();
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
  });
});

test.each([
  ['while it waits', 1_000],
  ['in the moment in which the wait ends', 3_000],
])('a client that leaves %s holds nothing', async (_, afterMs) => {
  const { clock, bench, done, asked } = stage({ backup: inTurn(limited(3_000), slow('backup').voice) });
  const got = await done();
  if (afterMs === 3_000) clock.after(3_000, got.leave);
  await clock.advance(afterMs);
  got.leave();
  await turns();
  expect([got.done, got.error, got.status]).toEqual([true, null, 0]);
  expect(bench.events.requests).toMatchObject([{ outcome: 'cancelled' }]);
  expect(asked().length).toBe(bench.events.attempts.length);
  await clock.advance(60_000);
  expect(standingOf(bench, 'backup').name).toBe('half-open');
  expectQuiet({ clock, bench });
});

describe('a refusal that may pass a moment later', () => {
  const transient = (status: number) => refusing(status, { kind: 'transient' });
  const all = { failover: { triggers: () => true } };

  test.each([408, 409, 425])('%p: the same upstream is asked once more, at once', async (status) => {
    const { done, asked, bench } = stage(
      { anthropic: inTurn(transient(status), well('anthropic')), backup: well('backup') },
      all,
    );
    const got = await done();
    expect([isWhole(got, 'anthropic'), got.attempts]).toEqual([true, 2]);
    expect([asked(), heldAgainst(bench, 'anthropic')]).toEqual([['anthropic', 'anthropic'], []]);
  });

  test.each([408, 409, 425])('%p: then the next one', async (status) => {
    const { done, asked } = stage({ anthropic: transient(status), backup: well('backup') }, all);
    const got = await done();
    expect([isWhole(got, 'backup'), got.attempts]).toEqual([true, 3]);
    expect(asked()).toEqual(['anthropic', 'anthropic', 'backup']);
  });

  test.each([
    [425, {}],
    [408, { failover: { triggers: (status: number) => status === 500 } }],
    [409, { failover: { enabled: false } }],
  ])("%p that is no trigger is the client's, unchanged and unrepeated", async (status, options) => {
    const { done, asked, bench } = stage({ anthropic: transient(status), backup: well('backup') }, options);
    const got = await done();
    expect([got.status, got.text, got.attempts]).toEqual([status, `{"refused":${status}}`, 1]);
    expect([asked(), heldAgainst(bench, 'anthropic')]).toEqual([['anthropic'], []]);
  });

  test("a backup's is always repeated", async () => {
    const { done, asked } = stage({ backup: inTurn(transient(425), well('backup')), third: well('third') });
    expect(isWhole(await done(), 'backup')).toBe(true);
    expect(asked()).toEqual(['backup', 'backup']);
  });

  test('at most one request in five is repeated in the long run, ten at once', async () => {
    const { bench, done, asked } = stage({ backup: transient(408), third: well('third') }, all);
    const requests = 400;
    for (let turn = 0; turn < requests; turn += 1) {
      expect((await done()).upstream).toBe('third');
      clear(subjectIn(bench, 'backup'), bench.runtime);
    }
    const repeated = asked().filter((name) => name === 'backup').length - requests;
    expect(repeated).toBeWithin(10 + requests / 5 - 1, 10 + requests / 5 + 1);
  });

  test('is not repeated where a place would have to be waited for and another could answer', async () => {
    const chain = [upstreamOf('one', { concurrency: 1 }), upstreamOf('two')];
    const first = slow('one');
    const { promise, resolve } = Promise.withResolvers<Response>();
    const stageOfTwo = stage({ one: inTurn(() => promise, first.voice), two: well('two') }, { chain });
    const got = stageOfTwo.go();
    await turns();
    const waiting = stageOfTwo.go();
    await turns();
    expect(stageOfTwo.bench.gates.waiting).toBe(1);
    resolve(new Response('{}', { status: 408, headers: { 'x-failure': '{"kind":"transient"}' } }));
    await turns();
    expect([isWhole(got, 'two'), got.attempts]).toEqual([true, 2]);
    first.finish();
    await turns();
    expect(isWhole(waiting, 'one')).toBe(true);
  });

  test('whose repetition waits for a place is given up when its company wins', async () => {
    const chain = [upstreamOf('one', { concurrency: 1 }), upstreamOf('two')];
    const [first, second] = [slow('one'), slow('two')];
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { clock, go, asked, bench } = stage(
      { one: inTurn(() => promise, first.voice), two: second.voice },
      { chain, failover: { hedgeMs: 8_000 } },
    );
    const got = go();
    await clock.advance(8_000);
    const waiting = go({ stream: false });
    await turns();
    resolve(new Response('{}', { status: 408, headers: { 'x-failure': '{"kind":"transient"}' } }));
    await turns();
    expect([asked(), bench.gates.waiting]).toEqual([['one', 'two', 'one'], 1]);
    second.finish();
    await turns();
    expect([isWhole(got, 'two'), got.attempts, bench.gates.waiting]).toEqual([true, 2, 0]);
    waiting.leave();
    await turns();
    expect(first.bodies[0]?.isGone).toBe(true);
  });
});
