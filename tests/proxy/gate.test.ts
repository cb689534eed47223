/** Nobody has more requests at once than it stands, nobody waits for ever, and no place is lost. */
import { describe, expect, test } from 'bun:test';

import { createGates, type Gates, type Place } from '../../src/proxy/gate.ts';
import { type ManualClock, manualClock, turns } from '../support/manual-clock.ts';

const SECOND = 1000;
const QUEUE = 32;

interface Options {
  name?: string;
  /** The upstream's `concurrency`; absent: none. */
  most?: number;
  isSubstitute?: boolean;
  waitMs?: number;
  client?: AbortSignal;
}

/** One who asked for a place, and what came of it. */
interface Guest {
  place: Place | null | 'waits';
  /** Whether it was told at once. */
  atOnce: boolean;
}

function bench() {
  const clock = manualClock();
  const gates = createGates(clock);
  return { clock, gates, come: (options: Options = {}) => come(gates, options) };
}

function come(gates: Gates, options: Options): Guest {
  const { name = 'one', most, isSubstitute = false, waitMs = 5 * SECOND } = options;
  const { client = new AbortController().signal } = options;
  const answer = gates.enter(
    { name, ...(most === undefined ? {} : { concurrency: most }) },
    { isSubstitute, hasOthers: true, waitMs, client },
  );
  if (!(answer instanceof Promise)) return { place: answer, atOnce: true };
  const guest: Guest = { place: 'waits', atOnce: false };
  void answer.then((place) => {
    guest.place = place;
  });
  return guest;
}

const many = (count: number, make: () => Guest) => Array.from({ length: count }, make);
const isIn = ({ place }: Guest) => place !== null && place !== 'waits';
const placeOf = ({ place }: Guest): Place => {
  if (place === null || place === 'waits') throw new Error('it has no place');
  return place;
};
/** How all stand: in, `waits` or null. */
const standOf = (guests: readonly Guest[]) =>
  guests.map((guest) => (isIn(guest) ? 'in' : (guest.place as 'waits' | null)));

function expectEmpty(gates: Gates, clock: ManualClock): void {
  expect([gates.held('one'), gates.held('two'), gates.waiting, clock.waiting]).toEqual([0, 0, 0, []]);
}

describe('without a limit', () => {
  test('there is room at once for any number, and no timer is set', () => {
    const { gates, clock, come } = bench();
    const guests = many(400, () => come());
    expect(guests.every((guest) => guest.atOnce && isIn(guest))).toBe(true);
    expect([gates.held('one'), gates.waiting, clock.waiting]).toEqual([400, 0, []]);
    for (const guest of guests) placeOf(guest).leave();
    expectEmpty(gates, clock);
  });

  test('an upstream that nobody asked for holds nobody', () => {
    expect(bench().gates.held('never')).toBe(0);
  });
});

describe('a concurrency', () => {
  test('is for the whole life of a request', async () => {
    const { come, gates } = bench();
    const guests = many(3, () => come({ most: 2 }));
    expect(standOf(guests)).toEqual(['in', 'in', 'waits']);
    placeOf(guests[0] as Guest).begun();
    placeOf(guests[0] as Guest).refused();
    await turns();
    expect(standOf(guests)).toEqual(['in', 'in', 'waits']);
    placeOf(guests[1] as Guest).leave();
    await turns();
    expect([standOf(guests), gates.held('one')]).toEqual([['in', 'in', 'in'], 2]);
  });

  test('lets those in first who came first, and nobody past them', async () => {
    const { come } = bench();
    const first = come({ most: 1 });
    const others = many(3, () => come({ most: 1 }));
    placeOf(first).leave();
    const late = come({ most: 1 });
    await turns();
    expect(standOf([...others, late])).toEqual(['in', 'waits', 'waits', 'waits']);
  });

  test('is for substitutes and others alike', async () => {
    const { come } = bench();
    const first = come({ most: 1 });
    const guests = [come({ most: 1, isSubstitute: true }), come({ most: 1 })];
    placeOf(first).leave();
    await turns();
    expect(standOf(guests)).toEqual(['in', 'waits']);
  });

  test('of one upstream is not that of another', () => {
    const { come, gates } = bench();
    expect(standOf([come({ most: 1 }), come({ most: 1, name: 'two' })])).toEqual(['in', 'in']);
    expect([gates.held('one'), gates.held('two')]).toEqual([1, 1]);
  });

  test('that is raised counts for those who wait, and they come first', async () => {
    const { come } = bench();
    const guests = many(5, () => come({ most: 1 }));
    const late = come({ most: 3 });
    await turns();
    expect(standOf([...guests, late])).toEqual(['in', 'in', 'in', 'waits', 'waits', 'waits']);
  });

  test('that is gone lets all in', async () => {
    const { come } = bench();
    const guests = [...many(5, () => come({ most: 1 })), come()];
    await turns();
    expect(standOf(guests)).toEqual(guests.map(() => 'in'));
  });

  test('that is lowered sends nobody away, and lets nobody in before there is room', async () => {
    const { come, gates } = bench();
    const guests = [...many(4, () => come()), come({ most: 2 })];
    for (const guest of guests.slice(0, 2)) placeOf(guest).leave();
    await turns();
    expect([gates.held('one'), standOf(guests.slice(4))]).toEqual([2, ['waits']]);
    placeOf(guests[2] as Guest).leave();
    await turns();
    expect(standOf(guests.slice(4))).toEqual(['in']);
  });

  test('is not exceeded by a place that is left twice', async () => {
    const { come, gates } = bench();
    const [first, ...others] = many(3, () => come({ most: 1 }));
    placeOf(first as Guest).leave();
    placeOf(first as Guest).leave();
    await turns();
    expect([gates.held('one'), standOf(others)]).toEqual([1, ['in', 'waits']]);
  });
});

describe('the ramp', () => {
  const substitute = { isSubstitute: true };

  test('lets four of thirty in, and two more for each first content', async () => {
    const { come, gates } = bench();
    const guests = many(30, () => come(substitute));
    const inside = () => guests.filter(isIn);
    const seen = [inside().length];
    const begun = new Set<Guest>();
    while (inside().length < guests.length) {
      for (const guest of inside().filter((each) => !begun.has(each))) {
        begun.add(guest);
        placeOf(guest).begun();
      }
      await turns();
      seen.push(inside().length);
    }
    // 4 wait for their first content, then 8, then 16: those before them stay as open streams.
    expect(seen).toEqual([4, 12, 28, 30]);
    expect(gates.held('one')).toBe(30);
  });

  test('is no limit any more after sixty first contents', () => {
    const { come } = bench();
    for (let count = 0; count < 60; count += 1) placeOf(come(substitute)).begun();
    const guests = many(400, () => come(substitute));
    expect(guests.every(isIn)).toBe(true);
  });

  test('does not count open streams', () => {
    const { come, gates } = bench();
    for (let count = 0; count < 50; count += 1) placeOf(come(substitute)).begun();
    expect(gates.held('one')).toBe(50);
    expect(isIn(come(substitute))).toBe(true);
  });

  test('counts a first content once', () => {
    const { come } = bench();
    const first = placeOf(come(substitute));
    for (let count = 0; count < 10; count += 1) first.begun();
    expect(standOf(many(6, () => come(substitute)))).toEqual(['in', 'in', 'in', 'in', 'in', 'waits']);
  });

  test('counts nothing of a place that was left', async () => {
    const { come } = bench();
    const first = placeOf(come(substitute));
    first.leave();
    first.begun();
    first.refused();
    expect(standOf(many(5, () => come(substitute)))).toEqual(['in', 'in', 'in', 'in', 'waits']);
  });

  test('has room for the next when one leaves without content', async () => {
    const { come } = bench();
    const guests = many(5, () => come(substitute));
    placeOf(guests[2] as Guest).leave();
    await turns();
    expect(isIn(guests[4] as Guest)).toBe(true);
  });

  test('is halved by a refusal, down to one', async () => {
    const { come } = bench();
    const guests = many(4, () => come(substitute)).map(placeOf);
    const next = many(3, () => come(substitute));
    guests[0]?.refused();
    guests[0]?.leave();
    guests[1]?.leave();
    await turns();
    expect(standOf(next)).toEqual(['waits', 'waits', 'waits']);
    for (let count = 0; count < 5; count += 1) guests[2]?.refused();
    guests[2]?.leave();
    guests[3]?.leave();
    await turns();
    expect(standOf(next)).toEqual(['in', 'waits', 'waits']);
  });

  test('is not for those who are no substitutes: they are neither held back, nor counted, nor heard', async () => {
    const { come } = bench();
    placeOf(come(substitute)).leave();
    const usual = many(20, () => come());
    for (const guest of usual) {
      placeOf(guest).begun();
      placeOf(guest).refused();
    }
    const guests = many(5, () => come(substitute));
    expect(standOf(guests)).toEqual(['in', 'in', 'in', 'in', 'waits']);
    expect(isIn(come())).toBe(true);
    for (const guest of usual) placeOf(guest).leave();
    await turns();
    expect(isIn(guests[4] as Guest)).toBe(false);
  });

  test('holds up nobody who waits behind a substitute for another reason', async () => {
    const { come } = bench();
    const guests = many(4, () => come({ most: 4, isSubstitute: true }));
    const [held, usual] = [come({ most: 4, isSubstitute: true }), come({ most: 4 })];
    placeOf(guests[0] as Guest).begun();
    placeOf(guests[0] as Guest).refused();
    placeOf(guests[0] as Guest).leave();
    await turns();
    expect(standOf([held, usual])).toEqual(['waits', 'in']);
  });

  test('is not kept up by those who are no substitutes', async () => {
    const { come, clock } = bench();
    for (let count = 0; count < 20; count += 1) placeOf(come(substitute)).begun();
    for (let count = 0; count < 6; count += 1) {
      await clock.advance(10 * SECOND);
      come();
    }
    expect(standOf(many(5, () => come(substitute)))).toEqual(['in', 'in', 'in', 'in', 'waits']);
  });

  test('starts anew after 60 s without a substitute', async () => {
    const { come, clock } = bench();
    const first = placeOf(come(substitute));
    for (let count = 0; count < 20; count += 1) placeOf(come(substitute)).begun();
    first.leave();
    await clock.advance(59 * SECOND);
    expect(many(10, () => come(substitute)).map(isIn)).toEqual(new Array(10).fill(true));
    await clock.advance(60 * SECOND);
    expect(isIn(come(substitute))).toBe(false);
  });

  test('that starts anew lets those in first who waited before', async () => {
    const { come, clock } = bench();
    const first = placeOf(come(substitute));
    first.refused();
    first.refused();
    const waiting = come({ ...substitute, waitMs: 300 * SECOND });
    await clock.advance(60 * SECOND);
    expect(isIn(waiting)).toBe(false);
    const late = many(3, () => come(substitute));
    await turns();
    expect(standOf([waiting, ...late])).toEqual(['in', 'in', 'in', 'waits']);
  });
});

describe('whoever waits', () => {
  test.each([
    [1, 1, null],
    [5 * SECOND, 5 * SECOND, null],
    [5 * SECOND, 5 * SECOND - 1, 'waits'],
  ] as const)('at most %i ms: after %i ms', async (waitMs, later, expected) => {
    const { come, clock, gates } = bench();
    const first = come({ most: 1 });
    const guest = come({ most: 1, waitMs });
    await clock.advance(later);
    expect([guest.place, gates.waiting]).toEqual([expected, expected === null ? 0 : 1]);
    placeOf(first).leave();
    await turns();
    if (expected === 'waits') placeOf(guest).leave();
    expectEmpty(gates, clock);
  });

  test.each([0, -1])('for %i ms does not wait', (waitMs) => {
    const { come, clock } = bench();
    come({ most: 1 });
    expect(come({ most: 1, waitMs })).toEqual({ place: null, atOnce: true });
    expect(clock.waiting).toEqual([]);
  });

  test('is let in without a wait when there is room', () => {
    expect(isIn(bench().come({ most: 1, waitMs: 0 }))).toBe(true);
  });

  test('is one of 32 at most', async () => {
    const { come, gates } = bench();
    const first = come({ most: 1 });
    const guests = many(QUEUE, () => come({ most: 1 }));
    expect(gates.waiting).toBe(QUEUE);
    expect(come({ most: 1 })).toEqual({ place: null, atOnce: true });
    expect(come({ most: 1, isSubstitute: true })).toEqual({ place: null, atOnce: true });
    come({ most: 1, name: 'two' });
    expect(come({ most: 1, name: 'two' }).place).toBe('waits');
    placeOf(first).leave();
    await turns();
    expect(isIn(guests[0] as Guest)).toBe(true);
    expect(come({ most: 1 }).place).toBe('waits');
  });

  test('is gone when its client is, and those behind it are not', async () => {
    const { come, clock, gates } = bench();
    const control = new AbortController();
    const first = come({ most: 1 });
    const guests = [come({ most: 1 }), come({ most: 1, client: control.signal }), come({ most: 1 })];
    control.abort();
    expect(gates.waiting).toBe(2);
    await turns();
    expect(standOf(guests)).toEqual(['waits', null, 'waits']);
    for (const each of [first, guests[0], guests[2]]) {
      placeOf(each as Guest).leave();
      await turns();
    }
    expectEmpty(gates, clock);
  });

  test('without a client does not wait', () => {
    const { come, clock } = bench();
    come({ most: 1 });
    expect(come({ most: 1, client: AbortSignal.abort() })).toEqual({ place: null, atOnce: true });
    expect(clock.waiting).toEqual([]);
  });

  test.each(['let in', 'out of time'])('no longer listens to its client once it is %s', async (end) => {
    const { come, clock } = bench();
    const control = new AbortController();
    const listening = new Set<unknown>();
    const { signal } = control;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listening.add(args[1]);
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listening.delete(args[1]);
      remove(...args);
    };
    const first = come({ most: 1 });
    const guest = come({ most: 1, client: signal });
    expect(listening.size).toBe(1);
    if (end === 'let in') placeOf(first).leave();
    else await clock.advance(5 * SECOND);
    await turns();
    expect([listening.size, clock.waiting]).toEqual([0, []]);
    control.abort();
    expect(isIn(guest)).toBe(end === 'let in');
  });

  test('and is let in while its client goes keeps the place, and nobody else loses theirs', async () => {
    const { come, gates } = bench();
    const control = new AbortController();
    const first = come({ most: 1 });
    control.signal.addEventListener('abort', () => placeOf(first).leave());
    const guest = come({ most: 1, client: control.signal });
    const behind = come({ most: 1 });
    control.abort();
    await turns();
    expect([isIn(guest), behind.place, gates.held('one'), gates.waiting]).toEqual([true, 'waits', 1, 1]);
  });
});
