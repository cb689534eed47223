import { type BreakerState, initial } from '../core/breaker.ts';
import type { BreakerStore } from '../core/runtime.ts';

/** Clients name models and credentials as they like: beyond so many breakers the one written longest ago is forgotten. */
const MOST = 2000;

/** Breaker states in this process's memory: lost when it ends, shared with nobody. */
export function memoryStore(known: Iterable<readonly [string, BreakerState]> = []): BreakerStore {
  const states = new Map(known);
  return {
    read: (key) => states.get(key) ?? NEVER_ASKED,
    write(key, state) {
      states.delete(key);
      states.set(key, state);
      if (states.size > MOST) states.delete(leastMissed(states));
    },
    keys: () => states.keys(),
  };
}

const NEVER_ASKED = initial();

/** What is held out by hand must stay so, however many models a client names. */
function leastMissed(states: ReadonlyMap<string, BreakerState>): string {
  for (const [key, { phase }] of states) if (phase !== 'isolated') return key;
  return '';
}
