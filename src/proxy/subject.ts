import type { BreakerState } from '../core/breaker.ts';
import { view } from '../core/breaker-view.ts';
import { type HealthKeys, modelOf, SCOPES } from '../core/health-keys.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';
import type { Scope } from '../core/verdict.ts';

/** An upstream as one request, or one probe, asks it. */
export interface Subject {
  upstream: Upstream;
  keys: HealthKeys;
}

/** Subjects are asked about many times for each request. */
const LISTED = new WeakMap<HealthKeys, readonly [Scope, string][]>();

/** Its keys with what they are of, widest first. */
export function keysIn({ keys }: Subject): readonly [Scope, string][] {
  const known = LISTED.get(keys);
  if (known !== undefined) return known;
  const fresh = SCOPES.flatMap((scope) => {
    const key = keys[scope];
    return key === undefined ? [] : [[scope, key] as [Scope, string]];
  });
  LISTED.set(keys, fresh);
  return fresh;
}

/** What a key is of. */
export function scopeOf(key: string): Scope {
  return SCOPES.find((scope) => key.startsWith(`${scope} `)) ?? 'upstream';
}

/** Closed, and nothing else to say of it. */
function isQuiet(state: BreakerState): boolean {
  return state.phase === 'closed' && state.suspect === null;
}

/** Stores a state, and tells the journal when it stands otherwise than before. */
export function change(
  upstream: Upstream,
  scope: Scope,
  key: string,
  state: BreakerState,
  { breakers, clock, journal }: Runtime,
): void {
  const before = breakers.read(key);
  if (state === before) return;
  breakers.write(key, state);
  // Nearly all that is written: one more success of a breaker that is closed.
  if (isQuiet(before) && isQuiet(state)) return;
  const now = clock.now();
  const from = view(before, now).name;
  const to = view(state, now);
  if (from === to.name) return;
  const model = modelOf(key);
  journal.breaker({ upstream: upstream.name, scope, ...(model === undefined ? {} : { model }), from, to });
}
