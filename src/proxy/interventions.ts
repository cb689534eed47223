import { type BreakerState, forgive, hasten, isolate, reset, suspect } from '../core/breaker.ts';
import type { Ms } from '../core/failure.ts';
import { isOf } from '../core/health-keys.ts';
import type { Runtime } from '../core/runtime.ts';
import { change, type Subject, scopeOf } from './subject.ts';

/** Puts an upstream behind all others until it has answered again: it died in the middle of an answer, or was silent too long. */
export function distrust(subject: Subject, reason: string, runtime: Runtime): void {
  changeEach(subject, ['upstream'], (state, now) => suspect(state, now, reason), runtime);
}

/** Holds an upstream out until it is reset. */
export function holdOut(subject: Subject, runtime: Runtime): void {
  changeEach(subject, ['upstream'], isolate, runtime);
}

/** Closes every breaker of an upstream, its host's among them: trips, cooldowns, blocks, isolation are forgotten. */
export function clear({ upstream, keys }: Subject, runtime: Runtime): void {
  const { breakers, clock } = runtime;
  const all = [keys.host, ...[...breakers.keys()].filter((key) => isOf(upstream, key))];
  for (const key of all) change(upstream, scopeOf(key), key, reset(breakers.read(key), clock.now()), runtime);
}

/** Takes back what failures to connect did to an upstream and its host: it was our own network. */
export function forgiveLosses(subject: Subject, runtime: Runtime): void {
  changeEach(subject, PLACE, forgive, runtime);
}

/** Ends the open time of an upstream and its host where failures to connect began it: something changed, it is worth a look. */
export function hastenReturn(subject: Subject, runtime: Runtime): void {
  changeEach(subject, PLACE, hasten, runtime);
}

/** What does not depend on who asks, or for what. */
const PLACE = ['host', 'upstream'] as const;

function changeEach(
  { upstream, keys }: Subject,
  scopes: readonly (typeof PLACE)[number][],
  to: (state: BreakerState, now: Ms) => BreakerState,
  runtime: Runtime,
): void {
  const { breakers, clock } = runtime;
  for (const scope of scopes)
    change(upstream, scope, keys[scope], to(breakers.read(keys[scope]), clock.now()), runtime);
}
