import {
  blockUntil,
  cooldownUntil,
  FORGIVE_MS,
  isFlap,
  nextTrips,
  openUntil,
  type Settings,
} from './breaker-times.ts';
import { record, tally, type Window } from './breaker-window.ts';
import type { Failure, Ms, Outcome } from './failure.ts';
import { type Proof, proves, stricter, VERDICTS, type Verdict } from './verdict.ts';

export type { Settings as BreakerSettings } from './breaker-times.ts';

interface Phase {
  /** Changes with every phase and every canary: a result that belongs to an older one is ignored. */
  readonly generation: number;
  /** When the phase began; 0 for a breaker that has never left its first. */
  readonly since: Ms;
  /** Openings that the next open time still pays for. While closed it falls by one a minute, see `tripsAt`. */
  readonly trips: number;
  /** Cooldowns without a known end since the last success; none while closed. */
  readonly cooldowns: number;
  /** When it last opened, newest last: what flapping is told by. */
  readonly flaps: readonly Ms[];
}

interface Closed extends Phase {
  readonly phase: 'closed';
  /** What counts since the last success that takes it back. */
  readonly run: { readonly weight: number; readonly needs: Proof } | null;
  readonly window: Window;
  readonly suspect: { readonly since: Ms; readonly reason: string } | null;
  /** What it recovered from; null when it was never anything else, or was closed by hand. */
  readonly from: Shut['phase'] | null;
}

/**
 * Open after failures, in a cooldown that the upstream asked for, or blocked because something has to change first; all end
 * by the clock.
 */
interface Shut extends Phase {
  readonly phase: 'open' | 'cooldown' | 'blocked';
  readonly until: Ms;
  readonly reason: string;
  /** What a success must show to close it. */
  readonly needs: Proof;
}

interface HalfOpen extends Phase {
  readonly phase: 'half-open';
  readonly from: Shut['phase'];
  readonly reason: string;
  readonly needs: Proof;
  /** Whether the one that may try the upstream is under way. */
  readonly canary: boolean;
  /** When a probe first succeeded that shows less than is needed, or has to be repeated. */
  readonly aliveAt: Ms | null;
}

/** Held out by hand until it is closed by hand. */
interface Isolated extends Phase {
  readonly phase: 'isolated';
}

/** A breaker as a value: plain data that can be stored anywhere as JSON. */
export type BreakerState = Closed | Shut | HalfOpen | Isolated;

/** Who asks: a request, or a probe that nobody waits for. */
export type Asker = 'request' | 'probe';

/** Leave to ask an upstream once. It must be settled exactly once, whatever happens: a canary that never is blocks the next. */
export interface Permit {
  readonly generation: number;
  /** For a probe: it is no part of the share of requests that fail. */
  readonly probe?: boolean;
  /** Given while the breaker is half-open: on this one depends what it does next. */
  readonly canary?: boolean;
  /** Given although the breaker is not closed, because nothing else was left; see `lastResort`. */
  readonly lastResort?: boolean;
}

/** For so long after it recovered from failures, one failure opens it again. */
const PROBATION_MS: Ms = 60_000;
/** A connection has to be good twice, this far apart, to close a breaker without any request. */
export const STEADY_MS: Ms = 2_000;
/** Half-open for longer without a probe, requests do not wait for one. */
const PROBE_OVERDUE_MS: Ms = 10_000;
/** A clock this far before the phase's beginning was set back: the phase's end means nothing any more. */
export const CLOCK_SET_BACK_MS = 60_000;

/** The breaker of an upstream that has never been asked: closed. */
export function initial(): BreakerState {
  return closed({ generation: 0, since: 0, trips: 0, cooldowns: 0, flaps: [] }, null);
}

/** Closed by hand, everything forgotten; what is still under way does not count. */
export function reset(state: BreakerState, now: Ms): BreakerState {
  return closed({ generation: state.generation + 1, since: now, trips: 0, cooldowns: 0, flaps: [] }, null);
}

/** Held out by hand; what is still under way does not count. */
export function isolate(state: BreakerState, now: Ms): BreakerState {
  return { ...phaseOf(state), phase: 'isolated', generation: state.generation + 1, since: now };
}

/**
 * Asks for leave to send one request or probe. Closed: always. Open, in cooldown, blocked: none before its end. After that
 * the breaker is half-open and gives one permit, the canary; the next only when that was settled without closing or opening.
 * Where probes can find out, the canary is a probe; a request is one once a probe has shown that something answers.
 * @param prober what probes can show of what this breaker stands for; null when none are sent
 */
export function admit(
  state: BreakerState,
  now: Ms,
  prober: Proof | null,
  asker: Asker,
): { state: BreakerState; permit: Permit | null } {
  const probe = asker === 'probe' ? ({ probe: true } as const) : {};
  if (state.phase === 'closed') return { state, permit: { generation: state.generation, ...probe } };
  const trying = halfOpenAt(state, now);
  if (trying === null || trying.canary) return { state, permit: null };
  if (asker === 'request' && !isRequestsTurn(trying, now, prober)) return { state, permit: null };
  const generation = state.generation + 1;
  return { state: { ...trying, generation, canary: true }, permit: { generation, canary: true, ...probe } };
}

/**
 * Leave to send a request although `admit` gave none: better a broken upstream than none at all. Its success closes the
 * breaker, a refusal for lack of quota starts a cooldown; other failures tell nothing new. The state stays as it is.
 */
export function lastResort(state: BreakerState): Permit {
  return { generation: state.generation, lastResort: true };
}

/**
 * What a permitted request or probe came to. `VERDICTS` says what a failure means.
 *
 * Failures that are counted open it when there are `failures` in a row, when their share of the window reaches `ratio`, or
 * at once within a minute after it recovered from others. For how long: see `openUntil`, `cooldownUntil`, `blockUntil`.
 * @param shown what a success has shown; a request always shows `inference`
 * @param random uniform in [0, 1)
 */
export function settle(
  state: BreakerState,
  permit: Permit,
  outcome: Outcome,
  now: Ms,
  settings: Settings,
  random: () => number,
  shown: Proof = 'inference',
): BreakerState {
  if (permit.generation !== state.generation || state.phase === 'isolated') return state;
  const isLastResort = permit.lastResort === true;
  if (state.phase === 'half-open' && !state.canary && !isLastResort) return state;
  if (outcome.ok) return succeed(state, now, settings, shown, isLastResort);
  const { failure } = outcome;
  const verdict = VERDICTS[failure.kind];
  switch (verdict.breaker) {
    case 'exclude':
      return state.phase === 'half-open' && !isLastResort ? { ...state, canary: false } : state;
    case 'cooldown': {
      const { until, isKnown } = cooldownUntil(verdict, failure, state.cooldowns, now);
      const cooldowns = isKnown ? state.cooldowns : state.cooldowns + 1;
      return shut(state, 'cooldown', until, failure, verdict, now, { cooldowns });
    }
    case 'block':
      return shut(state, 'blocked', blockUntil(verdict, now), failure, verdict, now, {});
    case 'trip':
    case 'count':
      if (state.phase === 'closed')
        return count(state, failure, verdict, now, settings, random, permit.probe);
      return state.phase === 'half-open' && !isLastResort
        ? open(state, failure, verdict, now, settings, random)
        : state;
  }
}

/** Opens it for a failure of something that it is a part of. */
export function trip(
  state: BreakerState,
  failure: Failure,
  now: Ms,
  settings: Settings,
  random: () => number,
): BreakerState {
  return state.phase === 'closed'
    ? open(state, failure, VERDICTS[failure.kind], now, settings, random)
    : state;
}

/** Marks a closed breaker: usable, but after all others, until its next success. In any other phase nothing changes. */
export function suspect(state: BreakerState, now: Ms, reason: string): BreakerState {
  return state.phase === 'closed' ? { ...state, suspect: { since: now, reason } } : state;
}

/** Takes back what failures to connect did: it was our own network. */
export function forgive(state: BreakerState, now: Ms): BreakerState {
  const needs =
    state.phase === 'closed' ? state.run?.needs : state.phase === 'isolated' ? undefined : state.needs;
  if (needs !== 'connection') return state;
  if (state.phase === 'closed') return { ...state, run: null, window: [] };
  const { trips, flaps } = state;
  const isOfFailures = state.phase === 'open' || (state.phase === 'half-open' && state.from === 'open');
  const before = isOfFailures
    ? { trips: Math.max(0, trips - 1), flaps: flaps.slice(0, -1) }
    : { trips, flaps };
  return closed({ ...phaseOf(state), ...before, generation: state.generation + 1, since: now }, null);
}

/**
 * Ends the time of a breaker that failures to connect opened, or a certificate blocked: something changed, and it is worth
 * a look now.
 */
export function hasten(state: BreakerState, now: Ms): BreakerState {
  return (state.phase === 'open' || state.phase === 'blocked') &&
    state.needs === 'connection' &&
    state.until > now
    ? { ...state, until: now }
    : state;
}

/** The half-open breaker that a shut one has become; null while its time is not up, and for one that is closed or held. */
export function halfOpenAt(state: BreakerState, now: Ms): HalfOpen | null {
  if (state.phase === 'half-open') return state;
  if (state.phase === 'closed' || state.phase === 'isolated') return null;
  if (now < state.until && now >= state.since - CLOCK_SET_BACK_MS) return null;
  const { phase: from, reason, needs, until: since } = state;
  return { ...phaseOf(state), phase: 'half-open', since, from, reason, needs, canary: false, aliveAt: null };
}

/** A cooldown ends by the clock: nothing but a request can tell whether it did. */
function isRequestsTurn(state: HalfOpen, now: Ms, prober: Proof | null): boolean {
  if (prober === null || state.from === 'cooldown') return true;
  // In both directions: a clock that was set back must hold nobody up.
  if (Math.abs(now - state.since) >= PROBE_OVERDUE_MS) return true;
  return state.aliveAt !== null && !proves(prober, state.needs);
}

function phaseOf({ generation, since, trips, cooldowns, flaps }: BreakerState): Phase {
  return { generation, since, trips, cooldowns, flaps };
}

function closed(phase: Phase, from: Closed['from']): Closed {
  return { phase: 'closed', ...phase, run: null, window: [], suspect: null, from };
}

function succeed(
  state: BreakerState,
  now: Ms,
  settings: Settings,
  shown: Proof,
  isLastResort: boolean,
): BreakerState {
  switch (state.phase) {
    case 'isolated':
      return state;
    case 'closed': {
      const run = state.run !== null && !proves(shown, state.run.needs) ? state.run : null;
      if (shown !== 'inference') return { ...state, run };
      return { ...state, run, suspect: null, window: record(state.window, true, now, settings.windowMs) };
    }
    case 'half-open': {
      const aliveAt = state.aliveAt ?? now;
      const isSteady = shown !== 'connection' || Math.abs(now - aliveAt) >= STEADY_MS;
      if (proves(shown, state.needs) && isSteady) return recovered(state, state.from, now);
      // Somebody else's canary is still under way.
      return isLastResort ? state : { ...state, canary: false, aliveAt };
    }
    default:
      return proves(shown, state.needs) ? recovered(state, state.phase, now) : state;
  }
}

function recovered(state: BreakerState, from: Shut['phase'], now: Ms): BreakerState {
  const { trips, flaps, generation } = state;
  return closed({ generation: generation + 1, since: now, trips, cooldowns: 0, flaps }, from);
}

function count(
  state: Closed,
  failure: Failure,
  verdict: Verdict,
  now: Ms,
  settings: Settings,
  random: () => number,
  isProbes = false,
): BreakerState {
  const weight = verdict.weight ?? 1;
  const inRow = (state.run?.weight ?? 0) + weight;
  // Neither good nor bad probes say anything about the share of requests that fail.
  const window = isProbes ? state.window : record(state.window, false, now, settings.windowMs, weight);
  const { samples, failed } = tally(window);
  const isMany = !isProbes && samples >= settings.minSamples && failed / samples >= settings.ratio;
  const isOnProbation = state.from === 'open' && Math.abs(now - state.since) < PROBATION_MS && weight >= 1;
  if (verdict.breaker === 'trip' || inRow >= settings.failures || isMany || isOnProbation) {
    return open(state, failure, verdict, now, settings, random);
  }
  // What it takes to believe in it again is what its worst failure takes.
  return { ...state, run: { weight: inRow, needs: stricter(verdict.needs, state.run?.needs) }, window };
}

function open(
  state: BreakerState,
  failure: Failure,
  verdict: Verdict,
  now: Ms,
  settings: Settings,
  random: () => number,
): BreakerState {
  const trips = nextTrips(tripsAt(state, now), verdict, settings);
  const until = openUntil(trips, failure, verdict, now, settings, random);
  const worst =
    state.phase === 'closed' ? state.run?.needs : state.phase === 'half-open' ? state.needs : null;
  const recent = state.flaps.filter((at) => isFlap(at, now));
  // An outage that goes on is one outage, and a model that is not there is none.
  const isNew = state.phase === 'closed' && verdict.breaker === 'count';
  const flaps = isNew ? [...recent, now] : recent;
  const needs = stricter(verdict.needs, worst);
  return shut(state, 'open', until, failure, { ...verdict, needs }, now, { trips, flaps });
}

function shut(
  state: BreakerState,
  phase: Shut['phase'],
  until: Ms,
  { message: reason }: Failure,
  { needs }: Verdict,
  now: Ms,
  changes: Partial<Phase>,
): Shut {
  const trips = tripsAt(state, now);
  const { cooldowns, flaps } = state;
  const base = { generation: state.generation + 1, since: now, trips, cooldowns, flaps };
  return { ...base, ...changes, phase, until, reason, needs };
}

/** `trips` less what a time in closed has forgiven. */
function tripsAt(state: BreakerState, now: Ms): number {
  if (state.phase !== 'closed') return state.trips;
  return Math.max(0, state.trips - Math.max(0, Math.floor((now - state.since) / FORGIVE_MS)));
}
