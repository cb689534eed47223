import type { Ms } from '../core/failure.ts';
import type { ProbeMethod, ProbeSettings } from '../core/upstream.ts';
import type { Proof } from '../core/verdict.ts';
import type { DialectName } from '../providers/provider.ts';
import { type Draft, placeIn, showIn } from './draft.ts';
import type { Problem } from './problem.ts';
import { DEFAULT_PROBE, FIRST_PROBE_INTERVAL_MS } from './settings.ts';
import { readDuration } from './times.ts';

/** What decides about an upstream's probe, beside its table; null where that has a problem of its own. */
export interface Probed {
  /** The first of the chain serves while all is well: what happens to it has to be known soonest. */
  isFirst: boolean;
  dialect: DialectName | null;
  /** It is at an address of the provider that has no list of models as far as anybody knows. */
  isAside: boolean;
  /** Whether ccproxy has a key of its own for it. */
  hasKey: boolean | null;
}

/** What each method shows where ccproxy has a key. */
const SHOWS: Record<ProbeMethod, Proof> = {
  connect: 'connection',
  head: 'connection',
  models: 'credential',
  count_tokens: 'credential',
  message: 'inference',
};

/** A word asked with the frame that the API puts around it is about nine tokens, and one is answered. */
const TOKENS_PER_MESSAGE = 10;
/** Closer together, probes that cost would cost more than many people's requests. */
const MESSAGE_INTERVAL_MS: Ms = 10_000;
const DAY_MS: Ms = 86_400_000;

/** `[upstreams.NAME.probe]` over the preset; one of `interval` and `timeout` alone moves the other's default. */
export function readProbe(draft: Draft, probed: Probed, problems: Problem[]): ProbeSettings {
  const { provider } = draft;
  const table = draft.table.probe ?? {};
  const read = (key: 'interval' | 'timeout', fallback: Ms) =>
    readDuration(table[key], fallback, placeIn(draft, 'probe', key), problems);
  const usualMs = probed.isFirst ? FIRST_PROBE_INTERVAL_MS : DEFAULT_PROBE.intervalMs;
  const intervalMs = read('interval', usualMs);
  const timeoutMs = read('timeout', DEFAULT_PROBE.timeoutMs);
  if (
    table.interval !== undefined &&
    table.timeout !== undefined &&
    timeoutMs > intervalMs &&
    intervalMs > 0
  ) {
    problems.push({
      ...placeIn(draft, 'probe', 'timeout'),
      what: 'longer than interval',
      found: showIn(draft, 'probe', 'timeout'),
      allowed: `at most interval, "${table.interval}"`,
    });
  }
  const isClients = provider.credential === 'client' && probed.hasKey === false;
  const method = table.method ?? (isClients || probed.isAside ? 'head' : provider.probe.method);
  if (table.method === 'message' && intervalMs > 0 && intervalMs < MESSAGE_INTERVAL_MS) {
    problems.push({
      ...placeIn(draft, 'probe', 'interval'),
      what: 'too short for probes that spend tokens',
      found: showIn(draft, 'probe', 'interval'),
      allowed: 'at least "10s" with method = "message"',
      hint: `this would be about ${tokensPerDay(intervalMs)} tokens a day`,
    });
  }
  problems.push(...findUnusable(draft, method, probed.dialect, isClients));
  return {
    enabled: table.enabled ?? DEFAULT_PROBE.enabled,
    method,
    path: provider.probe.path ?? DEFAULT_PROBE.path,
    intervalMs: table.interval === undefined ? Math.max(intervalMs, timeoutMs) : intervalMs,
    timeoutMs: table.timeout === undefined ? Math.min(intervalMs, timeoutMs) : timeoutMs,
  };
}

/** What a success of such a probe shows; null where there are none. */
export function proofOf({ enabled, method }: ProbeSettings, hasKey: boolean): Proof | null {
  if (!enabled) return null;
  // A list that is given without a key says nothing about one.
  return method === 'models' && !hasKey ? 'connection' : SHOWS[method];
}

/** A line about what probes spend, for those that do. */
export function priceOf(name: string, { enabled, method, intervalMs }: ProbeSettings): string[] {
  if (!enabled || method !== 'message') return [];
  return [
    `${name}: probe.method = "message" spends about ${tokensPerDay(intervalMs)} tokens a day while requests come ` +
      `(${TOKENS_PER_MESSAGE} for each probe, input and output, every ${intervalMs / 1_000} s), fewer while none do`,
  ];
}

function findUnusable(
  draft: Draft,
  method: ProbeMethod,
  dialect: DialectName | null,
  isClients: boolean,
): Problem[] {
  const place = placeIn(draft, 'probe', 'method');
  const found = showIn(draft, 'probe', 'method');
  if (method === 'count_tokens' && dialect !== null && dialect !== 'anthropic') {
    const what = 'asks by the Messages API, which this upstream does not speak';
    return [{ ...place, what, found, allowed: '"connect", "head", "models" or "message"' }];
  }
  if (isClients && method !== 'connect' && method !== 'head') {
    const what = "needs a key of ccproxy's own: the client's credential is never used to probe";
    return [{ ...place, what, found, allowed: '"connect" or "head", or an api_key beside it' }];
  }
  return [];
}

function tokensPerDay(intervalMs: Ms): string {
  return Math.round((DAY_MS / intervalMs) * TOKENS_PER_MESSAGE).toLocaleString('en-US');
}
