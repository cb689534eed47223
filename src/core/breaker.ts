import type { Ms, Outcome } from './failure.ts';

/** When an upstream's breaker opens, and for how long. */
export interface BreakerSettings {
  /** Consecutive counted failures that open it; ≥ 1. */
  failures: number;
  /** Length of the window that `ratio` looks at. */
  windowMs: Ms;
  /** Share of counted failures in the window that opens it, 0 < ratio ≤ 1. */
  ratio: number;
  /** Outcomes the window must hold before `ratio` counts; ≥ 1. */
  minSamples: number;
  /** How long it stays open the first time; doubles with every further opening. */
  openMs: Ms;
  /** The longest it stays open. */
  openMaxMs: Ms;
}

export type BreakerState = { todo: true };
export interface Permit {
  generation: number;
}
export declare function settle(state: BreakerState, permit: Permit, outcome: Outcome): BreakerState;
