import type { Upstream } from './upstream.ts';

/** What selection needs to know of one upstream at this moment. */
export interface Standing {
  upstream: Upstream;
  /** Why it cannot be asked at all for this request; null when it can. */
  barred: string | null;
  /** Asked after all others: it has just failed in a way that a breaker does not open for. */
  last: boolean;
}

/** Upstreams in the order in which they are asked for one request: chain order, those that are suspect last. */
export function select(standings: readonly Standing[]): Upstream[] {
  const able = standings.filter((standing) => standing.barred === null);
  return [...able.filter((standing) => !standing.last), ...able.filter((standing) => standing.last)].map(
    (standing) => standing.upstream,
  );
}
