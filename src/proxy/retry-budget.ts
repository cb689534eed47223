import type { Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';
import { fullBucket, refill, type TokenBucket, take } from '../core/token-bucket.ts';

/** One request in five may be repeated at the same upstream: what helps against a hiccup makes an overload worse. */
const REQUESTS_PER_RETRY = 5;
const RETRIES_AT_ONCE = 10;
/** One request in twenty may be asked twice at the same time: both may have to be paid for. */
const REQUESTS_PER_HEDGE = 20;
const HEDGES_AT_ONCE = 2;

/** So many last resorts at once, and one more each second: enough for a person, and not for a storm on what is down. */
const LAST_RESORTS_AT_ONCE = 5;
const PER_LAST_RESORT_MS: Ms = 1_000;

/** How much may be asked a second time. Requests fill it up, so that it is a share of them in the long run. */
export interface RetryBudgets {
  /** Once for every request of a client. */
  noteRequest(): void;
  /** Once for every upstream that a request is sent to; its repetition there does not count. */
  noteAsked(upstream: string): void;
  /** Whether one more request may be repeated at this upstream: at most 20 % of them, ten at once. Spends what it grants. */
  mayRetry(upstream: string): boolean;
  /** Whether one more request may be sent to this upstream although its breaker is open. Spends what it grants. */
  mayInsist(upstream: string): boolean;
  /** Whether one more request may be given a second upstream: at most 5 % of all, two at once. Spends what it grants. */
  mayHedge(): boolean;
}

/** Budgets that are full. */
export function retryBudgets(clock: Pick<Clock, 'now'>): RetryBudgets {
  // Counted in requests and not in retries: fractions would not add up to a whole one.
  const retries = new Map<string, TokenBucket>();
  const lastResorts = new Map<string, { bucket: TokenBucket; at: Ms }>();
  let hedges = fullBucket(HEDGES_AT_ONCE * REQUESTS_PER_HEDGE);
  const retriesOf = (upstream: string) =>
    retries.get(upstream) ?? fullBucket(RETRIES_AT_ONCE * REQUESTS_PER_RETRY);

  return {
    noteRequest() {
      hedges = refill(hedges, 1);
    },
    noteAsked(upstream) {
      retries.set(upstream, refill(retriesOf(upstream), 1));
    },
    mayRetry(upstream) {
      const [left, isTaken] = take(retriesOf(upstream), REQUESTS_PER_RETRY);
      retries.set(upstream, left);
      return isTaken;
    },
    mayInsist(upstream) {
      const now = clock.now();
      const most = LAST_RESORTS_AT_ONCE * PER_LAST_RESORT_MS;
      const { bucket, at } = lastResorts.get(upstream) ?? { bucket: fullBucket(most), at: now };
      const [left, isTaken] = take(refill(bucket, Math.max(0, now - at)), PER_LAST_RESORT_MS);
      lastResorts.set(upstream, { bucket: left, at: now });
      return isTaken;
    },
    mayHedge() {
      const [left, isTaken] = take(hedges, REQUESTS_PER_HEDGE);
      hedges = left;
      return isTaken;
    },
  };
}
