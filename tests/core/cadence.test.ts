/** When an upstream is probed next. */
import { describe, expect, test } from 'bun:test';
import type { BreakerView } from '../../src/core/breaker-view.ts';
import { dueAt, type LastProbe, type Situation } from '../../src/core/cadence.ts';

const NOW = 1_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const CLOSED: BreakerView = { name: 'closed', since: 0 };
const good = (agoMs: number, shown: LastProbe['shown'] = 'connection'): LastProbe => ({
  endedAt: NOW - agoMs,
  shown,
  failures: 0,
});
const bad = (failures: number, agoMs = 0): LastProbe => ({ endedAt: NOW - agoMs, shown: null, failures });

/** From now; null for never. */
function dueIn(situation: Partial<Situation>): number | null {
  const at = dueAt({
    now: NOW,
    settings: { enabled: true, intervalMs: 30_000 },
    method: 'head',
    askedAt: NOW,
    activeAt: NOW,
    last: good(0),
    breaker: CLOSED,
    needs: null,
    isCutOff: false,
    random: 0.5,
    ...situation,
  });
  return at === null ? null : Math.round(at - NOW);
}

describe('while all is well', () => {
  test.each<[string, Partial<Situation>, number | null]>([
    ['never probed: at once', { last: null }, 0],
    ['somebody at work: the interval', {}, 30_000],
    ['counted from the end of the last', { last: good(10_000) }, 20_000],
    ['overdue', { last: good(40_000) }, -10_000],
    ['jitter, least', { random: 0 }, 24_000],
    ['jitter, most', { random: 1 }, 36_000],
    ['idle for just under 10 min: the interval', { activeAt: NOW - 10 * MINUTE }, 30_000],
    ['idle for longer: a minute', { activeAt: NOW - 11 * MINUTE }, MINUTE],
    ['idle for half an hour: still', { activeAt: NOW - 30 * MINUTE }, MINUTE],
    ['nobody there: 5 min', { activeAt: NOW - HOUR }, 5 * MINUTE],
    ['nobody there: jitter makes it no more than 5 min', { activeAt: NOW - HOUR, random: 1 }, 5 * MINUTE],
    ['nobody there: jitter makes it less', { activeAt: NOW - HOUR, random: 0 }, 4 * MINUTE],
    ['a request after a long time: the interval again', { activeAt: NOW, last: good(2 * MINUTE) }, -90_000],
    ['disabled: never', { settings: { enabled: false, intervalMs: 30_000 }, last: null }, null],
  ])('%s', (_, situation, expected) => {
    expect(dueIn(situation)).toBe(expected);
  });

  test.each([
    [MINUTE, 0, MINUTE],
    [10 * MINUTE, 0, 10 * MINUTE],
    [10 * MINUTE, HOUR, 10 * MINUTE],
    [2 * MINUTE, 20 * MINUTE, 2 * MINUTE],
    [2 * MINUTE, HOUR, 5 * MINUTE],
  ])("a user's interval of %i ms, idle for %i ms: %i ms", (intervalMs, idleMs, expected) => {
    expect(dueIn({ settings: { enabled: true, intervalMs }, activeAt: NOW - idleMs })).toBe(expected);
  });
});

describe('after failures', () => {
  test.each([
    [1, 250],
    [2, 500],
    [3, 1000],
    [4, 2000],
    [7, 16_000],
    [8, 30_000],
    [5000, 30_000],
  ])('%i in a row: again after %i ms', (failures, expected) => {
    expect(dueIn({ last: bad(failures) })).toBe(expected);
  });

  test('also while nobody is there: what has begun is found out', () => {
    expect(dueIn({ last: bad(1), activeAt: NOW - HOUR })).toBe(250);
  });
});

describe('by how the breaker stands', () => {
  const halfOpen: BreakerView = { name: 'half-open', since: NOW - 5000 };
  test.each<[string, Partial<Situation>, number | null]>([
    ['open: when its time is up', { breaker: { name: 'open', since: 0, until: NOW + 7000 } }, 7000],
    [
      'open: not before, though never probed',
      { breaker: { name: 'open', since: 0, until: NOW + 7000 }, last: null },
      7000,
    ],
    [
      'open: not before, though it just failed',
      { breaker: { name: 'open', since: 0, until: NOW + 7000 }, last: bad(1) },
      7000,
    ],
    [
      'open: not before, though we are offline',
      { breaker: { name: 'open', since: 0, until: NOW + 7000 }, isCutOff: true },
      7000,
    ],
    ['cooldown', { breaker: { name: 'cooldown', since: 0, until: NOW + HOUR } }, HOUR],
    ['blocked', { breaker: { name: 'blocked', since: 0, until: NOW + HOUR } }, HOUR],
    ['isolated: never', { breaker: { name: 'isolated', since: 0 }, last: null }, null],
    ['suspect: as ever', { breaker: { name: 'suspect', since: 0 } }, 30_000],
    [
      'half-open since the last probe: at once',
      { breaker: halfOpen, last: bad(2, 6000), needs: 'connection' },
      0,
    ],
    [
      'half-open, a good connection: a second one',
      { breaker: halfOpen, needs: 'connection', last: good(500) },
      1500,
    ],
    [
      'half-open, only a request can tell',
      { breaker: halfOpen, needs: 'inference', last: good(500) },
      29_500,
    ],
    [
      'half-open, only a request can tell: the credential is good',
      { breaker: halfOpen, needs: 'inference', last: good(500, 'credential') },
      29_500,
    ],
    [
      'half-open, the credential was not shown',
      { breaker: halfOpen, needs: 'credential', last: good(500) },
      29_500,
    ],
    [
      'half-open since a time that the clock was set back from',
      { breaker: { name: 'half-open', since: NOW + HOUR }, needs: 'inference' },
      30_000,
    ],
    ['half-open, an excused failure', { breaker: halfOpen, needs: 'connection', last: bad(1) }, 250],
  ])('%s', (_, situation, expected) => {
    expect(dueIn(situation)).toBe(expected);
  });
});

describe('a probe that costs', () => {
  const costly = { method: 'message' } as const;
  test.each<[string, Partial<Situation>, number | null]>([
    ['the interval, as ever', {}, 30_000],
    ['the first: at once', { last: null, askedAt: Number.NEGATIVE_INFINITY }, 0],
    ['a look that is wanted: ten seconds after the last began', { last: null, askedAt: NOW - 4_000 }, 6_000],
    ['a look that is wanted, later: at once', { last: null, askedAt: NOW - 11_000 }, 0],
    ['to confirm a failure', { last: bad(1), askedAt: NOW - 1_000 }, 9_000],
    ['while our own network is gone', { last: bad(1), isCutOff: true, askedAt: NOW - 1_000 }, 9_000],
    ['one that is open', { breaker: { name: 'open', since: 0, until: NOW + 1 }, askedAt: NOW }, 10_000],
    ['one that is held out: never', { breaker: { name: 'isolated', since: 0 } }, null],
  ])('%s', (_, situation, expected) => {
    expect(dueIn({ ...costly, ...situation })).toBe(expected);
  });
});

describe('while our own network is gone', () => {
  test.each<[string, Partial<Situation>, number]>([
    ['every 5 s', { last: bad(1) }, 5000],
    ['though nobody is there', { last: bad(90), activeAt: NOW - HOUR }, 5000],
    ['though the last was good', { last: good(0) }, 5000],
    ['half-open', { last: bad(1), breaker: { name: 'half-open', since: NOW } }, 5000],
  ])('%s', (_, situation, expected) => {
    expect(dueIn({ isCutOff: true, ...situation })).toBe(expected);
  });
});

test('a day without anybody, at the usual interval, costs some three hundred probes', () => {
  const day = (intervalMs: number) => {
    let count = 0;
    for (let at: number | null = 0; at !== null && at < 24 * HOUR; count += 1) {
      at = dueAt({
        now: at,
        settings: { enabled: true, intervalMs },
        method: 'message',
        askedAt: at,
        activeAt: 0,
        last: { endedAt: at, shown: 'connection', failures: 0 },
        breaker: CLOSED,
        needs: null,
        isCutOff: false,
        random: 0.5,
      });
    }
    return count;
  };
  expect([10_000, 30_000, 10 * MINUTE].map(day)).toEqual([363, 323, 144]);
});
