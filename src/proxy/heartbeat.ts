import type { Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';

/** What a heartbeat needs from outside. */
export interface HeartbeatOptions {
  clock: Clock;
  /** The machine's addresses in one string: it changes when the network does. */
  addresses(): string;
  /** Now and then. */
  beat(): void;
  /** The machine has slept, or is in another network. */
  woke(): void;
  /** The clock was set back: instants that were written down may lie in the future. */
  setBack(): void;
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

/** Begins to beat at once. */
export function startHeart({ clock, addresses, beat, woke, setBack }: HeartbeatOptions): Heartbeat {
  let beatAt = clock.now();
  let address = addressesOr('');
  let timer = clock.after(BEAT_MS, next);

  function next(): void {
    timer = clock.after(BEAT_MS, next);
    const before = address;
    address = addressesOr(before);
    try {
      if (!feel() && address !== before) woke();
      beatAt = clock.now();
      beat();
    } catch {
      // There is nobody to tell here, and the next beat comes.
    }
  }

  /** There are systems that do not tell. */
  function addressesOr(known: string): string {
    try {
      return addresses();
    } catch {
      return known;
    }
  }

  /** Whether it woke. */
  function feel(): boolean {
    const now = clock.now();
    const sinceMs = now - beatAt;
    const slept = sinceMs > SLEPT_MS;
    if (!slept && sinceMs >= 0) return false;
    beatAt = now;
    if (slept) woke();
    else setBack();
    return slept;
  }

  return { feel: () => void feel(), stop: () => timer.cancel() };
}
