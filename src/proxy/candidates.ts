import { clientCredentials } from '../auth/credential.ts';
import { view } from '../core/breaker.ts';
import type { Ms } from '../core/failure.ts';
import { select } from '../core/select.ts';
import type { Chain, Inbound, Upstream } from '../core/upstream.ts';
import type { RelayContext } from './context.ts';
import { ask, insist, type Leave } from './permits.ts';

/** At most this many upstreams with an open breaker are asked when nothing else can answer. */
const LAST_RESORTS = 2;

/**
 * How long suspicion puts an upstream last. Only an answer of its own clears it, and while others answer it is not asked:
 * without an end nobody would find out that it is well.
 */
const SUSPECT_MS: Ms = 60_000;

/** Who may be asked for a request, in which order, and why the others may not. */
export interface Candidates {
  /** The upstreams that take part. */
  chain: Chain;
  order: Upstream[];
  /** By upstream name. */
  barred: Map<string, string>;
}

/** Who may be asked for this request, before any breaker is. */
export function candidates(inbound: Inbound, context: RelayContext): Candidates {
  const { runtime, deserters } = context;
  const chain = context.failover.enabled ? context.chain : context.chain.slice(0, 1);
  const now = runtime.clock.now();
  const session = sessionOf(inbound);
  const deserter = session === null ? undefined : deserters.get(session, now);
  if (session !== null) deserters.delete(session);
  const barred = new Map<string, string>();
  const standings = chain.map((upstream) => {
    const reason = barredFor(upstream, inbound, context, chain.length > 1);
    if (reason !== null) barred.set(upstream.name, reason);
    const { name, since } = view(runtime.breakers.read(upstream.name), now);
    const suspect = name === 'suspect' && now - since < SUSPECT_MS;
    return { upstream, barred: reason, last: suspect || upstream.name === deserter };
  });
  return { chain, order: select(standings), barred };
}

/** The conversation a request belongs to, or null. */
export function sessionOf(inbound: Inbound): string | null {
  return inbound.headers.get('x-claude-code-session-id');
}

function barredFor(
  upstream: Upstream,
  inbound: Inbound,
  { rejected, runtime }: RelayContext,
  hasOthers: boolean,
): string | null {
  const hasOwn = upstream.takesClientCredential && clientCredentials(inbound.headers).length > 0;
  if (!hasOwn && upstream.auth(new Headers(), inbound) === null)
    return 'the request has no credential for it';
  if (!hasOthers || !hasOwn) return null;
  return rejected.knows(inbound.headers, runtime.clock.now()) ? 'it rejected this credential' : null;
}

/**
 * The upstreams that are asked, each with its breaker's leave, as they are needed. When no breaker gives leave, the first
 * open ones are asked all the same: an upstream that may be back is better than a certain failure.
 */
export function* permitted(
  order: readonly Upstream[],
  { failover, runtime }: RelayContext,
): Generator<{ upstream: Upstream; leave: Leave }> {
  const most = 1 + failover.maxFailoverAttempts;
  let asked = 0;
  for (const [leaveFor, limit] of [
    [ask, most],
    [insist, Math.min(most, LAST_RESORTS)],
  ] as const) {
    for (const upstream of order) {
      if (asked >= limit) return;
      const leave = leaveFor(upstream, runtime);
      if (leave === null) continue;
      asked += 1;
      yield { upstream, leave };
    }
    if (asked > 0) return;
  }
}
