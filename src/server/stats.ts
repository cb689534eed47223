import type { Ms } from '../core/failure.ts';
import type { AttemptRecord, Clock, Journal, ProbeRecord, RequestRecord } from '../core/runtime.ts';

/** What happened since the start, per upstream. */
export interface Counts {
  /** Requests it began to answer, and refusals of its own that were passed on. */
  requests: number;
  ok: number;
  /** Attempts that failed; those that say nothing about the upstream are none. */
  failed: number;
  attempts: number;
  probes: number;
}

/** The last time another upstream began to serve than the one before. */
export interface Switch {
  at: Ms;
  from: string;
  to: string;
  reason: string;
}

/** Counters and samples for `status`; also the journal that fills them. */
export interface Stats extends Journal {
  counts(upstream: string): Counts;
  /** Quantiles of the time to the first content over the last answers, in milliseconds; null before the first. */
  firstContent(upstream: string): { p50: Ms; p95: Ms } | null;
  /** Who answered last. */
  readonly servedBy: string | null;
  /** In words, how its last attempt failed that says something about it; null when that went well, or there was none. */
  lastFailure(upstream: string): string | null;
  readonly lastSwitch: Switch | null;
  /** Null before the first. */
  lastProbe(upstream: string): ProbeRecord | null;
  /** How long its last probe took that succeeded; null before the first. */
  probeMs(upstream: string): Ms | null;
}

/** Samples kept per upstream. */
const SAMPLES = 100;

/** @param next is told everything too: the log. */
export function stats(clock: Clock, next: Journal): Stats {
  const counters = new Map<string, Counts>();
  const failures = new Map<string, string>();
  const samples = new Map<string, Ms[]>();
  const probes = new Map<string, ProbeRecord>();
  const probeTimes = new Map<string, Ms>();
  const state = { serving: null as string | null, lastSwitch: null as Switch | null };

  function counts(upstream: string): Counts {
    const known = counters.get(upstream);
    if (known !== undefined) return known;
    const fresh = { requests: 0, ok: 0, failed: 0, attempts: 0, probes: 0 };
    counters.set(upstream, fresh);
    return fresh;
  }

  return {
    counts,
    get servedBy() {
      return state.serving;
    },
    lastFailure: (upstream) => failures.get(upstream) ?? null,
    get lastSwitch() {
      return state.lastSwitch;
    },
    lastProbe: (upstream) => probes.get(upstream) ?? null,
    probeMs: (upstream) => probeTimes.get(upstream) ?? null,
    firstContent(upstream) {
      const sorted = [...(samples.get(upstream) ?? [])].sort((a, b) => a - b);
      if (sorted.length === 0) return null;
      return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
    },
    attempt(record: AttemptRecord) {
      counts(record.upstream).attempts += 1;
      const { failure, neutral } = record;
      if (failure === undefined) failures.delete(record.upstream);
      else if (failure.kind !== 'cancelled' && !neutral) {
        counts(record.upstream).failed += 1;
        failures.set(record.upstream, failure.message);
      }
      if (record.firstContentMs !== undefined) {
        const list = samples.get(record.upstream) ?? [];
        list.push(record.firstContentMs);
        if (list.length > SAMPLES) list.shift();
        samples.set(record.upstream, list);
      }
      next.attempt(record);
    },
    serving(requestId: string, upstream: string, because: string | null) {
      if (state.serving !== null && state.serving !== upstream) {
        state.lastSwitch = {
          at: clock.now(),
          from: state.serving,
          to: upstream,
          reason: because ?? 'it is well again',
        };
      }
      state.serving = upstream;
      next.serving(requestId, upstream, because);
    },
    request(record: RequestRecord) {
      if (record.upstream !== null) {
        counts(record.upstream).requests += 1;
        if (record.outcome === 'ok') counts(record.upstream).ok += 1;
      }
      next.request(record);
    },
    probe(record: ProbeRecord) {
      counts(record.upstream).probes += 1;
      probes.set(record.upstream, record);
      if (record.failure === undefined) probeTimes.set(record.upstream, Math.round(record.tookMs));
      next.probe(record);
    },
    breaker: (record) => next.breaker(record),
  };
}

function quantile(sorted: readonly Ms[], share: number): Ms {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}
