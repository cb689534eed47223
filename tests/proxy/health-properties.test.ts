/** What holds for the breakers of several upstreams together, whatever happens to them. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { BreakerState } from '../../src/core/breaker.ts';
import { view } from '../../src/core/breaker-view.ts';
import type { FailureKind, Ms, Outcome } from '../../src/core/failure.ts';
import { type Proof, VERDICTS } from '../../src/core/verdict.ts';
import { clear, distrust, forgiveLosses, hastenReturn, holdOut } from '../../src/proxy/interventions.ts';
import { type Leave, mayBeAsked } from '../../src/proxy/permits.ts';
import { overall, standing } from '../../src/proxy/standing.ts';
import type { Subject } from '../../src/proxy/subject.ts';
import { DAY, failed, gone, Health, MINUTE, OK, place, SECOND, subject } from './health-story.ts';

const SHARED = 'https://shared.test/v1';
const A = place('a', { base: SHARED, prober: 'connection' });
const B = place('b', { base: `${SHARED}/b`, takesClientCredential: true, prober: 'credential' });
const C = place('c', { base: 'http://127.0.0.1:11434/v1' });
const D = place('d', { prober: 'inference' });

const SUBJECTS: Subject[] = [
  subject(A, 'm1', 'own'),
  subject(A, 'm2', 'own'),
  subject(B, 'm1', 'k1'),
  subject(B, 'm2', 'k1'),
  subject(B, 'm1', 'k2'),
  subject(C, 'm1', null),
  subject(C, 'm2', null),
  subject(D, 'm1', 'own'),
];
const PROBES: Subject[] = [subject(A, null, 'own'), subject(B, null, null), subject(D, null, 'own')];

/** Kinds of failure that come with an answer, as a rule. */
const STATUS: Partial<Record<FailureKind, number>> = {
  server_error: 500,
  overloaded: 529,
  transient: 409,
  rate_limited: 429,
  exhausted: 402,
  model_exhausted: 429,
  unauthorized: 401,
  forbidden: 403,
  no_such_model: 404,
  unsupported: 422,
  too_long: 413,
  rejected: 400,
};
const KINDS = Object.keys(VERDICTS) as FailureKind[];
const failure: fc.Arbitrary<Outcome> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    waitMs: fc.option(fc.nat(10 * MINUTE), { freq: 3 }),
    excused: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ kind, waitMs, excused }) => {
    const status = STATUS[kind];
    return failed(kind, {
      ...(status === undefined ? {} : { status }),
      ...(waitMs === null ? {} : { waitMs }),
      ...(excused === 0 ? { excused: true } : {}),
    });
  });
const outcome = fc.oneof(fc.constant(OK), failure, failure);

type By = 'hold out' | 'clear' | 'forgive' | 'hasten' | 'distrust';
type Event =
  | { do: 'ask'; who: number }
  | { do: 'probe'; who: number }
  | { do: 'insist'; who: number }
  | { do: 'settle'; which: number; outcome: Outcome; shown: Proof }
  | { do: 'wait'; ms: Ms }
  | { do: 'network'; offline: boolean; justWoken: boolean }
  | { do: 'by'; by: By; who: number };

const who = fc.nat(SUBJECTS.length - 1);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('ask' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('probe' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('insist' as const), who }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(9),
      outcome,
      shown: fc.constantFrom<Proof[]>('connection', 'credential', 'inference'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(3 * SECOND), fc.nat(20 * SECOND), fc.nat(10 * MINUTE)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('network' as const),
      offline: fc.boolean(),
      justWoken: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('by' as const),
      by: fc.constantFrom<By[]>('hold out', 'clear', 'clear', 'forgive', 'hasten', 'distrust'),
      who,
    }),
  },
);

interface Held {
  leave: Leave;
  subject: Subject;
  isProbe: boolean;
  /** Keys that it is the canary of, and since which generation. */
  canaryOf: Map<string, number>;
}

const keysOf = ({ keys }: Subject) => Object.values(keys) as string[];

/** The states by reference: two are the same only when nothing was written. */
const snapshot = (health: Health) => new Map(Object.entries(health.all()));

function isHalfOpen(state: BreakerState, now: Ms): boolean {
  return view(state, now).name === 'half-open';
}

function expectLeave(health: Health, one: Subject, isProbe: boolean, held: Held[]): void {
  const before = snapshot(health);
  const states = new Map(keysOf(one).map((key) => [key, health.state(key)]));
  const names = [...states.values()].map((state) => view(state, health.now).name);
  const isPossible = mayBeAsked(one, health.runtime);
  expect(snapshot(health)).toEqual(before);
  const leave = isProbe ? probe(health, one) : health.ask(one);
  if (!isProbe) expect(leave !== null).toBe(isPossible);
  if (leave === null) {
    expect(snapshot(health)).toEqual(before);
    expect(names.every((name) => name === 'closed' || name === 'suspect')).toBe(false);
    return;
  }
  expect(names.filter((name) => name !== 'closed' && name !== 'suspect' && name !== 'half-open')).toEqual([]);
  const canaryOf = new Map<string, number>();
  for (const [key, state] of states) {
    if (!isHalfOpen(state, health.now)) continue;
    expect(held.some(({ canaryOf }) => canaryOf.get(key) === state.generation)).toBe(false);
    canaryOf.set(key, health.state(key).generation);
  }
  expect(leave.isTrial).toBe(canaryOf.size > 0);
  held.push({ leave, subject: one, isProbe, canaryOf });
}

function probe(health: Health, one: Subject): Leave | null {
  try {
    return health.leave(one, 'probe');
  } catch {
    return null;
  }
}

/** Who is on trial has somebody who tries it. */
function expectNoOrphans(health: Health, held: readonly Held[]): void {
  for (const [key, state] of Object.entries(health.all())) {
    if (state.phase !== 'half-open' || !state.canary) continue;
    const canaries = held.filter(({ canaryOf }) => canaryOf.get(key) === state.generation);
    expect(canaries).toHaveLength(1);
  }
}

function expectConfined(health: Health, settled: Held, outcome: Outcome, shown: Proof): void {
  const before = snapshot(health);
  const views = new Map([...before].map(([key, state]) => [key, view(state, health.now).name]));
  settled.leave.settle(outcome, settled.isProbe ? shown : 'inference');
  const own = new Set(keysOf(settled.subject));
  const excluded = !outcome.ok && VERDICTS[outcome.failure.kind].breaker === 'exclude';
  for (const [key, state] of Object.entries(health.all())) {
    const isSame = state === (before.get(key) ?? state);
    if (!own.has(key)) expect(isSame && before.has(key)).toBe(true);
    const name = views.get(key) ?? 'closed';
    // An answer of any kind takes back what failures to connect did to both.
    if (excluded && !/^(?:host|upstream) /.test(key)) expect(view(state, health.now).name).toBe(name);
  }
  // Whatever is settled once more says nothing.
  const after = snapshot(health);
  settled.leave.settle(failed('misdirected'));
  expect(snapshot(health)).toEqual(after);
}

const BY = {
  'hold out': holdOut,
  clear,
  forgive: forgiveLosses,
  hasten: hastenReturn,
  distrust: (one: Subject, runtime: Health['runtime']) => distrust(one, 'cut', runtime),
};

describe('several upstreams', () => {
  test('all give leave or none, one canary each, nobody else is touched, and nobody stays out', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80, size: 'max' }), (events) => {
        const health = new Health();
        const held: Held[] = [];
        for (const event of events) {
          if (event.do === 'wait') health.wait(event.ms);
          if (event.do === 'network') Object.assign(health, event);
          if (event.do === 'by') BY[event.by](SUBJECTS[event.who] as Subject, health.runtime);
          if (event.do === 'ask') expectLeave(health, SUBJECTS[event.who] as Subject, false, held);
          if (event.do === 'probe')
            expectLeave(health, PROBES[event.who % PROBES.length] as Subject, true, held);
          if (event.do === 'insist') {
            const one = SUBJECTS[event.who] as Subject;
            const leave = health.insist(one);
            if (leave !== null) held.push({ leave, subject: one, isProbe: false, canaryOf: new Map() });
          }
          if (event.do === 'settle') {
            const [settled] = held.splice(event.which % Math.max(1, held.length), 1);
            if (settled !== undefined) expectConfined(health, settled, event.outcome, event.shown);
          }
          expectNoOrphans(health, held);
        }
        for (const { leave } of held) leave.settle(gone);
        expectNoOrphans(health, []);
        Object.assign(health, { offline: false, justWoken: false });
        health.wait(33 * DAY);
        for (const one of SUBJECTS) {
          if (health.name(one, 'upstream') !== 'isolated') health.requests(one, OK);
          else expect(health.ask(one)).toBeNull();
        }
        for (const one of SUBJECTS) {
          const isHeld = health.name(one, 'upstream') === 'isolated';
          if (!isHeld) expect(health.stands(one)).toBe('');
        }
        for (const { from, to } of health.news) expect(from).not.toBe(to.name);
      }),
      { numRuns: 1000 },
    );
  });

  test('as a whole, an upstream of one credential stands no better than for any request', () => {
    const calls = fc.array(fc.tuple(who, outcome, fc.nat(MINUTE)), { maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(calls, (all) => {
        const health = new Health();
        for (const [who, outcome, wait] of all) {
          health
            .wait(wait)
            .ask(SUBJECTS[who] as Subject)
            ?.settle(outcome);
          for (const one of SUBJECTS.filter(({ upstream }) => !upstream.takesClientCredential)) {
            const [whole, part] = [overall(one, health.runtime), standing(one, health.runtime)];
            const isOut = part.name !== 'closed' && part.name !== 'half-open';
            expect(whole.name === 'closed' && isOut).toBe(false);
            if (part.until !== undefined && whole.name !== 'blocked')
              expect(whole.until ?? 0).toBeGreaterThanOrEqual(part.until);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what fails for one does not bar another', () => {
  const kindsOf = (scope: string) =>
    KINDS.filter((kind) => VERDICTS[kind].scope === scope && VERDICTS[kind].breaker !== 'exclude');
  const [m1, m2, , , k2] = SUBJECTS as [Subject, Subject, Subject, Subject, Subject];
  const client = SUBJECTS[2] as Subject;

  /** What fails, for whom, and who is never to notice. */
  const ROWS: [sentence: string, kinds: FailureKind[], whose: Subject, others: Subject[]][] = [
    ['one model: the other model', kindsOf('model'), m1, [m2]],
    ['one credential: another client', [...kindsOf('credential'), ...kindsOf('model')], client, [k2]],
    [
      'one upstream: its neighbour at the host',
      KINDS.filter((kind) => VERDICTS[kind].scope !== 'host'),
      m1,
      [client, k2],
    ],
    ['one host: another host', KINDS, m1, SUBJECTS.slice(5)],
  ];
  test.each(ROWS)('%s', (_sentence, kinds, whose, others) => {
    const calls = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(20 * SECOND), fc.boolean()), {
      maxLength: 60,
      size: 'max',
    });
    fc.assert(
      fc.property(calls, (all) => {
        const health = new Health();
        for (const [kind, wait, isWell] of all) {
          const status = STATUS[kind];
          const outcome = failed(kind, status === undefined ? {} : { status });
          const leave = health.wait(wait).ask(whose) ?? health.insist(whose);
          leave?.settle(isWell ? OK : outcome);
          expect(others.map((one) => health.stands(one))).toEqual(others.map(() => ''));
        }
        for (const one of others) expect(health.leave(one).isTrial).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
