import type { Ms } from './failure.ts';

/** Outcomes that came within one tenth of the window. */
interface Bucket {
  readonly startedAt: Ms;
  readonly succeeded: number;
  readonly failed: number;
}

/** The outcomes of the last while: a sliding window in ten steps. Plain data, never changed in place. */
export type Window = readonly Bucket[];

const BUCKETS = 10;

/** The window with one more outcome. Nothing older than `windowMs` is left in it. */
export function record(window: Window, ok: boolean, now: Ms, windowMs: Ms, weight = 1): Window {
  const width = Math.max(1, windowMs / BUCKETS);
  const startedAt = Math.floor(now / width) * width;
  let succeeded = ok ? weight : 0;
  let failed = ok ? 0 : weight;
  const kept: Bucket[] = [];
  // A loop, and no closures: this is done for every breaker of every answer.
  for (const bucket of window) {
    if (bucket.startedAt === startedAt) {
      succeeded += bucket.succeeded;
      failed += bucket.failed;
      // A clock set back a little must not forget what just happened, so both directions count.
    } else if (Math.abs(now - bucket.startedAt) < windowMs) kept.push(bucket);
  }
  kept.push({ startedAt, succeeded, failed });
  return kept;
}

/** How many outcomes the window holds, and how many of them are failures. */
export function tally(window: Window): { samples: number; failed: number } {
  let samples = 0;
  let failed = 0;
  for (const bucket of window) {
    samples += bucket.succeeded + bucket.failed;
    failed += bucket.failed;
  }
  return { samples, failed };
}
