/** The breaker and one that is written as it would be told, side by side. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  type BreakerSettings,
  forgive,
  hasten,
  isolate,
  lastResort,
  type Permit,
  reset,
} from '../../src/core/breaker.ts';
import { dwellUntil } from '../../src/core/breaker-view.ts';
import type { Ms, Outcome } from '../../src/core/failure.ts';
import type { Proof } from '../../src/core/verdict.ts';
import { Oracle, type Ticket } from './breaker-oracle.ts';
import { DAY, down, failed, HOUR, KINDS, lost, MINUTE, OK, SECOND, Story } from './breaker-story.ts';

const WINDOW = 20 * SECOND;
const STEP = WINDOW / 10;

const seconds = (least: number, longest: number): fc.Arbitrary<Ms> =>
  fc.integer({ min: least, max: longest }).map((count) => count * SECOND);
const settings: fc.Arbitrary<BreakerSettings> = fc.record({
  failures: fc.integer({ min: 1, max: 4 }),
  windowMs: fc.constant(WINDOW),
  ratio: fc.constantFrom(0.3, 0.5, 1),
  minSamples: fc.integer({ min: 1, max: 6 }),
  openMs: seconds(1, 20),
  openMaxMs: seconds(20, 120),
  connection: fc.record({ openMs: seconds(1, 5), openMaxMs: seconds(5, 40) }),
  prober: fc.constantFrom<(Proof | null)[]>(null, 'connection', 'credential', 'inference'),
});
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(OK) },
  { weight: 3, arbitrary: fc.constantFrom(down, lost) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        kind: fc.constantFrom(...KINDS),
        waitMs: fc.oneof(
          fc.constant(0),
          seconds(-5, 100),
          fc.constantFrom(6 * HOUR, 6 * HOUR + 1, 32 * DAY, 32 * DAY + 1),
        ),
      })
      .map(({ kind, waitMs }) => failed(kind, waitMs === 0 ? {} : { waitMs })),
  },
);

type Event =
  | { do: 'ask'; asker: 'request' | 'probe' }
  | { do: 'settle'; which: number; outcome: Outcome }
  | { do: 'wait'; steps: number }
  | { do: 'sleep' | 'last resort' | 'forgive' | 'hasten' | 'hold' | 'reset' };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('ask' as const), asker: fc.constant('request' as const) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('ask' as const), asker: fc.constant('probe' as const) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(3), outcome }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      steps: fc.oneof(fc.nat(6), fc.nat(60), fc.nat((20 * MINUTE) / STEP)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('sleep' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('last resort', 'forgive', 'hasten', 'reset', 'hold') }),
  },
) as fc.Arbitrary<Event>;

/** Held out by hand is the end of most stories, so it comes rarely. */
const story = fc
  .array(event, { maxLength: 80, size: 'max' })
  .map((events) => events.filter((one, at) => one.do !== 'hold' || at % 7 === 0));

interface Held {
  asker: 'request' | 'probe';
  permit: Permit;
  ticket: Ticket;
}

test('both give leave at the same moments, and stand alike', () => {
  fc.assert(
    fc.property(settings, fc.constantFrom(0, 0.25, 0.5, 0.99), story, (chosen, jitter, events) => {
      const real = new Story(chosen);
      real.random = jitter;
      real.now -= real.now % STEP;
      const oracle = new Oracle(chosen, jitter);
      const held: Held[] = [];
      const ask = (asker: Held['asker']) => {
        const [permit, ticket] = [real.ask(asker), oracle.ask(asker, real.now)];
        expect(permit === null).toBe(ticket === null);
        if (permit !== null && ticket !== null) held.push({ asker, permit, ticket });
      };
      for (const one of events) {
        const { now } = real;
        if (one.do === 'ask') ask(one.asker);
        if (one.do === 'settle') {
          const [first] = held.splice(one.which % Math.max(1, held.length), 1);
          if (first === undefined) continue;
          const shown = first.asker === 'request' ? 'inference' : (chosen.prober ?? 'connection');
          real.settle(first.permit, one.outcome, shown);
          oracle.settle(first.ticket, one.outcome, shown, now);
        }
        if (one.do === 'wait') real.wait(one.steps * STEP);
        if (one.do === 'sleep') real.wait(Math.ceil(((real.view.until ?? now) - now) / STEP) * STEP);
        if (one.do === 'last resort')
          held.push({ asker: 'request', permit: lastResort(real.state), ticket: oracle.lastResort() });
        if (one.do === 'forgive') {
          real.state = forgive(real.state, now);
          oracle.forgive(now);
        }
        if (one.do === 'hasten') {
          real.state = hasten(real.state, now);
          oracle.hasten(now);
        }
        if (one.do === 'reset') {
          real.state = reset(real.state, now);
          oracle.reset(now);
        }
        if (one.do === 'hold') {
          real.state = isolate(real.state, now);
          oracle.hold();
        }
        expect(real.view.name).toBe(oracle.name(real.now));
        expect(real.view.until).toBe(oracle.until(real.now));
        expect(dwellUntil(real.state, real.now, 30 * SECOND)).toBe(oracle.dwellUntil(real.now, 30 * SECOND));
      }
      // What can be seen only later: how it stands for whoever comes next.
      ask('request');
      ask('probe');
    }),
    { numRuns: 4000 },
  );
});
