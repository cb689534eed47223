import type { Amendment, Ms } from '../core/failure.ts';
import { type Recent, recent } from './recent.ts';

/** So long a lesson counts: then the server may be another version. */
const KEEP_MS: Ms = 60 * 60_000;
/** Clients name models as they like. */
const MOST = 500;

/** What is said of a request and not of who refused it: of its pictures, its length, its history. */
const OF_THE_REQUEST = [
  'images',
  'documents',
  'maxTokens',
  'overTokens',
  'thinkingHistory',
  'pairedHistory',
] as const;
type OfTheRequest = (typeof OF_THE_REQUEST)[number];

/**
 * What upstreams refused and then took without, by upstream and model: the next request goes out so at once, instead of
 * being refused first. One lesson comes to another.
 */
export interface Lessons {
  /** Notes that a request that was so changed has been answered. */
  learn(upstream: string, model: string, amend: Amendment, now: Ms): void;
  /** What was learned in the last hour. */
  of(upstream: string, model: string, now: Ms): Omit<Amendment, OfTheRequest>;
}

export function lessons(): Lessons {
  const known: Recent<Omit<Amendment, OfTheRequest>> = recent(KEEP_MS, MOST);
  const of = (upstream: string, model: string, now: Ms) => known.get(`${upstream} ${model}`, now) ?? {};
  return {
    of,
    learn(upstream, model, amend, now) {
      const lasting = { ...amend };
      for (const name of OF_THE_REQUEST) delete lasting[name];
      if (Object.keys(lasting).length === 0) return;
      known.set(`${upstream} ${model}`, { ...of(upstream, model, now), ...lasting }, now);
    },
  };
}
