import type { FailureKind, Ms } from './failure.ts';

/** What a failure is about. A request needs leave from each of them. */
export type Scope = 'host' | 'upstream' | 'credential' | 'model';

/** What a success has shown, weakest first: that something answers, that the credential is good, that there are answers. */
export type Proof = 'connection' | 'credential' | 'inference';

/** What a failure does: whether another upstream is asked, whether the same one is, and what becomes of its breaker. */
export interface Verdict {
  /** Whether the next upstream is asked. */
  failover: boolean;
  /** Whether the same upstream is asked once more: at once, or after the time it names where nothing else can answer. */
  again: 'no' | 'once' | 'after-wait';
  /**
   * `count`: one counted failure · `trip`: open at once · `cooldown`: not asked until its end · `block`: not asked until
   * something changed, tried again now and then · `exclude`: says nothing about the upstream.
   */
  breaker: 'count' | 'trip' | 'cooldown' | 'block' | 'exclude';
  scope: Scope;
  /** The least that a success must have shown to take back what this failure did. */
  needs: Proof;
  /** What it counts for, where it is counted; default 1. */
  weight?: number;
  /** `cooldown` without a known end: the first, doubling up to the longest. `block`: until it is tried again. */
  lastsMs?: { first: Ms; longest: Ms };
  /** The longest end of a cooldown that is believed; beyond it the end counts as not known. */
  believedMs?: Ms;
}

const MINUTE: Ms = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const EXCLUDED = { again: 'no', breaker: 'exclude', scope: 'upstream', needs: 'connection' } as const;

/**
 * Failure kind → verdict, for failures of any upstream. Which HTTP statuses of Anthropic move on is configuration
 * (`failover.triggers`) and is decided before this table is asked.
 */
export const VERDICTS: Record<FailureKind, Verdict> = {
  refused: { failover: true, again: 'no', breaker: 'count', scope: 'host', needs: 'connection' },
  unreachable: { failover: true, again: 'no', breaker: 'count', scope: 'host', needs: 'connection' },
  untrusted: {
    failover: true,
    again: 'no',
    breaker: 'block',
    scope: 'host',
    needs: 'connection',
    lastsMs: { first: 5 * MINUTE, longest: 5 * MINUTE },
  },
  unresponsive: { failover: true, again: 'no', breaker: 'count', scope: 'upstream', needs: 'connection' },
  slow: { failover: true, again: 'no', breaker: 'count', scope: 'model', needs: 'inference' },
  stalled: { failover: true, again: 'no', breaker: 'count', scope: 'upstream', needs: 'inference' },
  cut: { failover: true, again: 'no', breaker: 'count', scope: 'upstream', needs: 'inference' },
  garbled: { failover: true, again: 'no', breaker: 'count', scope: 'upstream', needs: 'inference' },
  misdirected: { failover: true, again: 'no', breaker: 'trip', scope: 'upstream', needs: 'inference' },
  empty: { failover: true, again: 'no', breaker: 'count', scope: 'model', needs: 'inference' },
  server_error: { failover: true, again: 'no', breaker: 'count', scope: 'upstream', needs: 'inference' },
  overloaded: { failover: true, again: 'no', breaker: 'count', scope: 'model', needs: 'inference' },
  transient: {
    failover: true,
    again: 'once',
    breaker: 'count',
    scope: 'upstream',
    needs: 'inference',
    weight: 0.5,
  },
  fumbled: {
    failover: true,
    again: 'once',
    breaker: 'count',
    scope: 'model',
    needs: 'inference',
    weight: 0.5,
  },
  rate_limited: {
    failover: true,
    again: 'after-wait',
    breaker: 'cooldown',
    scope: 'model',
    needs: 'inference',
    lastsMs: { first: 30_000, longest: 10 * MINUTE },
    believedMs: 6 * HOUR,
  },
  // The longest period that providers bill by is a month.
  exhausted: {
    failover: true,
    again: 'no',
    breaker: 'cooldown',
    scope: 'credential',
    needs: 'inference',
    lastsMs: { first: HOUR, longest: HOUR },
    believedMs: 32 * DAY,
  },
  model_exhausted: {
    failover: true,
    again: 'no',
    breaker: 'cooldown',
    scope: 'model',
    needs: 'inference',
    lastsMs: { first: HOUR, longest: HOUR },
    believedMs: 32 * DAY,
  },
  unauthorized: {
    failover: true,
    again: 'no',
    breaker: 'block',
    scope: 'credential',
    needs: 'credential',
    lastsMs: { first: 5 * MINUTE, longest: 5 * MINUTE },
  },
  forbidden: {
    failover: true,
    again: 'no',
    breaker: 'block',
    scope: 'model',
    needs: 'inference',
    lastsMs: { first: 15 * MINUTE, longest: 15 * MINUTE },
  },
  no_such_model: { failover: true, again: 'no', breaker: 'trip', scope: 'model', needs: 'inference' },
  unsupported: { failover: true, ...EXCLUDED },
  too_long: { failover: true, ...EXCLUDED },
  rejected: { failover: true, ...EXCLUDED },
  cancelled: { failover: false, ...EXCLUDED },
  offline: { failover: true, ...EXCLUDED },
};

const RANK: Record<Proof, number> = { connection: 0, credential: 1, inference: 2 };

/** Whether `shown` is at least what is needed. */
export function proves(shown: Proof, needed: Proof): boolean {
  return RANK[shown] >= RANK[needed];
}

/** The one that takes more to show. */
export function stricter(one: Proof, other: Proof | null | undefined): Proof {
  return other != null && proves(other, one) ? other : one;
}
