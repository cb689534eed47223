import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { BreakerState } from '../core/breaker.ts';
import type { Ms } from '../core/failure.ts';

/** What is known of the upstreams' health that outlives the process. */
export interface HealthRecord {
  /** Of the names that stand for credentials: with another salt they would have other names. */
  salt: string;
  /** The upstream that the user prefers. */
  preferred: string | null;
  /** The breakers that are kept, by the names of their keys in the file. */
  breakers: ReadonlyMap<string, BreakerState>;
}

/** Raised when an older ccproxy could not read the file any more, or a newer one would misread it. */
const VERSION = 1;
/** What ends so soon would be over before another process has started. */
const SHORTEST_MS: Ms = 5_000;
/** The longest end that is believed: the longest cooldown is a month. */
const UNTIL_MAX_MS: Ms = 32 * 86_400_000;
/** Clients name models as they like; so much of it is written down. */
const KEY_MAX = 400;
const REASON_MAX = 1000;
const FLAPS_MAX = 100;
const BREAKERS_MAX = 200;

/** What a `Date` can be made of. */
const Instant = Type.Number({ minimum: 0, maximum: 8_640_000_000_000_000 });
const Count = Type.Integer({ minimum: 0, maximum: 1_000_000 });
const History = {
  generation: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER - 1_000_000 }),
  since: Instant,
  trips: Count,
  cooldowns: Count,
  flaps: Type.Array(Instant, { maxItems: FLAPS_MAX }),
};

const Ended = Type.Object({
  ...History,
  phase: Type.Union([Type.Literal('cooldown'), Type.Literal('blocked')]),
  until: Instant,
  reason: Type.String({ maxLength: REASON_MAX }),
  needs: Type.Union([Type.Literal('connection'), Type.Literal('credential'), Type.Literal('inference')]),
});
const Held = Type.Object({ ...History, phase: Type.Literal('isolated') });

const Record = Type.Object({
  version: Type.Literal(VERSION),
  salt: Type.String({ pattern: '^[A-Za-z0-9]{16,128}$' }),
  preferred: Type.Union([Type.Null(), Type.String({ maxLength: 100 })]),
  breakers: Type.Record(Type.String(), Type.Unknown()),
});

const Versioned = Type.Object({ version: Type.Integer({ minimum: 0 }) });

/** Whether a breaker is worth writing down: an end that was named, or a hand that holds it. An open one is looked at again soon. */
export function isLasting({ phase }: BreakerState): boolean {
  return phase === 'cooldown' || phase === 'blocked' || phase === 'isolated';
}

/** Whether it is to be in the file: a limit that lasts a few seconds is not worth a write. */
export function isWorthKeeping(state: BreakerState, now: Ms): boolean {
  return lasts(state, now + SHORTEST_MS);
}

/** A record from a file's text, without the breakers whose time is up and those that are none; null for any other text. */
export function parseRecord(text: string, now: Ms): HealthRecord | null {
  const raw = parsed(text);
  if (!Value.Check(Record, raw)) return null;
  const { salt, preferred, breakers } = raw;
  const kept = Object.entries(breakers).flatMap(([key, value]): [string, BreakerState][] => {
    const state = stateOf(value);
    return state !== null && key.length <= KEY_MAX && lasts(state, now) ? [[key, state]] : [];
  });
  return { salt, preferred, breakers: new Map(kept) };
}

/** Whether a file's text, which is no record, looks like one of an older or a newer ccproxy. */
export function isOfAnotherVersion(text: string): boolean {
  const raw = parsed(text);
  return Value.Check(Versioned, raw) && raw.version !== VERSION;
}

/** The record as a file's text: the same for the same content. */
export function printRecord({ salt, preferred, breakers }: HealthRecord, now: Ms): string {
  const kept = [...breakers]
    .filter(([key, state]) => key.length <= KEY_MAX && isWorthKeeping(state, now))
    .sort(([a, one], [b, other]) => endOf(other) - endOf(one) || (a < b ? -1 : 1))
    .slice(0, BREAKERS_MAX)
    .map(([key, state]) => [key, plain(state)]);
  const content = { version: VERSION, salt, preferred, breakers: Object.fromEntries(kept) };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function stateOf(value: unknown): BreakerState | null {
  const clean = Value.Clean(Type.Union([Ended, Held]), value);
  return Value.Check(Ended, clean) || Value.Check(Held, clean) ? clean : null;
}

function lasts(state: BreakerState, now: Ms): boolean {
  if (!isLasting(state)) return false;
  const end = endOf(state);
  return end === Number.POSITIVE_INFINITY || (end > now && end - now <= UNTIL_MAX_MS);
}

function endOf(state: BreakerState): Ms {
  return 'until' in state ? state.until : Number.POSITIVE_INFINITY;
}

/** No more than what `parseRecord` takes: an upstream's words may be long. */
function plain(state: BreakerState): BreakerState {
  const flaps = state.flaps.slice(-FLAPS_MAX);
  return 'reason' in state
    ? { ...state, flaps, reason: state.reason.slice(0, REASON_MAX) }
    : { ...state, flaps };
}
