import type { Ms } from './failure.ts';

/**
 * How far an upstream is believed that answers 5xx to probes: some answer so to probes alone, and serve requests well. Plain
 * data. Without this such an upstream would never serve.
 */
export interface Credence {
  /** Probes in a row that were answered so, since the last that was good and the last request that failed. */
  readonly complaints: number;
  /** When the last of them was heard; 0 while there are none. */
  readonly complainedAt: Ms;
  /** A request that began after a complaint was answered well. */
  readonly isContradicted: boolean;
}

/** What was heard of an upstream: from its probes, or from requests. */
export type Hearsay = 'good probe' | 'bad probe' | 'good request' | 'bad request';

/** So many complaints of probes alone are enough; then a request may see for itself. At the usual open times: four minutes. */
const ENOUGH = 5;

/** Nothing was heard yet. */
export const UNHEARD: Credence = { complaints: 0, complainedAt: 0, isContradicted: false };

/**
 * What is to be thought after this. A request that fails agrees with the probes, and a good probe takes everything back. One
 * that began before the last complaint and ends well contradicts nothing: the upstream may have failed meanwhile.
 * @param at of a request: when it began; of a probe: when it ended
 */
export function hear(credence: Credence, what: Hearsay, at: Ms): Credence {
  switch (what) {
    case 'bad probe':
      return { ...credence, complaints: credence.complaints + 1, complainedAt: at };
    case 'good request':
      return credence.complaints === 0 || at <= credence.complainedAt
        ? credence
        : { ...credence, isContradicted: true };
    default:
      return UNHEARD;
  }
}

/** Whether the next complaint counts. */
export function isBelieved({ complaints, isContradicted }: Credence): boolean {
  return !isContradicted && complaints < ENOUGH;
}
