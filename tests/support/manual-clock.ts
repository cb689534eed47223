import type { Ms } from '../../src/core/failure.ts';
import type { Clock } from '../../src/core/runtime.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`, firing what falls due on the way in its order; what was waiting for a timer has run afterwards. */
  advance(ms: Ms): Promise<void>;
  /** How long until each timer that is set, soonest first. */
  readonly waiting: readonly Ms[];
}

export const NOON: Ms = Date.UTC(2026, 0, 5, 12);

/** A manual clock at `start`. */
export function manualClock(start: Ms = NOON): ManualClock {
  let now = start;
  let order = 0;
  const timers = new Map<number, { at: Ms; run: () => void }>();
  const due = (until: Ms) =>
    [...timers].filter(([, { at }]) => at <= until).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];

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
        const [id, { at, run }] = next;
        timers.delete(id);
        now = Math.max(now, at);
        run();
        await turns();
      }
      now = until;
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
