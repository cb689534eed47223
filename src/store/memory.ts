import { type BreakerState, initial } from '../core/breaker.ts';
import type { BreakerStore } from '../core/runtime.ts';

/** Clients name models and credentials as they like: beyond so many breakers one is forgotten. */
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

/** What clients can make as many of as they like. */
const OF_CLIENTS = /^(?:model|credential) /;

/**
 * The one written longest ago, of a model or a credential where there is one: the configuration names few hosts and
 * upstreams. What is held out by hand must stay so, however many models a client names.
 */
function leastMissed(states: ReadonlyMap<string, BreakerState>): string {
  let other = '';
  for (const [key, { phase }] of states) {
    if (phase === 'isolated') continue;
    if (OF_CLIENTS.test(key)) return key;
    other ||= key;
  }
  return other;
}
