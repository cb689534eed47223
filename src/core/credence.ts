/**
 * How far an upstream is believed that answers 5xx to probes: some answer so to probes alone, and serve requests well. Plain
 * data. Without this such an upstream would never serve.
 */
export interface Credence {
  /** Probes in a row that were answered so, since the last that was good and the last request that failed. */
  readonly complaints: number;
  /** A request was answered well meanwhile. */
  readonly isContradicted: boolean;
}

/** What was heard of an upstream: from its probes, or from requests. */
export type Hearsay = 'good probe' | 'bad probe' | 'good request' | 'bad request';

/** So many complaints of probes alone are enough; then a request may see for itself. At the usual open times: four minutes. */
const ENOUGH = 5;

/** Nothing was heard yet. */
export const UNHEARD: Credence = { complaints: 0, isContradicted: false };

/** What is to be thought after this. A request that fails agrees with the probes, and a good probe takes everything back. */
export function hear(credence: Credence, what: Hearsay): Credence {
  switch (what) {
    case 'bad probe':
      return { ...credence, complaints: credence.complaints + 1 };
    case 'good request':
      return credence.complaints === 0 ? credence : { ...credence, isContradicted: true };
    default:
      return UNHEARD;
  }
}

/** Whether the next complaint counts. */
export function isBelieved({ complaints, isContradicted }: Credence): boolean {
  return !isContradicted && complaints < ENOUGH;
}
