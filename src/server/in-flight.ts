import { fault } from './fault.ts';

/** Requests under way, of those that upstreams are asked for. */
export interface InFlight {
  /**
   * Takes another in. What it returns is to be called when its answer has ended; further calls do nothing.
   * @throws ErrorAnswer 503 where there are as many as may be.
   */
  enter(): () => void;
}

/** How long until one of so many answers ends is not known; this is soon, and no storm. */
const RETRY_AFTER_S = '1';

/** @param most at once; ≥ 1. Beyond it requests would wait in a queue that nobody sees, and probes with them. */
export function inFlight(most: number): InFlight {
  let count = 0;
  return {
    enter() {
      if (count >= most) {
        throw fault(
          503,
          'api_error',
          `ccproxy: ${count} requests are under way, as many as it takes at once`,
          {
            'retry-after': RETRY_AFTER_S,
          },
        );
      }
      count += 1;
      let isIn = true;
      return () => {
        if (isIn) count -= 1;
        isIn = false;
      };
    },
  };
}
