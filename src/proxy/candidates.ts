import { clientCredentials } from '../auth/credential.ts';
import { view } from '../core/breaker.ts';
import { select } from '../core/select.ts';
import type { Chain, Inbound, Upstream } from '../core/upstream.ts';
import type { RelayContext } from './context.ts';
import { ask, insist, type Leave } from './permits.ts';

/** At most this many upstreams with an open breaker are asked when nothing else can answer. */
const LAST_RESORTS = 2;

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
    const suspect = view(runtime.breakers.read(upstream.name), now).name === 'suspect';
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
 * The upstreams that are asked, each with its breaker's leave, as they are needed. When none of them could answer, the
 * first with open breakers are asked all the same: an upstream that may be back is better than a certain failure.
 */
export function* permitted(
  order: readonly Upstream[],
  { failover, runtime }: RelayContext,
): Generator<{ upstream: Upstream; leave: Leave }> {
  const most = 1 + failover.maxFailoverAttempts;
  const asked = new Set<Upstream>();
  for (const [leaveFor, more] of [
    [ask, most],
    [insist, LAST_RESORTS],
  ] as const) {
    const limit = Math.min(most, asked.size + more);
    for (const upstream of order) {
      if (asked.size >= limit) return;
      const leave = asked.has(upstream) ? null : leaveFor(upstream, runtime);
      if (leave === null) continue;
      asked.add(upstream);
      yield { upstream, leave };
    }
  }
}
