import { halfOpenAt } from '../core/breaker.ts';
import { type BreakerView, dwellUntil, recoveredAt, view, worstOf } from '../core/breaker-view.ts';
import type { Ms } from '../core/failure.ts';
import { isOf, modelOf } from '../core/health-keys.ts';
import { isRemote } from '../core/remote.ts';
import type { Runtime } from '../core/runtime.ts';
import { type Proof, type Scope, stricter } from '../core/verdict.ts';
import { keysIn, type Subject, scopeOf } from './subject.ts';

/** How an upstream stands for a request: as the worst of its breakers. */
export function standing(subject: Subject, { breakers, clock }: Runtime): BreakerView {
  const now = clock.now();
  return worstOf(keysIn(subject).map(([, key]) => view(breakers.read(key), now)));
}

/** A model or a credential that nobody has asked for since its time was up so long ago says nothing about the upstream. */
const STALE_MS: Ms = 5 * 60_000;
const LAPSES = new Set<Scope>(['credential', 'model']);

/**
 * How an upstream stands as a whole: as the worst of its breakers, its models' among them. What is wrong with a credential
 * that nobody sends any more says nothing about it.
 */
export function overall(subject: Subject, { breakers, clock }: Runtime): BreakerView {
  const { upstream, keys } = subject;
  const now = clock.now();
  const own = [...breakers.keys()].filter((key) => isOf(upstream, key));
  const credential = credentialInUse(subject, own);
  const counted = own.filter((key) => (credentialOf(key) ?? credential) === credential);
  const all = [keys.host, ...counted];
  const views = all.map((key) => {
    const seen = view(breakers.read(key), now);
    const model = modelOf(key);
    const isStale = seen.name === 'half-open' && now - seen.since > STALE_MS && LAPSES.has(scopeOf(key));
    if (isStale) return { name: 'closed' as const, since: 0 };
    return model === undefined || seen.reason === undefined
      ? seen
      : { ...seen, reason: `${model}: ${seen.reason}` };
  });
  return worstOf(views);
}

/**
 * The credential that requests are sent with: ccproxy's own, or where clients send theirs the one that was used last, which
 * is the one that was written last. Probes write of ccproxy's own, which says nothing of what clients send.
 */
function credentialInUse({ upstream, keys }: Subject, written: readonly string[]): string {
  const own = credentialOf(keys.credential ?? '') ?? '-';
  if (!upstream.takesClientCredential) return own;
  const last = written.findLast((key) => key !== keys.credential && credentialOf(key) !== undefined);
  return credentialOf(last ?? '') ?? own;
}

/** The name of the credential in the key of a credential's breaker or of a model's; undefined for any other. */
function credentialOf(key: string): string | undefined {
  return key.split(' ')[3];
}

/** Until when it is kept from those whom another serves well, because it recovered only lately. */
export function returnsAt(subject: Subject, { breakers, clock }: Runtime, returnAfterMs: Ms): Ms | undefined {
  const now = clock.now();
  const ends = keysIn(subject).map(([, key]) => dwellUntil(breakers.read(key), now, returnAfterMs) ?? 0);
  const latest = Math.max(...ends);
  return latest === 0 ? undefined : latest;
}

/** Whether it has turned out since then that there is no use in waiting for it: it is down, or our own network is gone. */
export function wentDown({ upstream, keys }: Subject, since: Ms, runtime: Runtime): boolean {
  const { breakers, clock, network } = runtime;
  if (isRemote(upstream) && network.cutsOff(keys.host)) return true;
  return [keys.host, keys.upstream].some((key) => {
    const seen = view(breakers.read(key), clock.now());
    return (seen.name === 'open' || seen.name === 'blocked') && seen.since >= since;
  });
}

/** When the last of its breakers recovered; undefined where none ever had to. */
export function recoveryOf(subject: Subject, { breakers }: Runtime): Ms | undefined {
  const times = keysIn(subject).map(([, key]) => recoveredAt(breakers.read(key)) ?? 0);
  const latest = Math.max(...times);
  return latest === 0 ? undefined : latest;
}

/** The most that a success has to show to close those of its breakers whose time is up; null when there are none. */
export function awaited(subject: Subject, { breakers, clock }: Runtime): Proof | null {
  const now = clock.now();
  const needs = keysIn(subject).flatMap(([, key]) => halfOpenAt(breakers.read(key), now)?.needs ?? []);
  return needs.reduce<Proof | null>((most, next) => stricter(next, most), null);
}
