import type { Scene } from './scene.ts';

/** Where in the life of an answer, or of an outage, it goes wrong. */
export const PHASES = [
  'known before',
  'connecting',
  'refused',
  'no answer',
  'waiting',
  'in the answer',
  'whole answers',
  'backups',
  'over time',
  'nothing wrong',
] as const;
export type Phase = (typeof PHASES)[number];

/** One rehearsed failure: what goes wrong, and what has to come of it. */
export interface Scenario {
  /** As it is asked for on the command line. */
  readonly name: string;
  readonly phase: Phase;
  /** What goes wrong, in a sentence without its full stop. */
  readonly title: string;
  /** `simulated` where it takes longer than anybody wants to watch. */
  readonly clock: 'real' | 'simulated';
  /** How many backups there have to be; default 1. */
  readonly backups?: number;
  /**
   * Plays it, once every upstream has been found well; that nothing is left of it is seen to afterwards. What is not as it
   * should be is told to the scene; what is thrown is, too.
   */
  play(scene: Scene): Promise<void>;
}
