import type { Ms } from '../core/failure.ts';
import type { ProbeRecord, Runtime } from '../core/runtime.ts';
import type { Chain, Upstream } from '../core/upstream.ts';
import type { CredentialNames } from '../proxy/credential-names.ts';
import { overall, returnsAt } from '../proxy/standing.ts';
import type { Subject } from '../proxy/subject.ts';
import type { Tested } from '../store/tested-file.ts';
import { span } from '../telemetry/span.ts';
import { ownSubject } from './own-subject.ts';
import type { Counts, Stats } from './stats.ts';

/** One upstream as `status` shows it. Instants are RFC 3339. */
export interface UpstreamStatus {
  name: string;
  provider: string;
  dialect: string;
  state: string;
  since: string | null;
  until: string | null;
  /** In words: why it is in this state, or does not serve although it is closed. */
  reason: string;
  last_probe: ProbeStatus | null;
  last_tested: string | null;
  latency: { first_content_ms: { p50: Ms; p95: Ms } | null; probe_ms: Ms | null };
  counts: Counts;
}

/** How the last probe of an upstream went. */
export interface ProbeStatus {
  at: string;
  ok: boolean;
  method: string;
  ms: Ms;
  /** In words; null for a success. */
  error: string | null;
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
  /** Whether this machine has no network: then no remote upstream is to blame. */
  offline: boolean;
  /** `error`: why the file as it stands now is not in use; null when it is. */
  config: { path: string | null; error: string | null };
  upstreams: UpstreamStatus[];
}

/** What does not change while the process lives. */
export interface Identity {
  version: string;
  /** Random, of this process. */
  instance: string;
  startedAt: Ms;
}

/** Where what `status` shows is taken from. */
export interface StatusSources {
  identity: Identity;
  mode: Status['mode'];
  config: Status['config'];
  listen: readonly string[];
  chain: Chain;
  preferred: string | null;
  credentials: CredentialNames;
  stats: Stats;
  runtime: Runtime;
  /** See `Failover`. */
  returnAfterMs: Ms;
  tested: Tested;
}

export function statusOf(sources: StatusSources): Status {
  const { identity, mode, config, listen, chain, preferred, stats, runtime } = sources;
  const { lastSwitch } = stats;
  const tested = sources.tested.dates();
  return {
    version: identity.version,
    instance: identity.instance,
    mode,
    started_at: instant(identity.startedAt),
    listen: [...listen],
    preferred,
    serving: stats.servedBy,
    last_switch: lastSwitch === null ? null : { ...lastSwitch, at: instant(lastSwitch.at) },
    offline: runtime.network.offline,
    config,
    upstreams: chain.map((upstream) => upstreamStatus(upstream, tested, sources)),
  };
}

function upstreamStatus(
  upstream: Upstream,
  tested: ReturnType<Tested['dates']>,
  sources: StatusSources,
): UpstreamStatus {
  const { identity, credentials, stats, runtime } = sources;
  const { name, provider, dialect } = upstream;
  const subject = ownSubject(upstream, credentials);
  const { name: state, since, until, reason } = overall(subject, runtime);
  const why = reason ?? stats.lastFailure(name);
  const waits = state === 'closed' ? waiting(subject, sources) : null;
  return {
    name,
    provider,
    dialect: dialect.name,
    state,
    since: instant(since === 0 ? identity.startedAt : since),
    until: until === undefined ? null : instant(until),
    reason: [why, waits].filter((words) => words !== null).join(', '),
    last_probe: probeStatus(stats.lastProbe(name)),
    last_tested: tested(upstream),
    latency: { first_content_ms: stats.firstContent(name), probe_ms: stats.probeMs(name) },
    counts: stats.counts(name),
  };
}

/** That it recovered only lately, in words: one that is well serves for a while yet. */
function waiting(subject: Subject, sources: StatusSources): string | null {
  const { chain, preferred, credentials, runtime, returnAfterMs } = sources;
  const at = returnsAt(subject, runtime, returnAfterMs);
  if (at === undefined || subject.upstream.name === preferred) return null;
  const isReplaced = chain.some((upstream) => {
    const other = ownSubject(upstream, credentials);
    return (
      overall(other, runtime).name === 'closed' && returnsAt(other, runtime, returnAfterMs) === undefined
    );
  });
  return isReplaced ? `serves again in ${span(at - runtime.clock.now())}` : null;
}

function probeStatus(record: ProbeRecord | null): ProbeStatus | null {
  if (record === null) return null;
  const { at, method, tookMs, failure } = record;
  return {
    at: instant(at),
    ok: failure === undefined,
    method,
    ms: Math.round(tookMs),
    error: failure?.message ?? null,
  };
}

function instant(at: Ms): string {
  return new Date(at).toISOString();
}
