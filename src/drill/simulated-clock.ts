import type { Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';

/** A clock that stands still until somebody moves it: an hour of an outage takes a moment. */
export interface SimulatedClock extends Clock {
  /** Moves on by `ms`, firing what falls due on the way in its order; what was waiting for a timer has run afterwards. */
  advance(ms: Ms): Promise<void>;
  /**
   * Moves on from timer to timer, whenever all is quiet, until `done` is settled.
   * @throws Error when that takes more than `limitMs`, or nothing is left that could settle it.
   */
  runUntil<T>(done: Promise<T>, limitMs: Ms): Promise<T>;
  /** How long until each timer that is set, soonest first. */
  readonly waiting: readonly Ms[];
}

export const NOON: Ms = Date.UTC(2026, 0, 5, 12);

/** A simulated clock at `start`. */
export function simulatedClock(start: Ms = NOON): SimulatedClock {
  let now = start;
  let order = 0;
  const timers = new Map<number, { at: Ms; run: () => void }>();
  const due = (until: Ms) =>
    [...timers].filter(([, { at }]) => at <= until).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];

  function fire([id, { at, run }]: [number, { at: Ms; run: () => void }]): void {
    timers.delete(id);
    now = Math.max(now, at);
    run();
  }

  return {
    now: () => now,
    after(delayMs, run) {
      order += 1;
      const id = order;
      timers.set(id, { at: now + delayMs, run });
      return { cancel: () => void timers.delete(id) };
    },
    async advance(ms) {
      const until = now + ms;
      await turns();
      for (let next = due(until); next !== undefined; next = due(until)) {
        fire(next);
        await turns();
      }
      now = until;
    },
    async runUntil(done, limitMs) {
      const until = now + limitMs;
      let isSettled = false;
      const settled = () => {
        isSettled = true;
      };
      done.then(settled, settled);
      for (;;) {
        await turns();
        if (isSettled) return done;
        const next = due(until);
        if (next === undefined) throw new Error(`nothing came of it within ${limitMs / 1000} s`);
        fire(next);
      }
    },
    get waiting() {
      return [...timers.values()].map(({ at }) => at - now).sort((a, b) => a - b);
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
