import { record, tally, type Window } from './breaker-window.ts';
import { type Failure, type Ms, type Outcome, VERDICTS } from './failure.ts';

/** When an upstream's breaker opens, and for how long. */
export interface BreakerSettings {
  /** Consecutive counted failures that open it; ≥ 1. */
  failures: number;
  /** Length of the window that `ratio` looks at. */
  windowMs: Ms;
  /** Share of counted failures in the window that opens it, 0 < ratio ≤ 1. */
  ratio: number;
  /** Outcomes the window must hold before `ratio` counts; ≥ 1. */
  minSamples: number;
  /** How long it stays open the first time; doubles with every further opening. */
  openMs: Ms;
  /** The longest it stays open. */
  openMaxMs: Ms;
}

interface Phase {
  /** Changes with every phase and every canary: a result that belongs to an older one is ignored. */
  readonly generation: number;
  /** When the phase began; 0 for a breaker that has never left its first. */
  readonly since: Ms;
  /** Openings that the next open time still pays for. While closed it falls by one a minute, see `tripsAt`. */
  readonly trips: number;
  /** Cooldowns without a known end since the last success; none while closed. */
  readonly cooldowns: number;
}

interface Closed extends Phase {
  readonly phase: 'closed';
  /** Counted failures since the last success. */
  readonly inRow: number;
  readonly window: Window;
  readonly suspect: { readonly since: Ms; readonly reason: string } | null;
}

/** Open after failures, or in a cooldown that the upstream asked for; both end by the clock. */
interface Shut extends Phase {
  readonly phase: 'open' | 'cooldown';
  readonly until: Ms;
  readonly reason: string;
}

interface HalfOpen extends Phase {
  readonly phase: 'half-open';
  readonly reason: string;
  /** Whether the one request that may try the upstream is under way. */
  readonly canary: boolean;
}

/** A breaker as a value: plain data that can be stored anywhere as JSON. Only the functions of this file look inside. */
export type BreakerState = Closed | Shut | HalfOpen;

/** Leave to ask an upstream once. It must be settled exactly once, whatever happens: a canary that never is blocks the next. */
export interface Permit {
  readonly generation: number;
  /** Given although the breaker is not closed, because nothing else was left; see `lastResort`. */
  readonly lastResort?: boolean;
}

/** A breaker as people and `select` see it. */
export interface BreakerView {
  name: 'closed' | 'suspect' | 'open' | 'half-open' | 'cooldown';
  /** 0 for a breaker that was closed from the start. */
  since: Ms;
  /** When it will be asked again; only while `open` or in `cooldown`. */
  until?: Ms;
  /** What put it there, in words; none while `closed`. */
  reason?: string;
}

/**
 * How long suspicion puts an upstream last. Only an answer of its own clears it, and while others answer it is not asked:
 * without an end nobody would find out that it is well.
 */
const SUSPECT_MS: Ms = 60_000;
/** One of `trips` is forgiven for every such time in closed. */
const FORGIVE_MS = 60_000;
/** Further away, a hint on a counted failure is not believed. */
const HINT_MAX_MS = 6 * 3_600_000;
/** A cooldown without a known end: the first, doubling up to the longest. */
const COOLDOWN_MS = 30_000;
const COOLDOWN_UNKNOWN_MAX_MS = 600_000;
/** No cooldown is longer: the longest period that providers bill by is a month. */
const COOLDOWN_MAX_MS = 32 * 86_400_000;
/** A clock this far before the phase's beginning was set back: the phase's end means nothing any more. */
const CLOCK_SET_BACK_MS = 60_000;

/** The breaker of an upstream that has never been asked: closed. */
export function initial(): BreakerState {
  return closed({ generation: 0, since: 0, trips: 0, cooldowns: 0 });
}

/** Closed by hand, everything forgotten; what is still under way does not count. */
export function reset(state: BreakerState, now: Ms): BreakerState {
  return closed({ generation: state.generation + 1, since: now, trips: 0, cooldowns: 0 });
}

/**
 * Asks for leave to send one request. Closed: always. Open or in cooldown: none before its end. After that the breaker is
 * half-open and gives one permit, the canary; the next only when the canary was settled without a verdict on the upstream.
 */
export function admit(
  state: BreakerState,
  now: Ms,
  _settings: BreakerSettings,
): { state: BreakerState; permit: Permit | null } {
  if (state.phase === 'closed') return { state, permit: { generation: state.generation } };
  if (state.phase === 'half-open' ? state.canary : !isOver(state, now)) return { state, permit: null };
  const { trips, cooldowns, reason } = state;
  const generation = state.generation + 1;
  const since = state.phase === 'half-open' ? state.since : halfOpenSince(state, now);
  const trying: HalfOpen = { phase: 'half-open', generation, since, trips, cooldowns, reason, canary: true };
  return { state: trying, permit: { generation } };
}

/**
 * Leave to send a request although `admit` gave none: better a broken upstream than none at all. Its success closes the
 * breaker, a refusal for lack of quota starts a cooldown; other failures tell nothing new. The state stays as it is.
 */
export function lastResort(state: BreakerState): Permit {
  return { generation: state.generation, lastResort: true };
}

/**
 * What a permitted request came to. `VERDICTS` says what a failure means: counted, opening at once, starting a cooldown, or
 * saying nothing about the upstream.
 *
 * It opens for `openMs` · 2^(openings − 1), at most `openMaxMs`, times `0.8 … 1.2` so that many instances do not come back
 * at once: never longer than 1.2 · `openMaxMs`, unless the failure names a later time within six hours. A cooldown lasts
 * until the time the failure names, exactly; it does not make later open times longer.
 * @param random uniform in [0, 1)
 */
export function settle(
  state: BreakerState,
  permit: Permit,
  outcome: Outcome,
  now: Ms,
  settings: BreakerSettings,
  random: () => number,
): BreakerState {
  if (permit.generation !== state.generation) return state;
  const isLastResort = permit.lastResort === true;
  if (state.phase === 'half-open' && !state.canary && !isLastResort) return state;
  if (outcome.ok) return succeed(state, now, settings);
  const { failure } = outcome;
  const verdict = VERDICTS[failure.kind].breaker;
  if (verdict === 'exclude')
    return state.phase === 'half-open' && !isLastResort ? { ...state, canary: false } : state;
  if (verdict === 'cooldown') return cool(state, failure, now);
  switch (state.phase) {
    case 'closed': {
      const inRow = state.inRow + 1;
      const window = record(state.window, false, now, settings.windowMs);
      const { samples, failed } = tally(window);
      const isMany = samples >= settings.minSamples && failed / samples >= settings.ratio;
      const trips = verdict === 'trip' || inRow >= settings.failures || isMany;
      return trips ? open(state, failure, now, settings, random) : { ...state, inRow, window };
    }
    case 'half-open':
      return isLastResort ? state : open(state, failure, now, settings, random);
    case 'open':
    case 'cooldown':
      return state;
  }
}

/** Marks a closed breaker: usable, but after all others, until its next success. In any other phase nothing changes. */
export function suspect(state: BreakerState, now: Ms, reason: string): BreakerState {
  return state.phase === 'closed' ? { ...state, suspect: { since: now, reason } } : state;
}

/** How the breaker stands at `now`. One whose time is up shows as `half-open` also before the next request asks it. */
export function view(state: BreakerState, now: Ms): BreakerView {
  switch (state.phase) {
    case 'closed':
      return state.suspect && now - state.suspect.since < SUSPECT_MS
        ? { name: 'suspect', ...state.suspect }
        : { name: 'closed', since: state.since };
    case 'half-open':
      return { name: 'half-open', since: state.since, reason: state.reason };
    case 'open':
    case 'cooldown': {
      const { phase, since, until, reason } = state;
      if (isOver(state, now)) return { name: 'half-open', since: halfOpenSince(state, now), reason };
      return { name: phase, since, until, reason };
    }
  }
}

function isOver(state: Shut, now: Ms): boolean {
  return now >= state.until || now < state.since - CLOCK_SET_BACK_MS;
}

function halfOpenSince(state: Shut, now: Ms): Ms {
  return Math.min(state.until, now);
}

function closed(phase: Phase): Closed {
  return { phase: 'closed', ...phase, inRow: 0, window: [], suspect: null };
}

function succeed(state: BreakerState, now: Ms, settings: BreakerSettings): BreakerState {
  if (state.phase !== 'closed') {
    return closed({ generation: state.generation + 1, since: now, trips: state.trips, cooldowns: 0 });
  }
  const window = record(state.window, true, now, settings.windowMs);
  return { ...state, inRow: 0, suspect: null, window };
}

function open(
  state: BreakerState,
  failure: Failure,
  now: Ms,
  settings: BreakerSettings,
  random: () => number,
): BreakerState {
  const before = tripsAt(state, now);
  // Once the longest time is reached more openings would only have to be forgiven later.
  const trips = before > 0 && openTime(before, settings) >= settings.openMaxMs ? before : before + 1;
  const openFor = openTime(trips, settings) * (0.8 + 0.4 * random());
  const hint = failure.retryAt ?? now;
  const until = Math.max(now + openFor, hint - now <= HINT_MAX_MS ? hint : now);
  const { generation, cooldowns } = state;
  return {
    phase: 'open',
    generation: generation + 1,
    since: now,
    trips,
    cooldowns,
    until,
    reason: failure.message,
  };
}

/** For the given opening, counted from 1, before jitter. The exponent's bound keeps 0 · 2^n a number. */
function openTime(trips: number, { openMs, openMaxMs }: BreakerSettings): Ms {
  return Math.min(openMs * 2 ** Math.min(trips - 1, 60), openMaxMs);
}

function cool(state: BreakerState, failure: Failure, now: Ms): BreakerState {
  const { retryAt, message: reason } = failure;
  const isKnown = retryAt !== undefined && retryAt > now;
  const guessed = Math.min(COOLDOWN_MS * 2 ** state.cooldowns, COOLDOWN_UNKNOWN_MAX_MS);
  const until = isKnown ? Math.min(retryAt, now + COOLDOWN_MAX_MS) : now + guessed;
  const trips = tripsAt(state, now);
  const cooldowns = isKnown ? state.cooldowns : state.cooldowns + 1;
  return { phase: 'cooldown', generation: state.generation + 1, since: now, trips, cooldowns, until, reason };
}

/** `trips` less what a time in closed has forgiven. */
function tripsAt(state: BreakerState, now: Ms): number {
  if (state.phase !== 'closed') return state.trips;
  return Math.max(0, state.trips - Math.max(0, Math.floor((now - state.since) / FORGIVE_MS)));
}
