import { admit, lastResort, type Permit, settle, suspect, view } from '../core/breaker.ts';
import type { Outcome } from '../core/failure.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';

/** Leave to ask an upstream once; it has to be given back with what came of it. */
export interface Leave {
  settle(outcome: Outcome): void;
}

/** Asks the upstream's breaker; null when it says no. */
export function ask(upstream: Upstream, runtime: Runtime): Leave | null {
  const { state, permit } = admit(
    runtime.breakers.read(upstream.name),
    runtime.clock.now(),
    upstream.breaker,
  );
  runtime.breakers.write(upstream.name, state);
  return permit === null ? null : leave(upstream, permit, runtime);
}

/**
 * Leave to ask an upstream although its breaker is open: the last resort when nothing else can answer. Null while it is in
 * a cooldown, whose end is known.
 */
export function insist(upstream: Upstream, runtime: Runtime): Leave | null {
  const state = runtime.breakers.read(upstream.name);
  const { name } = view(state, runtime.clock.now());
  return name === 'open' || name === 'half-open' ? leave(upstream, lastResort(state), runtime) : null;
}

function leave(upstream: Upstream, permit: Permit, { breakers, clock, random }: Runtime): Leave {
  let settled = false;
  return {
    settle(outcome) {
      if (settled) return;
      settled = true;
      const state = breakers.read(upstream.name);
      const counted = !outcome.ok && outcome.failure.excused ? SAYS_NOTHING : outcome;
      breakers.write(upstream.name, settle(state, permit, counted, clock.now(), upstream.breaker, random));
    },
  };
}

const SAYS_NOTHING: Outcome = { ok: false, failure: { kind: 'rejected', message: 'it was excused' } };

/** Puts an upstream behind all others until it has answered again: it died in the middle of an answer. */
export function distrust(upstream: Upstream, reason: string, { breakers, clock }: Runtime): void {
  breakers.write(upstream.name, suspect(breakers.read(upstream.name), clock.now(), reason));
}
