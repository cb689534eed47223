import type { Ms } from '../core/failure.ts';
import { halve, mostOf, NEW_RAMP, type Ramp, raise, touch } from '../core/ramp.ts';
import type { Clock } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';

/** So many wait for a place at one upstream while there are others to ask; with more in front, it would come too late. */
const QUEUE = 32;
/** So many where there is no other: to wait is better than to be sent away. */
const LAST_QUEUE = 1024;

/** A place at an upstream, held for as long as a request is there. */
export interface Place {
  /** The first content has come. */
  begun(): void;
  /** It was turned away for lack of capacity: 429, or overloaded. */
  refused(): void;
  /** Gives the place back; further calls do nothing. */
  leave(): void;
}

/** What a request wants of a gate. */
export interface Wish {
  /** It comes to an upstream that is not the first choice, or has only just recovered: the ramp is for such requests. */
  isSubstitute: boolean;
  /** Whether there are other upstreams for it. */
  hasOthers: boolean;
  /** It waits at most so long. */
  waitMs: Ms;
  /** Its client; once that is gone, it waits no longer. */
  client: AbortSignal;
}

/**
 * How many requests an upstream has at once: never more than its `concurrency`, and not all at the same moment when it takes
 * over from another (see `Ramp`).
 */
export interface Gates {
  /**
   * A place at the upstream, at once or when it is the request's turn: first come, first served, but a request that the ramp
   * holds back lets those pass that are not its business. Null when there is none in time, or too many wait already. Whoever
   * was promised one has to wait for it, and every place has to be left. The latest request's `concurrency` counts for all.
   */
  enter(upstream: Pick<Upstream, 'name' | 'concurrency'>, wish: Wish): Place | null | Promise<Place | null>;
  /** Requests that wait, for any upstream. */
  readonly waiting: number;
  /** Places held at one upstream. */
  held(name: string): number;
}

interface Waiter {
  readonly isSubstitute: boolean;
  settle(place: Place | null): void;
}

/** The gate of one upstream. */
interface Gate {
  limit: number;
  held: number;
  /** Substitutes that wait for their first content. */
  awaited: number;
  ramp: Ramp;
  /** Longest first. */
  readonly queue: Waiter[];
}

/** Gates for upstreams with names from the configuration: none is ever forgotten. */
export function createGates(clock: Clock): Gates {
  const gates = new Map<string, Gate>();

  function gateOf(name: string): Gate {
    const known = gates.get(name);
    if (known !== undefined) return known;
    const gate: Gate = { limit: 0, held: 0, awaited: 0, ramp: NEW_RAMP, queue: [] };
    gates.set(name, gate);
    return gate;
  }

  return {
    enter({ name, concurrency = Number.POSITIVE_INFINITY }, wish) {
      const gate = gateOf(name);
      gate.limit = concurrency;
      if (wish.isSubstitute) gate.ramp = touch(gate.ramp, clock.now());
      // A limit that was raised, or a ramp that starts anew, has room first of all for those who came before.
      if (gate.queue.length > 0) admit(gate);
      if (hasRoom(gate, wish.isSubstitute)) return new HeldPlace(gate, wish.isSubstitute);
      const most = wish.hasOthers ? QUEUE : LAST_QUEUE;
      if (gate.queue.length >= most || wish.waitMs <= 0 || wish.client.aborted) return null;
      return placeInTime(gate, wish, clock);
    },
    get waiting() {
      let waiting = 0;
      for (const { queue } of gates.values()) waiting += queue.length;
      return waiting;
    },
    held: (name) => gates.get(name)?.held ?? 0,
  };
}

function hasRoom({ held, limit, awaited, ramp }: Gate, isSubstitute: boolean): boolean {
  return held < limit && (!isSubstitute || awaited < mostOf(ramp));
}

/** Lets in everyone there is room for. To be called whenever there may be more of it. */
function admit(gate: Gate): void {
  let at = 0;
  while (at < gate.queue.length) {
    const waiter = gate.queue[at];
    if (waiter !== undefined && hasRoom(gate, waiter.isSubstitute)) {
      gate.queue.splice(at, 1);
      waiter.settle(new HeldPlace(gate, waiter.isSubstitute));
    } else at += 1;
  }
}

function placeInTime(
  gate: Gate,
  { isSubstitute, waitMs, client }: Wish,
  clock: Clock,
): Promise<Place | null> {
  return new Promise((resolve) => {
    const waiter: Waiter = {
      isSubstitute,
      settle(place) {
        timer.cancel();
        client.removeEventListener('abort', giveUp);
        resolve(place);
      },
    };
    function giveUp(): void {
      gate.queue.splice(gate.queue.indexOf(waiter), 1);
      waiter.settle(null);
    }
    const timer = clock.after(waitMs, giveUp);
    client.addEventListener('abort', giveUp, { once: true });
    gate.queue.push(waiter);
  });
}

/** One object and no closures: this is made for every request. */
class HeldPlace implements Place {
  private isAwaited: boolean;
  private hasLeft = false;

  constructor(
    private readonly gate: Gate,
    private readonly isSubstitute: boolean,
  ) {
    this.isAwaited = isSubstitute;
    gate.held += 1;
    if (isSubstitute) gate.awaited += 1;
  }

  begun(): void {
    if (!this.isAwaited) return;
    this.isAwaited = false;
    this.gate.awaited -= 1;
    this.gate.ramp = raise(this.gate.ramp);
    admit(this.gate);
  }

  refused(): void {
    if (this.isSubstitute && !this.hasLeft) this.gate.ramp = halve(this.gate.ramp);
  }

  leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.gate.held -= 1;
    if (this.isAwaited) this.gate.awaited -= 1;
    this.isAwaited = false;
    admit(this.gate);
  }
}
