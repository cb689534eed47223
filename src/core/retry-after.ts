import type { Ms } from './failure.ts';
import { subscriptionLimit } from './subscription-limit.ts';

/** Longest wait that is believed: nobody limits or bills by more than a month. */
const LONGEST_MS: Ms = 32 * 24 * 3600 * 1000;
/** Epoch seconds of any year of interest are below this, epoch milliseconds above it. */
const MILLISECONDS_FROM = 100_000_000_000;
/** Anything smaller is a duration in seconds, not an instant. */
const INSTANT_FROM = 1_000_000_000;

/**
 * What is left of a limit, as headers name it; the same name with `reset` says when it is whole again. Anthropic:
 * `anthropic-ratelimit-tokens-remaining` · OpenAI, Groq: `x-ratelimit-remaining-tokens` · Cerebras:
 * `x-ratelimit-remaining-tokens-minute` · OpenRouter, Together: `x-ratelimit-remaining` · Mistral: `ratelimitbysize-remaining`.
 */
const LEFT = /^(?:x-|anthropic-)?(?:ratelimit|tokenlimit)(?!-unified).*remaining/;
/** The same in one header, as the drafts of the standard have it: `limit=9, remaining=0, reset=30` · `"day";r=0;t=30`. */
const LEFT_IN_ONE = /(?:\bremaining=|;r=)(?<left>\d+).*?(?:\breset=|;t=)(?<reset>\d+)/;

/**
 * How long an answer's headers say that it will not serve: by `retry-after` (seconds or an HTTP date, RFC 9110 §10.2.3),
 * `retry-after-ms`, or the reset of what they say is used up, for a subscription of its window; the longest of them.
 * Undefined when they say nothing that can be used. An instant is taken relative to the answer's own `date`, so that a clock
 * that is off does not matter.
 * @param now for an answer without a date
 */
export function headerWait(headers: Headers, now: Ms): Ms | undefined {
  const date = dateOf(headers);
  const theirNow = Number.isNaN(date) ? now : date;
  return longest(
    ...IN_MS.map((name) => numberIn(headers.get(name))),
    delay(headers.get('retry-after'), theirNow),
    ...resets(headers).map((value) => delay(value, theirNow)),
    subscriptionReset(headers, theirNow),
  );
}

/** OpenAI's and Azure's. */
const IN_MS = ['retry-after-ms', 'x-ms-retry-after-ms', 'x-retry-after-ms'];

/** The headers with a `date`: ours where the answer has none. */
export function dated(headers: Headers, now: Ms): Headers {
  if (!Number.isNaN(dateOf(headers))) return headers;
  const copy = new Headers(headers);
  copy.set('date', new Date(now).toUTCString());
  return copy;
}

const RELATIVE =
  /\b(?:(?:try again|retry|retrying|resets?|available again)(?: again)? (?:in|after)|wait(?: for)?|retry-after):? ((?:about )?\d.{0,40})/i;
const ABSOLUTE =
  /\b(?:regain access|try again|resets?|available again) (?:on|at|after) (\d{4}-\d\d-\d\d)(?:(?:T| at | )(\d\d:\d\d(?::\d\d)?)(?:\.\d+)? ?(UTC|GMT|Z)?)?/i;

/**
 * How long a refusal's words say that it will not serve: "try again in 7.66s", "Please retry in 1m2.5s", "You will regain
 * access on 2026-12-01 at 00:00 UTC" (a date by `headers`' own `date` only).
 */
export function spokenWait(message: string, headers: Headers): Ms | undefined {
  const relative = RELATIVE.exec(message)?.[1];
  const [, day, time, zone] = ABSOLUTE.exec(message) ?? [];
  // A time of day of nobody knows where is none.
  const isKnown = day !== undefined && (time === undefined || zone !== undefined);
  const until = isKnown ? Date.parse(`${day}T${time ?? '00:00'}Z`) : Number.NaN;
  return longest(relative === undefined ? undefined : durationIn(relative), until - dateOf(headers));
}

/** The longest of the waits that can be believed; undefined when there is none. */
export function longest(...waits: readonly (Ms | undefined)[]): Ms | undefined {
  const known = waits.filter((wait) => wait !== undefined && wait >= 0 && wait <= LONGEST_MS) as Ms[];
  return known.length === 0 ? undefined : Math.round(Math.max(...known));
}

const UNITS: Record<string, Ms> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PART =
  /^(?:about |and |,)?\s*(\d+(?:\.\d+)?)\s?(ms|milliseconds?|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)(?![a-z])\s*/i;

/** A duration at the beginning of `text`, in Go's notation (`2m59.56s`, `90ms`) or in words ("5 minutes"). */
export function durationIn(text: string): Ms | undefined {
  let rest = text;
  let sum: Ms | undefined;
  for (let part = PART.exec(rest); part !== null; part = PART.exec(rest)) {
    const [whole, count, unit = ''] = part;
    const each = /^m(?:s|il)/i.test(unit) ? 1 : (UNITS[unit.charAt(0).toLowerCase()] ?? 0);
    sum = (sum ?? 0) + Number(count) * each;
    rest = rest.slice(whole.length);
  }
  return sum;
}

/** What says when the limits end that are reached: RFC 3339 by Anthropic, a duration or an instant by the others. */
function resets(headers: Headers): (string | null)[] {
  const found: (string | null)[] = [];
  headers.forEach((left, name) => {
    if (LEFT.test(name) && isSpent(left)) found.push(headers.get(name.replace('remaining', 'reset')));
  });
  const { left = '', reset = null } = LEFT_IN_ONE.exec(headers.get('ratelimit') ?? '')?.groups ?? {};
  return isSpent(left) ? [...found, reset] : found;
}

function isSpent(left: string): boolean {
  return left.trim() !== '' && Number(left) <= 0;
}

function subscriptionReset(headers: Headers, theirNow: Ms): Ms | undefined {
  const waits = subscriptionLimit(headers)?.resets.map((at) => longest(at - theirNow));
  return waits?.find((wait) => wait !== undefined);
}

/** Seconds, a duration, or how long it is to an instant: epoch seconds or milliseconds, or a date with its time. */
function delay(value: string | null, theirNow: Ms): Ms | undefined {
  if (value === null) return undefined;
  const number = numberIn(value);
  if (number !== undefined) {
    if (number < INSTANT_FROM) return number * 1000;
    return (number < MILLISECONDS_FROM ? number * 1000 : number) - theirNow;
  }
  // Without a time of day it is no date, though Date.parse takes almost anything for one.
  return value.includes(':') ? Date.parse(value) - theirNow : durationIn(value);
}

function numberIn(value: string | null): number | undefined {
  return value !== null && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

function dateOf(headers: Headers): Ms {
  return Date.parse(headers.get('date') ?? '');
}
