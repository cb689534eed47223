import { type BreakerState, isolate, reset } from '../core/breaker.ts';
import { healthKeys } from '../core/health-keys.ts';
import type { BreakerStore, Clock } from '../core/runtime.ts';
import { fileKey, heldKey, isFileKey, ownerOf, type Place, storeKey } from './file-key.ts';
import { isLasting } from './health-record.ts';
import { memoryStore } from './memory.ts';

/** The breakers of the upstreams that are in the chain, and what outlives that of those that are not. */
export interface Remembered {
  readonly breakers: BreakerStore;
  /**
   * These are in the chain now. What was kept of them counts again, and one that is held out is so wherever it is: the
   * user did that to the upstream, not to an address.
   */
  meet(upstreams: readonly Place[]): void;
  /**
   * Nothing is held against the upstream of this name any more, in the chain or not, nor against an address that it had;
   * without a name, against none of those that are kept. Returns the names of those against whom something was.
   */
  forget(name?: string): string[];
  /** What is worth keeping, by the keys of the file. */
  lasting(): Map<string, BreakerState>;
}

/** @param found what was kept, by the keys of the file */
export function remember(salt: string, found: ReadonlyMap<string, BreakerState>, clock: Clock): Remembered {
  const breakers = memoryStore();
  const absent = new Map([...found].flatMap(([key, state]) => asKept(key, state)));

  function held(name: string): BreakerState | null {
    for (const key of breakers.keys()) {
      const state = breakers.read(key);
      if (key.startsWith(`${heldKey(name)} `) && state.phase === 'isolated') return state;
    }
    return absent.get(heldKey(name)) ?? null;
  }

  return {
    breakers,
    meet(upstreams) {
      const keyOf = storeKey(salt, upstreams);
      for (const [name, state] of absent) {
        const key = keyOf(name);
        if (key === null) continue;
        absent.delete(name);
        breakers.write(key, state);
      }
      for (const upstream of upstreams) {
        const { upstream: key } = healthKeys(upstream, null, null);
        const since = held(upstream.name)?.since;
        const state = breakers.read(key);
        if (since !== undefined && state.phase !== 'isolated') breakers.write(key, isolate(state, since));
        absent.delete(heldKey(upstream.name));
      }
    },
    forget(name) {
      const names = new Set<string>();
      for (const key of [...absent.keys()]) {
        const owner = ownerOf(key);
        if (name !== undefined && owner !== name) continue;
        absent.delete(key);
        if (owner !== null) names.add(owner);
      }
      for (const key of [...breakers.keys()]) {
        const owner = ownerOf(key);
        const state = breakers.read(key);
        if (owner === null || owner !== (name ?? owner) || state.phase === 'closed') continue;
        breakers.write(key, reset(state, clock.now()));
        names.add(owner);
      }
      return [...names];
    },
    lasting() {
      const all = new Map(absent);
      for (const key of breakers.keys()) {
        const state = breakers.read(key);
        if (isLasting(state))
          all.set(isHeld(key, state) ? heldKey(ownerOf(key) ?? '') : fileKey(salt, key), state);
      }
      return all;
    },
  };
}

/** An entry of the file as it is kept; none where it cannot be anybody's. */
function asKept(key: string, state: BreakerState): [string, BreakerState][] {
  const name = ownerOf(key);
  if (isHeld(key, state) && name !== null && (key === heldKey(name) || isFileKey(key)))
    return [[heldKey(name), state]];
  return isFileKey(key) ? [[key, state]] : [];
}

function isHeld(key: string, { phase }: BreakerState): boolean {
  return phase === 'isolated' && key.startsWith('upstream ');
}
