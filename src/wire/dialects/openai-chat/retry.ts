import type { Ms } from '../../../core/failure.ts';
import type { ErrorShape } from './error-shape.ts';

/** Epoch seconds of any year of interest are below this, epoch milliseconds above it. */
const MILLISECONDS_FROM = 100_000_000_000;
/** Anything smaller is a duration in seconds, not an instant. */
const INSTANT_FROM = 1_000_000_000;
const LONGEST_MS: Ms = 31 * 24 * 3600 * 1000;

/**
 * When a refusal says the upstream will serve again. Durations count from the answer's own `date`: there is no clock
 * here, and theirs is the one they mean. `retry-after` comes first, then Google's RetryInfo and "try again in 7.66s"
 * (Groq), then the limits that are used up (`x-ratelimit-reset-*`: `6m0s`, or an instant at OpenRouter).
 */
export function retryTime(headers: Headers, shape: ErrorShape): Ms | undefined {
  const nowText = headers.get('date');
  const now = nowText === null ? Number.NaN : Date.parse(nowText);
  const at = (ms: number | undefined) => (ms === undefined || ms > LONGEST_MS ? Number.NaN : now + ms);
  const candidates = [
    at(number(headers.get('retry-after-ms'))),
    at(seconds(headers.get('retry-after'))),
    instant(headers.get('retry-after')),
    at(shape.retrySeconds === undefined ? undefined : shape.retrySeconds * 1000),
    at(spoken(shape.message)),
    ...resets(headers, at),
  ];
  return candidates.find((candidate) => Number.isFinite(candidate));
}

function resets(headers: Headers, at: (ms: number | undefined) => number): number[] {
  const times: number[] = [];
  for (const suffix of ['', '-requests', '-tokens']) {
    const left = headers.get(`x-ratelimit-remaining${suffix}`);
    const reset = headers.get(`x-ratelimit-reset${suffix}`);
    if (left === null || reset === null || Number(left) > 0) continue;
    const value = number(reset);
    if (value !== undefined && value >= INSTANT_FROM)
      times.push(value >= MILLISECONDS_FROM ? value : value * 1000);
    else times.push(at(duration(reset) ?? seconds(reset)));
  }
  const known = times.filter(Number.isFinite);
  return known.length === 0 ? [] : [Math.max(...known)];
}

function number(value: string | null): number | undefined {
  return value !== null && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

function seconds(value: string | null): Ms | undefined {
  const count = number(value);
  return count === undefined ? undefined : count * 1000;
}

function instant(value: string | null): number {
  return value === null || number(value) !== undefined ? Number.NaN : Date.parse(value);
}

/** "Please try again in 1m2.5s." */
function spoken(message: string): Ms | undefined {
  const match = /(?:try again|retry) in ((?:\d+(?:\.\d+)?\s?(?:ms|s|m|h|seconds?|minutes?)\s?)+)/i.exec(
    message,
  );
  return match?.[1] === undefined ? undefined : duration(match[1]);
}

const UNITS: Record<string, Ms> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Go's notation: `2m59.56s`, `90ms`. */
function duration(text: string): Ms | undefined {
  const found = [...text.matchAll(/(\d+(?:\.\d+)?)\s?(ms|[smhd])/g)];
  if (found.length === 0) return undefined;
  return found.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}
