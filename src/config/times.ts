import type { BreakerSettings } from '../core/breaker.ts';
import type { Ms } from '../core/failure.ts';
import type { Timeouts } from '../core/upstream.ts';
import { type Draft, placeIn, showIn } from './draft.ts';
import { parseDuration } from './duration.ts';
import type { Place, Problem } from './problem.ts';
import { DEFAULT_BREAKER, DEFAULT_TIMEOUTS, LOOPBACK_CONNECTION } from './settings.ts';

/** The longest a timer of the runtime runs; a longer one would fire at once. */
const LONGEST_MS: Ms = 2 ** 31 - 1;

/** Milliseconds of a validated duration, or the default; 0 only where it makes sense. */
export function readDuration(
  text: string | undefined,
  fallback: Ms,
  place: Place,
  problems: Problem[],
  zero: 'allowed' | 'refused' = 'refused',
): Ms {
  if (text === undefined) return fallback;
  const ms = parseDuration(text) ?? fallback;
  const allowed = zero === 'allowed' ? 'from "0s" to "24d"' : 'longer than "0s", up to "24d"';
  if (ms > LONGEST_MS) problems.push({ ...place, what: 'too long', found: `"${text}"`, allowed });
  if (ms === 0 && zero === 'refused')
    problems.push({ ...place, what: 'too short', found: `"${text}"`, allowed });
  return ms;
}

/** `[upstreams.NAME.timeouts]` over the defaults; a short `first_event` alone shortens the default of `connect`. */
export function readTimeouts(draft: Draft, problems: Problem[]): Timeouts {
  const table = draft.table.timeouts ?? {};
  const read = (key: keyof typeof table, fallback: Ms) =>
    readDuration(table[key], fallback, placeIn(draft, 'timeouts', key), problems);
  const firstEventMs = read('first_event', DEFAULT_TIMEOUTS.firstEventMs);
  return {
    connectMs: read('connect', Math.min(DEFAULT_TIMEOUTS.connectMs, firstEventMs)),
    firstEventMs,
    idleMs: read('idle', DEFAULT_TIMEOUTS.idleMs),
    responseMs: read('response', DEFAULT_TIMEOUTS.responseMs),
  };
}

/** A line about a limit that never ends anything, because another ends first. */
export function uselessLimits(name: string, { connectMs, firstEventMs }: Timeouts): string[] {
  if (connectMs <= firstEventMs) return [];
  const [connect, firstEvent] = [connectMs, firstEventMs].map((ms) => `${ms / 1_000} s`);
  return [
    `${name}: timeouts.connect (${connect}) is longer than timeouts.first_event (${firstEvent}), which ends first`,
  ];
}

/**
 * `[upstreams.NAME.breaker]` over the defaults; one of `open` and `open_max` alone moves the other's default, and either
 * holds for failures to connect as well.
 */
export function readBreaker(
  draft: Draft,
  isLocal: boolean,
  problems: Problem[],
): Omit<BreakerSettings, 'prober'> {
  const table = draft.table.breaker ?? {};
  const read = (key: 'window' | 'open' | 'open_max', fallback: Ms) =>
    readDuration(table[key], fallback, placeIn(draft, 'breaker', key), problems);
  const openMs = read('open', DEFAULT_BREAKER.openMs);
  const openMaxMs = read('open_max', DEFAULT_BREAKER.openMaxMs);
  if (table.open !== undefined && table.open_max !== undefined && openMs > openMaxMs) {
    problems.push({
      ...placeIn(draft, 'breaker', 'open'),
      what: 'longer than open_max',
      found: showIn(draft, 'breaker', 'open'),
      allowed: `at most open_max, "${table.open_max}"`,
    });
  }
  const times = {
    openMs: table.open === undefined ? Math.min(openMs, openMaxMs) : openMs,
    openMaxMs: table.open_max === undefined ? Math.max(openMs, openMaxMs) : openMaxMs,
  };
  const isSet = table.open !== undefined || table.open_max !== undefined;
  const connection = isLocal ? LOOPBACK_CONNECTION : DEFAULT_BREAKER.connection;
  return {
    failures: table.failures ?? DEFAULT_BREAKER.failures,
    windowMs: read('window', DEFAULT_BREAKER.windowMs),
    ratio: table.ratio ?? DEFAULT_BREAKER.ratio,
    minSamples: table.min_samples ?? DEFAULT_BREAKER.minSamples,
    ...times,
    connection: isSet ? times : connection,
  };
}
