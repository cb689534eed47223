import type { Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';

/** What a heartbeat needs from outside. */
export interface HeartbeatOptions {
  clock: Clock;
  /** The machine's addresses in one string: it changes when the network does. */
  addresses(): string;
  /** Now and then. */
  beat(): void;
  /** The machine has slept. */
  woke(): void;
  /** It is in another network, or in one more. */
  moved(): void;
  /** The clock was set back: instants that were written down may lie in the future. */
  setBack(): void;
  /** One of these threw. The next beat comes all the same. */
  unexpected(error: unknown): void;
}

/** Knows what happened to the machine, by the clock. */
export interface Heartbeat {
  /** Whoever acts on what time it is feels first, so that nothing is done as if the machine had been awake. */
  feel(): void;
  stop(): void;
}

const BEAT_MS: Ms = 5_000;
/** A clock that is so far ahead of the beat has gone on while the machine did not. */
const SLEPT_MS = 3 * BEAT_MS;
/** Addresses come one after the other, and some change by themselves: more often than this nobody moves. */
const MOVE_MS: Ms = 60_000;

/** Begins to beat at once. */
export function startHeart(options: HeartbeatOptions): Heartbeat {
  const { clock } = options;
  let beatAt = clock.now();
  let known = addressesOr('');
  let movedAt: Ms = Number.NEGATIVE_INFINITY;
  let timer = clock.after(BEAT_MS, next);

  function next(): void {
    timer = clock.after(BEAT_MS, next);
    try {
      const addresses = addressesOr(known);
      if (feel()) known = addresses;
      else lookAround(addresses);
      beatAt = clock.now();
      options.beat();
    } catch (error) {
      options.unexpected(error);
    }
  }

  /** What comes too soon after the last time is seen to when it is time. To have no address is to be nowhere else yet. */
  function lookAround(addresses: string): void {
    const now = clock.now();
    if (addresses === known || addresses === '' || Math.abs(now - movedAt) < MOVE_MS) return;
    known = addresses;
    movedAt = now;
    options.moved();
  }

  /** There are systems that do not tell. */
  function addressesOr(fallback: string): string {
    try {
      return options.addresses();
    } catch {
      return fallback;
    }
  }

  /** Whether it woke. */
  function feel(): boolean {
    const now = clock.now();
    const sinceMs = now - beatAt;
    const slept = sinceMs > SLEPT_MS;
    if (!slept && sinceMs >= 0) return false;
    beatAt = now;
    if (slept) options.woke();
    else options.setBack();
    return slept;
  }

  return { feel: () => void feel(), stop: () => timer.cancel() };
}
