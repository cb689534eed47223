import type { Ms } from './failure.ts';

/**
 * How many requests may wait for their first content at an upstream that takes over. It serves nobody yet, and all that
 * the one before served come to it at the same moment: it would be throttled too. Plain data, never changed in place.
 */
export interface Ramp {
  /** 1 ≤ allowed ≤ 64 */
  readonly allowed: number;
  /** When the last request came that it is for. */
  readonly lastAt: Ms;
}

const FIRST = 4;
/** So many at once have been answered: it stands what comes. */
const UNLIMITED = 64;
/** After so long without requests, what it stood before says nothing. */
const FORGET_MS: Ms = 60_000;

/** The ramp of an upstream that was never asked. */
export const NEW_RAMP: Ramp = { allowed: FIRST, lastAt: 0 };

/** The ramp when a request has come; it starts anew when that is the first for 60 s. */
export function touch(ramp: Ramp, now: Ms): Ramp {
  if (now === ramp.lastAt) return ramp;
  return { allowed: now - ramp.lastAt >= FORGET_MS ? FIRST : ramp.allowed, lastAt: now };
}

/** The ramp after a first content. Each makes room for one more, so that it doubles while all that may wait are answered. */
export function raise(ramp: Ramp): Ramp {
  return ramp.allowed >= UNLIMITED ? ramp : { ...ramp, allowed: ramp.allowed + 1 };
}

/** The ramp after a refusal for lack of capacity. */
export function halve(ramp: Ramp): Ramp {
  return { ...ramp, allowed: Math.max(1, Math.floor(ramp.allowed / 2)) };
}

/** How many may wait for their first content. */
export function mostOf({ allowed }: Ramp): number {
  return allowed >= UNLIMITED ? Number.POSITIVE_INFINITY : allowed;
}
