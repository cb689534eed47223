import { type BreakerState, initial } from '../core/breaker.ts';
import type { BreakerStore } from '../core/runtime.ts';

/** Breaker states in this process's memory: lost when it ends, shared with nobody. */
export function memoryStore(): BreakerStore {
  const states = new Map<string, BreakerState>();
  return {
    read: (name) => states.get(name) ?? initial(),
    write: (name, state) => void states.set(name, state),
  };
}
