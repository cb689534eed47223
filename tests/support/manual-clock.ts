/** The clock of tests: the one on which a drill is simulated. */
export {
  NOON,
  type SimulatedClock as ManualClock,
  simulatedClock as manualClock,
  turns,
} from '../../src/drill/simulated-clock.ts';
