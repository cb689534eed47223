import type { Ms } from './failure.ts';

/** Longest wait that is believed: a window of a subscription is at most a week. */
const LONGEST_MS: Ms = 31 * 24 * 3600 * 1000;

/**
 * When an answer's `retry-after` (seconds or an HTTP date, RFC 9110 §10.2.3) or `retry-after-ms` says it will serve again;
 * undefined when it says nothing that can be used. An absolute time is taken relative to the answer's own `date`, so that
 * a clock that is off does not matter.
 */
export function retryAt(headers: Headers, now: Ms): Ms | undefined {
  const waits = [
    milliseconds(headers.get('retry-after-ms')),
    delay(headers.get('retry-after'), headers.get('date'), now),
  ];
  const known = waits.filter((wait) => wait !== undefined && wait >= 0 && wait <= LONGEST_MS) as Ms[];
  return known.length === 0 ? undefined : now + Math.max(...known);
}

function milliseconds(value: string | null): Ms | undefined {
  return value !== null && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

function delay(value: string | null, date: string | null, now: Ms): Ms | undefined {
  if (value === null) return undefined;
  const seconds = milliseconds(value);
  if (seconds !== undefined) return seconds * 1000;
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  const theirNow = date === null ? Number.NaN : Date.parse(date);
  return Math.max(0, until - (Number.isNaN(theirNow) ? now : theirNow));
}
