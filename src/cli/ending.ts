import type { Listener } from '../server/listen.ts';
import { EXIT } from './exit.ts';
import { tell } from './print.ts';

/** How the process ends: a drain at the first signal or at `stop`, at once at the next signal. */
export interface Ending {
  begun(): boolean;
  begin(): void;
  /** From here on signals are answered with a drain. */
  arm(listener: Listener, atExit: () => void): void;
}

/** How often the drain looks whether the last answer has gone out. */
const LOOK_MS = 20;

/** @param drainMs how long running answers may take to finish. */
export function createEnding(drainMs: number): Ending {
  const state = { begun: false, listener: null as Listener | null, atExit: () => {} };

  function begin(): void {
    if (state.begun) return;
    state.begun = true;
    // The answer to whoever asked is on its way first, and counts as pending until it is out.
    setTimeout(() => void drain(), 0);
  }

  async function drain(): Promise<void> {
    const { listener } = state;
    const until = performance.now() + drainMs;
    listener?.drain();
    if (pending() > 0) tell(`ccproxy: stopping; running answers may finish (${pending()})`);
    while (pending() > 0 && performance.now() < until) await Bun.sleep(LOOK_MS);
    listener?.close();
    end(EXIT.done);
  }

  function pending(): number {
    return state.listener?.pending ?? 0;
  }

  function end(code: number): never {
    state.atExit();
    process.exit(code);
  }

  return {
    begun: () => state.begun,
    begin,
    arm(listener, atExit) {
      state.listener = listener;
      state.atExit = atExit;
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const) {
        process.on(signal, () => (state.begun ? end(code) : begin()));
      }
      // A closed terminal does not end it.
      process.on('SIGHUP', () => {});
    },
  };
}
