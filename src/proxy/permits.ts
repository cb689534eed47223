import {
  admit,
  type BreakerState,
  forgive,
  halfOpenAt,
  hasten,
  isolate,
  lastResort,
  type Permit,
  reset,
  settle,
  suspect,
  trip,
} from '../core/breaker.ts';
import { type BreakerView, dwellUntil, recoveredAt, view, worstOf } from '../core/breaker-view.ts';
import type { Failure, FailureKind, Ms, Outcome } from '../core/failure.ts';
import { type HealthKeys, isOf, modelOf, SCOPES } from '../core/health-keys.ts';
import { isRemote } from '../core/remote.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';
import { type Proof, proves, type Scope, VERDICTS } from '../core/verdict.ts';

/** An upstream as one request, or one probe, asks it. */
export interface Subject {
  upstream: Upstream;
  keys: HealthKeys;
}

/** Leave to ask an upstream once; it has to be given back with what came of it. */
export interface Leave {
  /** Whether it is the one request that tries an upstream which has failed. */
  readonly isTrial: boolean;
  /** The first content has come: a limit that had a known end has ended, whatever else comes. */
  begun(): void;
  /** @param shown what a success has shown; a request always shows `inference` */
  settle(outcome: Outcome, shown?: Proof): void;
}

/** Asks the breakers of all keys; null when one of them says no. */
export function ask(
  subject: Subject,
  runtime: Runtime,
  asker: 'request' | 'probe' = 'request',
): Leave | null {
  const asked = admissions(subject, runtime, asker);
  const permits = new Map<Scope, Permit>();
  for (const { scope, permit } of asked) {
    if (permit === null) return null;
    permits.set(scope, permit);
  }
  for (const { key, before, state } of asked) if (state !== before) runtime.breakers.write(key, state);
  return leave(subject, permits, runtime);
}

/** Whether all breakers would say yes; none is asked. */
export function mayBeAsked(subject: Subject, runtime: Runtime): boolean {
  return admissions(subject, runtime, 'request').every(({ permit }) => permit !== null);
}

/** What each breaker says, and how it would stand if it were taken at its word. */
function admissions(subject: Subject, { breakers, clock }: Runtime, asker: 'request' | 'probe') {
  const now = clock.now();
  return keysIn(subject).map(([scope, key]) => {
    const before = breakers.read(key);
    return { scope, key, before, ...admit(before, now, proberOf(subject.upstream, scope), asker) };
  });
}

/**
 * Leave to ask an upstream although a breaker is open: the last resort when nothing else can answer. Null while one is in a
 * cooldown, whose end is known, blocked, or held out by hand.
 * @param isAlone there is no other upstream, and what it says of its limits is for its client to read
 */
export function insist(subject: Subject, runtime: Runtime, isAlone = false): Leave | null {
  const now = runtime.clock.now();
  const permits = new Map<Scope, Permit>();
  for (const [scope, key] of keysIn(subject)) {
    const state = runtime.breakers.read(key);
    const { name } = view(state, now);
    if ((name === 'cooldown' && !isAlone) || name === 'blocked' || name === 'isolated') return null;
    permits.set(scope, lastResort(state));
  }
  return leave(subject, permits, runtime);
}

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
  if (network.offline && isRemote(upstream)) return true;
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

/** The most that a success has to show to close those of its breakers whose time is up; null when there are none. */
export function awaited(subject: Subject, { breakers, clock }: Runtime): Proof | null {
  const now = clock.now();
  const needs = keysIn(subject).flatMap(([, key]) => halfOpenAt(breakers.read(key), now)?.needs ?? []);
  return needs.reduce<Proof | null>(
    (most, next) => (most !== null && proves(most, next) ? most : next),
    null,
  );
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

/** What probes can show of a scope: they ask for no model, and carry no client's credential. */
function proberOf({ breaker, takesClientCredential }: Upstream, scope: Scope): Proof | null {
  if (scope === 'model' || (scope === 'credential' && takesClientCredential)) return null;
  return breaker.prober;
}

/** Subjects are asked about many times for each request. */
const LISTED = new WeakMap<HealthKeys, readonly [Scope, string][]>();

function keysIn({ keys }: Subject): readonly [Scope, string][] {
  const known = LISTED.get(keys);
  if (known !== undefined) return known;
  const fresh = SCOPES.flatMap((scope) => {
    const key = keys[scope];
    return key === undefined ? [] : [[scope, key] as [Scope, string]];
  });
  LISTED.set(keys, fresh);
  return fresh;
}

function scopeOf(key: string): Scope {
  return SCOPES.find((scope) => key.startsWith(`${scope} `)) ?? 'upstream';
}

function leave(subject: Subject, permits: Map<Scope, Permit>, runtime: Runtime): Leave {
  let settled = false;
  return {
    isTrial: [...permits.values()].some((permit) => permit.canary),
    begun() {
      if (!settled) endCooldowns(subject, permits, runtime);
    },
    settle(outcome, shown = 'inference') {
      if (settled) return;
      settled = true;
      settleAll(subject, permits, asSeen(outcome, subject, runtime), shown, runtime);
    },
  };
}

/** What comes of the answer later is a new matter, and held against a breaker that is closed. */
function endCooldowns({ upstream, keys }: Subject, permits: Map<Scope, Permit>, runtime: Runtime): void {
  const { breakers, clock, random } = runtime;
  for (const [scope, permit] of permits) {
    const key = keys[scope];
    if (key === undefined || !permit.canary) continue;
    const before = breakers.read(key);
    if (before.phase !== 'half-open' || before.from !== 'cooldown') continue;
    const state = settle(before, permit, { ok: true }, clock.now(), upstream.breaker, random);
    if (state === before) continue;
    change(upstream, scope, key, state, runtime);
    permits.set(scope, { generation: state.generation });
  }
}

/** What has to do with the connection says nothing just after the machine woke. */
const OF_THE_CONNECTION = new Set<FailureKind>([
  'refused',
  'unreachable',
  'unresponsive',
  'slow',
  'stalled',
  'cut',
]);

/** The outcome in the light of what is known of our own network, which learns from it. */
function asSeen(outcome: Outcome, { upstream, keys }: Subject, { network }: Runtime): Outcome {
  const failure = outcome.ok ? null : outcome.failure;
  if (failure?.excused) return SAYS_NOTHING;
  if (failure !== null && network.justWoken && OF_THE_CONNECTION.has(failure.kind)) return SAYS_NOTHING;
  if (!isRemote(upstream)) return outcome;
  // A network that asks for a login has a certificate of its own for everybody.
  if (failure?.kind === 'unreachable' || failure?.kind === 'untrusted') {
    network.saw(keys.host, false);
    return network.offline ? OFFLINE : outcome;
  }
  if (failure === null || hasAnswered(failure) || failure.kind === 'refused') network.saw(keys.host, true);
  return outcome;
}

const SAYS_NOTHING: Outcome = { ok: false, failure: { kind: 'cancelled', message: 'it was excused' } };
const OFFLINE: Outcome = { ok: false, failure: { kind: 'offline', message: 'our own network is gone' } };

/** Failures that cannot come without an answer. */
const ANSWERS = new Set<FailureKind>(['stalled', 'cut', 'garbled', 'misdirected', 'empty']);

function hasAnswered({ kind, status }: Failure): boolean {
  return status !== undefined || ANSWERS.has(kind);
}

/** Gives the permits back, widest first: once a wider key is to blame, the narrower ones are not. */
function settleAll(
  subject: Subject,
  permits: ReadonlyMap<Scope, Permit>,
  outcome: Outcome,
  shown: Proof,
  runtime: Runtime,
): void {
  const { upstream, keys } = subject;
  const { breakers, clock, random } = runtime;
  const now = clock.now();
  let isBlamed = false;
  for (const [scope, permit] of permits) {
    const key = keys[scope];
    if (key === undefined) continue;
    const share = isBlamed ? { outcome: SAYS_NOTHING } : shareOf(outcome, scope, shown);
    const before = breakers.read(key);
    const state = settle(before, permit, share.outcome, now, upstream.breaker, random, share.shown);
    change(upstream, scope, key, state, runtime);
    if (outcome.ok || share.outcome !== outcome) continue;
    const { name } = view(state, now);
    // Also when it was out already: of many requests under way, the first ones open it, and the others fail of it all the same.
    isBlamed = name !== 'closed' && name !== 'suspect';
    if (scope === 'model' && state !== before && name === 'open')
      lift(subject, key, outcome.failure, runtime);
  }
}

/** What an outcome is for one of the keys that it was had with. */
function shareOf(outcome: Outcome, scope: Scope, shown: Proof): { outcome: Outcome; shown?: Proof } {
  if (outcome.ok) return { outcome, shown };
  const { failure } = outcome;
  const verdict = VERDICTS[failure.kind];
  const counts = verdict.breaker === 'count';
  if (verdict.breaker === 'exclude') return isAnswered(failure, scope);
  if (verdict.scope === scope) return { outcome };
  // One failure to connect and one of the answer are two failures of the upstream, and so with its models.
  if (counts && verdict.scope === 'host' && scope === 'upstream') return { outcome };
  if (counts && verdict.scope === 'upstream' && scope === 'model') return { outcome };
  return isAnswered(failure, scope);
}

/** Whatever was wrong with an answer, there was one: what failures to connect did is over. */
function isAnswered(failure: Failure, scope: Scope): { outcome: Outcome; shown?: Proof } {
  return (scope === 'host' || scope === 'upstream') && hasAnswered(failure)
    ? { outcome: { ok: true }, shown: 'credential' }
    : { outcome: SAYS_NOTHING };
}

/** Models of one upstream that open within this time are not what is wrong. */
const LIFT_MS: Ms = 60_000;

/** A second model that opens opens the upstream. */
function lift({ upstream, keys }: Subject, key: string, failure: Failure, runtime: Runtime): void {
  const { breakers, clock, random } = runtime;
  const now = clock.now();
  if (VERDICTS[failure.kind].breaker !== 'count') return;
  const model = modelOf(key);
  const isSecond = [...breakers.keys()].some((other) => {
    if (other === key || !isOf(upstream, other) || modelOf(other) === undefined || modelOf(other) === model)
      return false;
    const state = breakers.read(other);
    const openedAt = state.flaps.at(-1) ?? Number.NEGATIVE_INFINITY;
    return state.phase !== 'closed' && now - openedAt <= LIFT_MS;
  });
  if (!isSecond) return;
  const state = trip(breakers.read(keys.upstream), failure, now, upstream.breaker, random);
  change(upstream, 'upstream', keys.upstream, state, runtime);
}

/** Stores a state, and tells the journal when it stands otherwise than before. */
function change(
  upstream: Upstream,
  scope: Scope,
  key: string,
  state: ReturnType<Runtime['breakers']['read']>,
  { breakers, clock, journal }: Runtime,
): void {
  const before = breakers.read(key);
  if (state === before) return;
  breakers.write(key, state);
  const now = clock.now();
  const from = view(before, now).name;
  const to = view(state, now);
  const model = modelOf(key);
  if (from === to.name) return;
  journal.breaker({ upstream: upstream.name, scope, ...(model === undefined ? {} : { model }), from, to });
}
