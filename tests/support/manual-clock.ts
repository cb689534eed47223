import { NOON, type SimulatedClock, simulatedClock, turns } from '../../src/drill/simulated-clock.ts';

export { NOON, turns };

/** A clock that stands still until a test moves it: the one on which a drill is simulated. */
export type ManualClock = SimulatedClock;

/** A manual clock at `start`. */
export const manualClock = (start = NOON): ManualClock => simulatedClock(start);
