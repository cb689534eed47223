import { type BreakerState, forgive, hasten, isolate, reset, suspect } from '../core/breaker.ts';
import type { Ms } from '../core/failure.ts';
import { isOf } from '../core/health-keys.ts';
import type { Runtime } from '../core/runtime.ts';
import { change, type Subject, scopeOf } from './subject.ts';

/** Puts an upstream behind all others until it has answered again: it died in the middle of an answer. */
export function distrust({ upstream, keys }: Subject, reason: string, runtime: Runtime): void {
  const { breakers, clock } = runtime;
  change(
    upstream,
    'upstream',
    keys.upstream,
    suspect(breakers.read(keys.upstream), clock.now(), reason),
    runtime,
  );
}

/** Holds an upstream out until it is reset. */
export function holdOut({ upstream, keys }: Subject, runtime: Runtime): void {
  const { breakers, clock } = runtime;
  change(upstream, 'upstream', keys.upstream, isolate(breakers.read(keys.upstream), clock.now()), runtime);
}

/** Closes every breaker of an upstream, its host's among them: trips, cooldowns, blocks, isolation are forgotten. */
export function clear({ upstream, keys }: Subject, runtime: Runtime): void {
  const { breakers, clock } = runtime;
  const all = [keys.host, ...[...breakers.keys()].filter((key) => isOf(upstream, key))];
  for (const key of all) change(upstream, scopeOf(key), key, reset(breakers.read(key), clock.now()), runtime);
}

/** Takes back what failures to connect did to an upstream and its host: it was our own network. */
export function forgiveLosses(subject: Subject, runtime: Runtime): void {
  changePlace(subject, forgive, runtime);
}

/** Ends the open time of an upstream and its host where failures to connect began it: something changed, it is worth a look. */
export function hastenReturn(subject: Subject, runtime: Runtime): void {
  changePlace(subject, hasten, runtime);
}

/** Changes what does not depend on who asks, or for what. */
function changePlace(
  { upstream, keys }: Subject,
  to: (state: BreakerState, now: Ms) => BreakerState,
  runtime: Runtime,
): void {
  const { breakers, clock } = runtime;
  for (const scope of ['host', 'upstream'] as const)
    change(upstream, scope, keys[scope], to(breakers.read(keys[scope]), clock.now()), runtime);
}
