import { type BreakerState, CLOCK_SET_BACK_MS, halfOpenAt } from './breaker.ts';
import { isFlap } from './breaker-times.ts';
import type { Ms } from './failure.ts';

/** A breaker as people and `select` see it. */
export interface BreakerView {
  name: 'closed' | 'suspect' | 'open' | 'half-open' | 'cooldown' | 'blocked' | 'isolated';
  /** 0 for a breaker that was closed from the start. */
  since: Ms;
  /** When it will be asked again; only while `open`, in `cooldown` or `blocked`. */
  until?: Ms;
  /** What put it there, in words; none while `closed`. */
  reason?: string;
}

/** How long suspicion puts an upstream last: while others answer it is not asked, and nobody would find out that it is well. */
const SUSPECT_MS: Ms = 60_000;
/** The longest that an upstream which recovered is kept from serving. */
const DWELL_MAX_MS: Ms = 600_000;

/** How the breaker stands at `now`. One whose time is up shows as `half-open` also before the next request asks it. */
export function view(state: BreakerState, now: Ms): BreakerView {
  switch (state.phase) {
    case 'closed':
      return state.suspect && Math.abs(now - state.suspect.since) < SUSPECT_MS
        ? { name: 'suspect', since: state.suspect.since, reason: state.suspect.reason }
        : { name: 'closed', since: state.since };
    case 'isolated':
      return { name: 'isolated', since: state.since, reason: 'held out by hand' };
    case 'half-open':
      return { name: 'half-open', since: state.since, reason: state.reason };
    default: {
      const trying = halfOpenAt(state, now);
      const { phase, since, until, reason } = state;
      return trying === null
        ? { name: phase, since, until, reason }
        : { name: 'half-open', since: Math.min(trying.since, now), reason };
    }
  }
}

/** From the one that keeps requests out for longest to the one that does not. */
const SEVERITY: readonly BreakerView['name'][] = [
  'isolated',
  'blocked',
  'cooldown',
  'open',
  'half-open',
  'suspect',
  'closed',
];

/** How an upstream stands whose breakers stand like this: as the worst of them, and of two that end, the one that ends later. */
export function worstOf(views: readonly BreakerView[]): BreakerView {
  const [first = { name: 'closed', since: 0 } as const, ...others] = views;
  return others.reduce((worst, other) => (isWorse(other, worst) ? other : worst), first);
}

function isWorse(one: BreakerView, other: BreakerView): boolean {
  if (isTimed(one) && isTimed(other)) return (one.until ?? 0) > (other.until ?? 0);
  const [rank, otherRank] = [SEVERITY.indexOf(one.name), SEVERITY.indexOf(other.name)];
  return rank === otherRank ? one.since > other.since : rank < otherRank;
}

function isTimed({ name }: BreakerView): boolean {
  return name === 'open' || name === 'cooldown';
}

/**
 * Until when an upstream that recovered from failures does not serve those whom another serves well: `returnAfterMs`, twice
 * as long with each further opening within a quarter of an hour, at most ten minutes. Undefined when it may serve.
 */
export function dwellUntil(state: BreakerState, now: Ms, returnAfterMs: Ms): Ms | undefined {
  if (state.phase !== 'closed' || state.from !== 'open') return undefined;
  const flaps = state.flaps.filter((at) => isFlap(at, state.since)).length;
  const dwell = Math.min(returnAfterMs * 2 ** Math.max(0, flaps - 1), Math.max(DWELL_MAX_MS, returnAfterMs));
  const until = state.since + dwell;
  return now < until && now >= state.since - CLOCK_SET_BACK_MS ? until : undefined;
}

/** When it recovered, from whatever it was; undefined while it has not, or when there was nothing to recover from. */
export function recoveredAt(state: BreakerState): Ms | undefined {
  return state.phase === 'closed' && state.from !== null ? state.since : undefined;
}
