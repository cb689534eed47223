import { clientCredentials } from '../auth/credential.ts';
import type { BreakerView } from '../core/breaker-view.ts';
import { healthKeys } from '../core/health-keys.ts';
import { isRemote } from '../core/remote.ts';
import { type Standing, select } from '../core/select.ts';
import { isTurnBoundary } from '../core/turn.ts';
import type { Chain, Inbound, Upstream } from '../core/upstream.ts';
import type { RelayContext } from './context.ts';
import { mayBeAsked } from './permits.ts';
import { sessionKey } from './sessions.ts';
import { recoveryOf, returnsAt, standing } from './standing.ts';
import type { Subject } from './subject.ts';

/** Who may be asked for a request, in which order, and why the others may not. */
export interface Candidates {
  /** The upstreams that take part, as this request asks them. */
  chain: readonly Subject[];
  order: readonly Subject[];
  /** By upstream name. */
  barred: Map<string, string>;
  /** Why those that could be asked stand behind others, by upstream name. */
  behind: ReadonlyMap<string, string>;
}

/** Who may be asked for this request, before any breaker is. */
export function candidates(inbound: Inbound, context: RelayContext): Candidates {
  const { preference } = context;
  const chain = taking(context).map((upstream) => subjectOf(upstream, inbound, context));
  const deserter = takeDeserter(inbound, context);
  const barred = new Map<string, string>();
  const behind = new Map<string, string>();
  const standings = chain.map((subject) => {
    const { upstream } = subject;
    const reason = barredFor(upstream, inbound, context, chain.length > 1);
    if (reason !== null) barred.set(upstream.name, reason);
    const rank = rankOf(subject, deserter, context);
    if (rank !== 'well') behind.set(upstream.name, BEHIND[rank]);
    return { upstream, barred: reason, rank };
  });
  const serving = servingNow(inbound, chain, context);
  const order = select(standings, { preferred: preference.preferred, serving });
  const byUpstream = new Map(chain.map((subject) => [subject.upstream, subject]));
  return {
    chain,
    order: order.flatMap((upstream) => byUpstream.get(upstream) ?? []),
    barred,
    behind,
  };
}

const BEHIND: Record<Exclude<Standing['rank'], 'well'>, string> = {
  returning: 'it has only just recovered',
  doubtful: 'it broke off an answer',
  'cut-off': "this machine's network is gone",
};

/** The upstream as this request asks it. The same one each time: its keys are looked up for every request. */
export function subjectOf(
  upstream: Upstream,
  inbound: Pick<Inbound, 'headers' | 'model'>,
  { credentials }: Pick<RelayContext, 'credentials'>,
): Subject {
  // Who needs none can refuse it all the same, for want of one.
  const credential = credentials.of(upstream, inbound) ?? '-';
  const model = upstream.model(inbound.model);
  const subjects = SUBJECTS.get(upstream) ?? new Map<string, Subject>();
  SUBJECTS.set(upstream, subjects);
  const name = `${credential} ${model}`;
  const known = subjects.get(name);
  if (known !== undefined) return known;
  const subject = { upstream, keys: healthKeys(upstream, credential, model) };
  // Clients name models as they like.
  if (subjects.size >= MOST_SUBJECTS) subjects.clear();
  subjects.set(name, subject);
  return subject;
}

const SUBJECTS = new WeakMap<Upstream, Map<string, Subject>>();
const MOST_SUBJECTS = 500;

/** Without failover, the first upstream alone, or the one that the user prefers. */
function taking({ chain, failover, preference }: RelayContext): Chain {
  if (failover.enabled) return chain;
  const chosen = chain.find(({ name }) => name === preference.preferred) ?? chain[0];
  return chosen === undefined ? [] : [chosen];
}

/** The upstream that died under this conversation's last answer; it counts for one request. */
function takeDeserter(inbound: Inbound, { deserters, runtime }: RelayContext): string | null {
  const session = sessionKey(inbound);
  if (session === null) return null;
  const deserter = deserters.get(session, runtime.clock.now());
  deserters.delete(session);
  return deserter ?? null;
}

/** Nobody is served by one of these: to be well is more than to have the right place in the chain. */
const SHUT = new Set<BreakerView['name']>(['open', 'cooldown', 'blocked', 'isolated']);

function rankOf(subject: Subject, deserter: string | null, context: RelayContext): Standing['rank'] {
  const { runtime, failover } = context;
  const { upstream } = subject;
  if (isRemote(upstream) && runtime.network.cutsOff(subject.keys.host)) return 'cut-off';
  if (upstream.name === deserter) return 'doubtful';
  const { name } = standing(subject, runtime);
  if (name === 'suspect') return 'doubtful';
  if (SHUT.has(name) || (name === 'half-open' && !mayBeAsked(subject, runtime))) return 'returning';
  return returnsAt(subject, runtime, failover.returnAfterMs) === undefined ? 'well' : 'returning';
}

const NEVER = Number.NEGATIVE_INFINITY;

/**
 * The upstream that the conversation stays with: the one that answered last, while the turn goes on and another that comes
 * before it has been out meanwhile. It costs a prompt cache to move, and models take each other's thinking badly. After a
 * mere failure that kept nobody out, the conversation goes back to where its cache still is.
 */
function servingNow(inbound: Inbound, chain: readonly Subject[], context: RelayContext): string | null {
  const { sessions, runtime } = context;
  const current = sessions.current(inbound, runtime.clock.now());
  if (current === null) return null;
  const at = chain.findIndex(({ upstream }) => upstream.name === current.upstream);
  const hasReturned = chain.slice(0, Math.max(0, at)).some((subject) => {
    const backAt = isRemote(subject.upstream) ? (runtime.network.backAt ?? NEVER) : NEVER;
    const recovered = Math.max(recoveryOf(subject, runtime) ?? NEVER, backAt);
    return recovered >= current.since || standing(subject, runtime).name === 'half-open';
  });
  return hasReturned && !isTurnBoundary(inbound.request) ? current.upstream : null;
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
