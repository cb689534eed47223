import type { Ms } from './failure.ts';

/** Outcomes that came within one tenth of the window. */
interface Bucket {
  readonly startedAt: Ms;
  readonly succeeded: number;
  readonly failed: number;
}

/** The outcomes of the last while, oldest first: a sliding window in ten steps. Plain data, never changed in place. */
export type Window = readonly Bucket[];

const BUCKETS = 10;

/** The window with one more outcome. Nothing older than `windowMs` is left in it. */
export function record(window: Window, ok: boolean, now: Ms, windowMs: Ms): Window {
  const width = Math.max(1, windowMs / BUCKETS);
  const last = window.at(-1);
  // A clock set back must not start a bucket before the last one.
  const startedAt = Math.max(Math.floor(now / width) * width, last?.startedAt ?? 0);
  const same = last?.startedAt === startedAt;
  const current = {
    startedAt,
    succeeded: (same ? last.succeeded : 0) + (ok ? 1 : 0),
    failed: (same ? last.failed : 0) + (ok ? 0 : 1),
  };
  const earlier = window.filter(
    (bucket) => bucket.startedAt > now - windowMs && bucket.startedAt !== startedAt,
  );
  return [...earlier, current];
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
