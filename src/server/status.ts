import { view } from '../core/breaker.ts';
import type { Ms } from '../core/failure.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Chain } from '../core/upstream.ts';
import type { Counts, Stats } from './stats.ts';

/** One upstream as `status` shows it. Instants are RFC 3339. */
export interface UpstreamStatus {
  name: string;
  provider: string;
  dialect: string;
  state: string;
  since: string | null;
  until: string | null;
  /** In words: why it is in this state. */
  reason: string;
  last_probe: { at: string } | null;
  last_tested: string | null;
  latency: { first_content_ms: { p50: Ms; p95: Ms } | null; probe_ms: Ms | null };
  counts: Counts;
}

/** The answer of `GET /status`. Only what was observed. */
export interface Status {
  version: string;
  instance: string;
  mode: 'emergency' | 'standing' | 'file';
  started_at: string;
  listen: string[];
  preferred: string | null;
  serving: string | null;
  last_switch: { at: string; from: string; to: string; reason: string } | null;
  config: { path: string | null; error: string | null };
  upstreams: UpstreamStatus[];
}

/** What does not change while the process lives. */
export interface Identity {
  version: string;
  /** Random, of this process. */
  instance: string;
  startedAt: Ms;
  mode: Status['mode'];
  configPath: string | null;
}

export function statusOf(
  identity: Identity,
  listen: readonly string[],
  chain: Chain,
  stats: Stats,
  { breakers, clock }: Runtime,
): Status {
  const { lastSwitch } = stats;
  return {
    version: identity.version,
    instance: identity.instance,
    mode: identity.mode,
    started_at: instant(identity.startedAt),
    listen: [...listen],
    preferred: null,
    serving: stats.servedBy,
    last_switch: lastSwitch === null ? null : { ...lastSwitch, at: instant(lastSwitch.at) },
    config: { path: identity.configPath, error: null },
    upstreams: chain.map(({ name, provider, dialect }) => {
      const breaker = view(breakers.read(name), clock.now());
      return {
        name,
        provider,
        dialect: dialect.name,
        state: breaker.name,
        since: instant(breaker.since === 0 ? identity.startedAt : breaker.since),
        until: breaker.until === undefined ? null : instant(breaker.until),
        reason: breaker.reason ?? stats.lastFailure(name) ?? '',
        last_probe: null,
        last_tested: null,
        latency: { first_content_ms: stats.firstContent(name), probe_ms: null },
        counts: stats.counts(name),
      };
    }),
  };
}

function instant(at: Ms): string {
  return new Date(at).toISOString();
}
