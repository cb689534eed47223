/** Whatever comes, begins, is refused, leaves, gives up or times out in whatever order: the gate keeps its promises. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createGates, type Place } from '../../src/proxy/gate.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';

const SECOND = 1000;
const NAMES = ['one', 'two'];
/** `concurrency` where there is none. */
const NO_LIMIT = Number.POSITIVE_INFINITY;

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('come' as const),
      name: fc.constantFrom(...NAMES),
      /** So many at once, all alike. */
      count: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 1, max: 3 }) },
        fc.integer({ min: 1, max: 40 }),
      ),
      most: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(NO_LIMIT)),
      isSubstitute: fc.boolean(),
      waitMs: fc.constantFrom(-1, 0, 1, SECOND, 5 * SECOND, 100 * SECOND),
    }),
  },
  ...(['begun', 'refused', 'leave', 'leave'] as const).map((call) => ({
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('call' as const), call: fc.constant(call), which: fc.nat() }),
  })),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, SECOND - 1, SECOND, 5 * SECOND, 30 * SECOND, 60 * SECOND),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Guest {
  name: string;
  isSubstitute: boolean;
  until: number;
  client: AbortController;
  stand: 'waits' | 'in' | 'left' | 'away';
  place: Place | null;
  hasBegun: boolean;
}

/** What the gate of one upstream may let in, kept as simply as possible. */
interface Model {
  most: number;
  allowed: number;
  lastAt: number;
}

/** The gates, everyone who ever came, and what is expected of both. */
function story() {
  const clock: ManualClock = manualClock();
  const gates = createGates(clock);
  const guests: Guest[] = [];
  const models = new Map<string, Model>(
    NAMES.map((name) => [name, { most: NO_LIMIT, allowed: 4, lastAt: 0 }]),
  );
  const modelOf = (name: string) => models.get(name) as Model;
  const those = (name: string, stand: Guest['stand']) =>
    guests.filter((guest) => guest.name === name && guest.stand === stand);
  const awaited = (name: string) =>
    those(name, 'in').filter((guest) => guest.isSubstitute && !guest.hasBegun).length;
  const isFull = (name: string) => those(name, 'in').length >= modelOf(name).most;
  const isRampFull = (name: string) => modelOf(name).allowed < 64 && awaited(name) >= modelOf(name).allowed;

  function come({ name, most, isSubstitute, waitMs }: Extract<Step, { do: 'come' }>): void {
    const model = modelOf(name);
    model.most = most;
    const now = clock.now();
    if (isSubstitute) {
      if (now - model.lastAt >= 60 * SECOND) model.allowed = 4;
      model.lastAt = now;
    }
    const client = new AbortController();
    const guest: Guest = {
      name,
      isSubstitute,
      until: now + waitMs,
      client,
      stand: 'waits',
      place: null,
      hasBegun: false,
    };
    const concurrency = most === NO_LIMIT ? {} : { concurrency: most };
    const answer = gates.enter(
      { name, ...concurrency },
      { isSubstitute, hasOthers: true, waitMs, client: client.signal },
    );
    const hear = (place: Place | null) => {
      guest.place = place;
      guest.stand = place === null ? 'away' : 'in';
    };
    if (answer instanceof Promise) void answer.then(hear);
    else hear(answer);
    guests.push(guest);
  }

  function call(guest: Guest, method: 'begun' | 'refused' | 'leave'): void {
    const model = modelOf(guest.name);
    const counts = guest.isSubstitute && guest.stand === 'in';
    if (method === 'begun' && counts && !guest.hasBegun) model.allowed = Math.min(64, model.allowed + 1);
    if (method === 'refused' && counts) model.allowed = Math.max(1, Math.floor(model.allowed / 2));
    if (method === 'begun') guest.hasBegun = true;
    if (method === 'leave') guest.stand = 'left';
    guest.place?.[method]();
  }

  /** One step, and everything that has to hold after it. */
  async function take(step: Step): Promise<void> {
    const before = new Map(guests.map((guest) => [guest, guest.stand]));
    // Calls come also from those who have left: they must not matter.
    const callers = guests.filter(({ place }) => place !== null);
    if (step.do === 'call' && callers.length > 0)
      call(callers[step.which % callers.length] as Guest, step.call);
    if (step.do === 'abort' && guests.length > 0) guests[step.which % guests.length]?.client.abort();
    if (step.do === 'wait') await clock.advance(step.ms);
    if (step.do === 'come') come(step);
    await settled();
    for (const name of NAMES) check(name, before, step);
    expect(gates.waiting).toBe(guests.filter(({ stand }) => stand === 'waits').length);
    expect(clock.waiting.length).toBe(gates.waiting);
  }

  function check(name: string, before: ReadonlyMap<Guest, Guest['stand']>, step: Step): void {
    const waiting = those(name, 'waits');
    const inside = those(name, 'in');
    const fresh = inside.filter((guest) => before.get(guest) !== 'in');
    const away = those(name, 'away').filter((guest) => before.get(guest) !== 'away');
    expect(gates.held(name)).toBe(inside.length);
    // Nobody is let in beyond a limit; one that was lowered sends nobody away.
    if (fresh.length > 0) expect(inside.length).toBeLessThanOrEqual(modelOf(name).most);
    if (fresh.some(({ isSubstitute }) => isSubstitute) && modelOf(name).allowed < 64)
      expect(awaited(name)).toBeLessThanOrEqual(modelOf(name).allowed);
    // Nobody waits where there is room, or past the time, or for a client that is gone.
    expect(waiting.length).toBeLessThanOrEqual(32);
    for (const guest of waiting) {
      expect(isFull(name) || (guest.isSubstitute && isRampFull(name))).toBe(true);
      expect(guest.until).toBeGreaterThan(clock.now());
      expect(guest.client.signal.aborted).toBe(false);
    }
    // Nobody gets in past one who is alike and came before.
    for (const guest of fresh) {
      const alike = waiting.filter(({ isSubstitute }) => isSubstitute === guest.isSubstitute);
      expect(alike.every((other) => guests.indexOf(other) > guests.indexOf(guest))).toBe(true);
    }
    // Nobody is sent away without a reason.
    for (const guest of away) {
      if (before.has(guest)) expect(guest.client.signal.aborted || guest.until <= clock.now()).toBe(true);
      else {
        expect(isFull(name) || (guest.isSubstitute && isRampFull(name))).toBe(true);
        expect(waiting.length === 32 || (step.do === 'come' && step.waitMs <= 0)).toBe(true);
      }
    }
  }

  /** All leave, those too who get in by that, and time passes: nothing may be left. */
  async function end(): Promise<void> {
    for (let some = guests.find(isIn); some !== undefined; some = guests.find(isIn)) {
      call(some, 'leave');
      await settled();
    }
    expect(guests.filter(({ stand }) => stand === 'waits')).toEqual([]);
    expect([...NAMES.map(gates.held), gates.waiting, ...clock.waiting]).toEqual([0, 0, 0]);
  }

  return { take, end, guests };
}

const isIn = ({ stand }: Guest) => stand === 'in';

/** Lets those hear who have been promised a place. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
}

test('limits hold, queues are fair and short, everyone is told in time, and no place is lost', async () => {
  const seen = { in: 0, waited: 0, away: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
      const { take, end, guests } = story();
      for (const one of steps) {
        const count = one.do === 'come' ? one.count : 1;
        for (let at = 0; at < count; at += 1) {
          await take(one);
          const last = guests.at(-1);
          if (one.do === 'come' && last !== undefined && last.stand !== 'left')
            seen[last.stand === 'waits' ? 'waited' : last.stand] += 1;
        }
      }
      await end();
    }),
    { numRuns: 150 },
  );
  // A test in which nobody waits would show nothing.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
}, 60_000);
