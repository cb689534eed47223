/** What holds of a breaker whatever happens, also when the clock is set back. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  admit,
  type BreakerSettings,
  type BreakerState,
  forgive,
  hasten,
  initial,
  isolate,
  lastResort,
  type Permit,
  reset,
  suspect,
  trip,
} from '../../src/core/breaker.ts';
import type { BreakerView } from '../../src/core/breaker-view.ts';
import type { Failure, Ms, Outcome } from '../../src/core/failure.ts';
import { type Proof, VERDICTS } from '../../src/core/verdict.ts';
import { DAY, down, failed, gone, HOUR, KINDS, lost, MINUTE, OK, SECOND, Story } from './breaker-story.ts';

const kind = fc.constantFrom(...KINDS);
const failure: fc.Arbitrary<Outcome> = fc
  .record({
    kind,
    waitMs: fc.oneof(
      fc.integer({ min: -MINUTE, max: 10 * MINUTE }),
      fc.integer({ min: 0, max: 40 * DAY }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, undefined),
    ),
  })
  .map(({ kind, waitMs }) => failed(kind, waitMs === undefined ? {} : { waitMs }));
const outcome = fc.oneof(
  { weight: 2, arbitrary: fc.constant(OK) },
  { weight: 2, arbitrary: fc.constantFrom(down, lost) },
  { weight: 3, arbitrary: failure },
);
const times = (longest: Ms) =>
  fc
    .tuple(fc.integer({ min: 1, max: MINUTE }), fc.integer({ min: 0, max: longest }))
    .map(([openMs, more]) => ({ openMs, openMaxMs: openMs + more }));
const settings: fc.Arbitrary<BreakerSettings> = fc
  .record({
    failures: fc.integer({ min: 1, max: 5 }),
    windowMs: fc.integer({ min: 1, max: 5 * MINUTE }),
    ratio: fc.double({ min: 0.01, max: 1, noNaN: true }),
    minSamples: fc.integer({ min: 1, max: 20 }),
    times: times(10 * MINUTE),
    connection: times(MINUTE),
    prober: fc.constantFrom<(Proof | null)[]>(null, 'connection', 'credential', 'inference'),
  })
  .map(({ times, ...others }) => ({ ...others, ...times }));
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const EVENTS = {
  ask: fc.record({ asker: fc.constantFrom('request' as const, 'probe' as const) }),
  settle: fc.record({
    which: fc.nat(9),
    outcome,
    shown: fc.constantFrom<Proof[]>('connection', 'credential'),
  }),
  wait: fc.oneof(fc.nat(3 * SECOND), fc.nat(30 * SECOND), fc.nat(10 * MINUTE), fc.nat(40 * DAY)),
  'set back': fc.oneof(fc.nat(3 * SECOND), fc.nat(90 * SECOND), fc.nat(40 * DAY)),
  sleep: fc.constant(null),
  'last resort': fc.constant(null),
  trip: fc.constant(null),
  by: fc.constantFrom('suspect', 'forgive', 'hasten', 'isolate', 'reset'),
};
type Happens = {
  [Name in keyof typeof EVENTS]: {
    do: Name;
    with: (typeof EVENTS)[Name] extends fc.Arbitrary<infer With> ? With : never;
  };
};
type Event = Happens[keyof Happens];

const weights: Record<Event['do'], number> = {
  ask: 10,
  settle: 10,
  wait: 3,
  'set back': 1,
  sleep: 4,
  'last resort': 1,
  trip: 1,
  by: 1,
};
const events = fc.array(
  fc.oneof(
    ...(Object.keys(EVENTS) as Event['do'][]).map((name) => ({
      weight: weights[name],
      arbitrary: (EVENTS[name] as fc.Arbitrary<unknown>).map((more) => ({ do: name, with: more }) as Event),
    })),
  ),
  { maxLength: 60, size: 'max' },
);

const SHUT = new Set<BreakerView['name']>(['open', 'cooldown', 'blocked', 'isolated']);
const BY = {
  suspect: (state: BreakerState, now: Ms) => suspect(state, now, 'cut'),
  forgive,
  hasten,
  isolate,
  reset,
};

interface Held {
  permit: Permit;
  asker: 'request' | 'probe';
  isCanary: boolean;
}

/** What a failure may have made of the end of its phase. */
function expectEnd(story: Story, before: BreakerState, { kind, waitMs = 0 }: Failure): void {
  const { breaker, needs, believedMs = 0, lastsMs } = VERDICTS[kind];
  const { view, settings, now } = story;
  const lasts = (view.until ?? now) - now;
  if (view.name === 'open') {
    const { openMs, openMaxMs } = needs === 'connection' ? settings.connection : settings;
    const hint = waitMs <= 6 * HOUR ? waitMs : 0;
    expect(lasts).toBeGreaterThanOrEqual(Math.max(0.8 * openMs, hint) - 0.001);
    expect(lasts).toBeLessThanOrEqual(Math.max(1.2 * openMaxMs, hint) + 0.001);
    expect(breaker === 'count' || breaker === 'trip').toBe(true);
  } else if (view.name === 'cooldown') {
    const { first = 0, longest = 0 } = lastsMs ?? {};
    if (waitMs > 0 && waitMs <= believedMs) expect(view.until).toBe(now + waitMs);
    else {
      expect(lasts).toBeGreaterThanOrEqual(first);
      expect(lasts).toBeLessThanOrEqual(longest);
    }
    expect([breaker, story.state.trips <= before.trips]).toEqual(['cooldown', true]);
  } else if (view.name === 'blocked') {
    expect(view.until).toBe(now + (lastsMs?.first ?? 0));
    expect(breaker).toBe('block');
  }
}

/** Leave is given or not as it should be. */
function expectLeave(story: Story, asker: Held['asker'], held: readonly Held[]): Permit | null {
  const { name } = story.view;
  const { state, now, settings } = story;
  const permit = story.ask(asker);
  const isBusy = held.some(({ isCanary, permit }) => isCanary && permit.generation === state.generation);
  if (SHUT.has(name)) expect(permit).toBeNull();
  else if (name !== 'half-open') expect(permit).not.toBeNull();
  else if (isBusy || asker === 'probe') expect(permit === null).toBe(isBusy);
  // A request that has to wait waits for a probe that would be let through.
  else if (permit === null) expect(admit(state, now, settings.prober, 'probe').permit).not.toBeNull();
  return permit;
}

/** Now, when a probe that never came is overdue, or at the end of the longest of all times, a request gets through. */
function expectNotStuck(story: Story): void {
  if (story.view.name === 'isolated') return;
  const waits = [0, 20 * SECOND, 33 * DAY, 20 * SECOND];
  expect(waits.some((wait) => story.wait(wait).ask() !== null)).toBe(true);
}

describe('whatever happens', () => {
  test('one canary at a time, none while shut, ends within bounds, plain data, never stuck', () => {
    fc.assert(
      fc.property(settings, random, events, (chosen, jitter, happens) => {
        const story = new Story(chosen);
        story.random = jitter;
        const held: Held[] = [];
        for (const event of happens) {
          const { state: before, view } = story;
          if (event.do === 'wait') story.wait(event.with);
          if (event.do === 'set back') story.wait(-event.with);
          if (event.do === 'sleep') story.sleep();
          if (event.do === 'by') story.state = BY[event.with](before, story.now);
          if (event.do === 'trip') {
            const failure = { kind: 'overloaded', message: '' } as const;
            story.state = trip(before, failure, story.now, chosen, () => jitter);
            expect(story.state === before).toBe(before.phase !== 'closed');
          }
          if (event.do === 'last resort')
            held.push({ permit: lastResort(before), asker: 'request', isCanary: false });
          if (event.do === 'ask') {
            const { asker } = event.with;
            const permit = expectLeave(story, asker, held);
            if (permit !== null) held.push({ permit, asker, isCanary: view.name === 'half-open' });
          }
          if (event.do === 'settle') {
            const { which, outcome, shown } = event.with;
            const [settled] = held.splice(which % Math.max(1, held.length), 1);
            if (settled === undefined) continue;
            const { permit, asker } = settled;
            story.settle(permit, outcome, asker === 'request' ? 'inference' : shown);
            const isStale = permit.generation !== before.generation;
            if (isStale || view.name === 'isolated') expect(story.state).toBe(before);
            if (!outcome.ok && VERDICTS[outcome.failure.kind].breaker === 'exclude')
              expect(story.view).toEqual(view);
            if (!outcome.ok && story.state.phase !== before.phase) expectEnd(story, before, outcome.failure);
          }
          const stored = JSON.parse(JSON.stringify(story.state)) as BreakerState;
          expect(stored).toEqual(story.state);
          story.state = stored;
        }
        for (const { permit } of held) story.settle(permit, gone);
        expectNotStuck(story);
      }),
      { numRuns: 3000 },
    );
  });

  test('excluded results alone never change anything', () => {
    const excluded = KINDS.filter((kind) => VERDICTS[kind].breaker === 'exclude');
    const outcomes = fc.array(fc.constantFrom(...excluded), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(settings, outcomes, (chosen, kinds) => {
        const story = new Story(chosen).requests(...kinds.map((kind) => failed(kind)));
        expect(story.state).toEqual(initial());
      }),
    );
  });

  test('it never opens for a fault of a request, however many of them come between successes', () => {
    const excluded = KINDS.filter((kind) => VERDICTS[kind].breaker === 'exclude');
    const outcomes = fc.array(
      fc.oneof(
        fc.constant(OK),
        fc.constantFrom(...excluded).map((kind) => failed(kind)),
      ),
    );
    fc.assert(
      fc.property(settings, outcomes, (chosen, all) => {
        expect(new Story(chosen).requests(...all).view).toEqual({ name: 'closed', since: 0 });
      }),
    );
  });
});
