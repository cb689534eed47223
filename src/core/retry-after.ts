import type { Ms } from './failure.ts';

/** Longest wait that is believed: a window of a subscription is at most a week. */
const LONGEST_MS: Ms = 31 * 24 * 3600 * 1000;

/** What Anthropic limits, as its headers name it: `anthropic-ratelimit-tokens-remaining`, `…-reset`. */
const BUCKETS = ['requests', 'tokens', 'input-tokens', 'output-tokens'];

/**
 * When an answer says it will serve again: by `retry-after` (seconds or an HTTP date, RFC 9110 §10.2.3), `retry-after-ms`,
 * or the reset of what Anthropic says is used up; the latest of them. Undefined when it says nothing that can be used. An
 * absolute time is taken relative to the answer's own `date`, so that a clock that is off does not matter.
 */
export function retryAt(headers: Headers, now: Ms): Ms | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  const theirNow = Number.isNaN(date) ? now : date;
  const waits = [
    milliseconds(headers.get('retry-after-ms')),
    delay(headers.get('retry-after'), theirNow),
    ...resets(headers).map((until) => Math.max(0, until - theirNow)),
  ];
  const known = waits.filter((wait) => wait !== undefined && wait >= 0 && wait <= LONGEST_MS) as Ms[];
  return known.length === 0 ? undefined : now + Math.max(...known);
}

/** Ends of the limits that are reached: RFC 3339 for a bucket of the API, epoch seconds for a subscription's window. */
function resets(headers: Headers): Ms[] {
  const of = (name: string) => headers.get(`anthropic-ratelimit-${name}`) ?? '';
  const spent = BUCKETS.filter((bucket) => of(`${bucket}-remaining`).trim() === '0');
  const window =
    of('unified-status') === 'rejected' ? Number(of('unified-reset') || Number.NaN) * 1000 : Number.NaN;
  return [...spent.map((bucket) => Date.parse(of(`${bucket}-reset`))), window].filter(
    (at) => !Number.isNaN(at),
  );
}

function milliseconds(value: string | null): Ms | undefined {
  return value !== null && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

function delay(value: string | null, theirNow: Ms): Ms | undefined {
  if (value === null) return undefined;
  const seconds = milliseconds(value);
  if (seconds !== undefined) return seconds * 1000;
  // Without a time of day it is no date, though Date.parse takes almost anything for one.
  const until = value.includes(':') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(until) ? undefined : Math.max(0, until - theirNow);
}
