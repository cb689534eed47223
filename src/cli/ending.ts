import type { Ms } from '../core/failure.ts';
import type { Listener } from '../server/listen.ts';
import { EXIT } from './exit.ts';
import { tell } from './print.ts';

/** How the process ends: a drain at the first signal or at `stop`, at once at the next signal. */
export interface Ending {
  begun(): boolean;
  begin(): void;
  /** From here on signals are answered with a drain. */
  arm(listener: Listener, then: EndingSteps): void;
}

/** What has to be done besides. */
export interface EndingSteps {
  /** How long running answers may take to finish. */
  drainMs(): Ms;
  /** How many there are. */
  pending(): number;
  /** While this process is still the one that listens on its port. */
  beforeDrain(): void;
  /** As the last act. */
  atExit(): void;
}

/** How often the drain looks whether the last answer has gone out. */
const LOOK_MS = 20;

export function createEnding(): Ending {
  const state = { begun: false, armed: null as { listener: Listener; steps: EndingSteps } | null };

  function begin(): void {
    if (state.begun) return;
    state.begun = true;
    state.armed?.steps.beforeDrain();
    // The answer to whoever asked is on its way first, and counts as pending until it is out.
    setTimeout(() => void drain(), 0);
  }

  async function drain(): Promise<void> {
    const listener = state.armed?.listener;
    const until = performance.now() + (state.armed?.steps.drainMs() ?? 0);
    listener?.drain();
    if (pending() > 0) tell(`ccproxy: stopping; running answers may finish (${pending()})`);
    while (pending() > 0 && performance.now() < until) await Bun.sleep(LOOK_MS);
    // What is open is closed by the exit: whoever waits for that finds everything in order then.
    end(EXIT.done);
  }

  function pending(): number {
    return state.armed?.steps.pending() ?? 0;
  }

  function end(code: number): never {
    state.armed?.steps.atExit();
    process.exit(code);
  }

  return {
    begun: () => state.begun,
    begin,
    arm(listener, steps) {
      state.armed = { listener, steps };
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const) {
        process.on(signal, () => (state.begun ? end(code) : begin()));
      }
    },
  };
}
