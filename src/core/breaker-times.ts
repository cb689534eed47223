import type { Failure, Ms } from './failure.ts';
import type { Proof, Verdict } from './verdict.ts';

/** How long something stays open: the first time, and at the most. It doubles with every further opening. */
export interface OpenTimes {
  openMs: Ms;
  /** ≥ openMs */
  openMaxMs: Ms;
}

/** When a breaker opens, and for how long. */
export interface Settings extends OpenTimes {
  /** Consecutive counted failures that open it; ≥ 1. */
  failures: number;
  /** Length of the window that `ratio` looks at. */
  windowMs: Ms;
  /** Share of counted failures in the window that opens it, 0 < ratio ≤ 1. */
  ratio: number;
  /** Outcomes the window must hold before `ratio` counts; ≥ 1. */
  minSamples: number;
  /** For failures to connect: a connection is tried for nothing, so it is tried sooner. */
  connection: OpenTimes;
  /** What probes can show; null when there are none. */
  prober: Proof | null;
}

/** One opening is forgiven for every such time in closed. */
export const FORGIVE_MS: Ms = 60_000;
/** Openings within this time are flapping. */
const FLAP_MS: Ms = 15 * 60_000;
/** Further away, a hint on a counted failure is not believed. */
const HINT_MAX_MS: Ms = 6 * 3_600_000;

/** Whether an opening at `at` still counts as flapping at `now`. */
export function isFlap(at: Ms, now: Ms): boolean {
  return Math.abs(now - at) < FLAP_MS;
}

/** The number of the next opening, from that of those before. */
export function nextTrips(before: number, verdict: Verdict, settings: Settings): number {
  const times = timesOf(verdict, settings);
  // Once the longest time is reached more openings would only have to be forgiven later.
  return before > 0 && openTime(before, times) >= times.openMaxMs ? before : before + 1;
}

/**
 * The end of the given opening, counted from 1: `openMs` · 2^(n − 1), at most `openMaxMs`, times `0.8 … 1.2` so that many
 * instances do not come back at once; later if the failure says so, within six hours.
 */
export function openUntil(
  trips: number,
  { waitMs = 0 }: Failure,
  verdict: Verdict,
  now: Ms,
  settings: Settings,
  random: () => number,
): Ms {
  const openFor = openTime(trips, timesOf(verdict, settings)) * (0.8 + 0.4 * random());
  return now + Math.max(openFor, waitMs <= HINT_MAX_MS ? waitMs : 0);
}

/**
 * The end of a cooldown: what the failure names, exactly, if that can be believed; else the verdict's own time, doubling
 * with each of the `cooldowns` without a known end before it.
 */
export function cooldownUntil(
  { lastsMs, believedMs }: Verdict,
  { waitMs = 0 }: Failure,
  cooldowns: number,
  now: Ms,
): { until: Ms; isKnown: boolean } {
  if (waitMs > 0 && waitMs <= (believedMs ?? 0)) return { until: now + waitMs, isKnown: true };
  const { first = 0, longest = 0 } = lastsMs ?? {};
  return { until: now + Math.min(first * 2 ** Math.min(cooldowns, 60), longest), isKnown: false };
}

/** When something that is blocked is tried again. */
export function blockUntil({ lastsMs }: Verdict, now: Ms): Ms {
  return now + (lastsMs?.first ?? 0);
}

function timesOf({ needs }: Verdict, settings: Settings): OpenTimes {
  return needs === 'connection' ? settings.connection : settings;
}

/** For the given opening, counted from 1, before jitter. The exponent's bound keeps 0 · 2^n a number. */
function openTime(trips: number, { openMs, openMaxMs }: OpenTimes): Ms {
  return Math.min(openMs * 2 ** Math.min(trips - 1, 60), openMaxMs);
}
