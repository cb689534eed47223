import { type BreakerState, initial } from '../core/breaker.ts';
import type { BreakerStore } from '../core/runtime.ts';

/** Clients name models and credentials as they like: beyond so many breakers the one written longest ago is forgotten. */
const MOST = 2000;

/** Breaker states in this process's memory: lost when it ends, shared with nobody. */
export function memoryStore(): BreakerStore {
  const states = new Map<string, BreakerState>();
  return {
    read: (key) => states.get(key) ?? NEVER_ASKED,
    write(key, state) {
      states.delete(key);
      states.set(key, state);
      const [oldest] = states.keys();
      if (states.size > MOST && oldest !== undefined) states.delete(oldest);
    },
    keys: () => states.keys(),
  };
}

const NEVER_ASKED = initial();
