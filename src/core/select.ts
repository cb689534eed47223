import type { Upstream } from './upstream.ts';

/** What selection needs to know of one upstream at this moment. */
export interface Standing {
  upstream: Upstream;
  /** Why it cannot be asked at all for this request; null when it can. */
  barred: string | null;
  /**
   * - `well`
   * - `returning`: it recovered a while ago, or is about to be tried; it serves those whom no other serves
   * - `doubtful`: asked after the others; it has just failed in a way that a breaker does not open for
   * - `cut-off`: asked last; this machine's network is gone, and it is not on this machine
   */
  rank: 'well' | 'returning' | 'doubtful' | 'cut-off';
}

/** Who comes first for a reason of its own. */
export interface Wishes {
  /** The upstream that the user prefers, by name. */
  preferred: string | null;
  /** The upstream that serves the conversation in the middle of a turn, by name; null at the beginning of one. */
  serving: string | null;
}

/**
 * Upstreams in the order in which they are asked for one request. Chain order, but:
 * one that is returning stands behind the first that is well, the one that serves the conversation and is well comes first,
 * before it the one that the user prefers; the doubtful come behind the others, and behind them those that cannot be reached,
 * whoever prefers them.
 */
export function select(standings: readonly Standing[], { preferred, serving }: Wishes): Upstream[] {
  const able = standings.filter((standing) => standing.barred === null);
  if (able.length <= 1) return able.map(({ upstream }) => upstream);
  const ranked = (rank: Standing['rank']) => able.filter((standing) => standing.rank === rank);
  const order = [...behindTheWell(able), ...ranked('doubtful'), ...ranked('cut-off')];
  const first = [
    order.find(
      ({ upstream, rank }) => upstream.name === preferred && (rank === 'well' || rank === 'returning'),
    ),
    order.find(({ upstream, rank }) => upstream.name === serving && rank === 'well'),
  ];
  return [...new Set([...first, ...order])].flatMap((standing) => standing?.upstream ?? []);
}

function behindTheWell(able: readonly Standing[]): Standing[] {
  const usable = able.filter(({ rank }) => rank === 'well' || rank === 'returning');
  const at = usable.findIndex(({ rank }) => rank === 'well');
  if (at <= 0) return usable;
  const well = usable[at];
  return well === undefined ? usable : [well, ...usable.slice(0, at), ...usable.slice(at + 1)];
}
