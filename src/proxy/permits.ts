import { type Asker, admit, lastResort, type Permit, settle, trip } from '../core/breaker.ts';
import { view } from '../core/breaker-view.ts';
import type { Failure, FailureKind, Ms, Outcome } from '../core/failure.ts';
import { isOf, modelOf } from '../core/health-keys.ts';
import { isRemote } from '../core/remote.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';
import { type Proof, type Scope, VERDICTS } from '../core/verdict.ts';
import { change, keysIn, type Subject } from './subject.ts';

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
export function ask(subject: Subject, runtime: Runtime, asker: Asker = 'request'): Leave | null {
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
function admissions(subject: Subject, { breakers, clock }: Runtime, asker: Asker) {
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

/** What probes can show of a scope: they ask for no model, and carry no client's credential. */
function proberOf({ breaker, takesClientCredential }: Upstream, scope: Scope): Proof | null {
  if (scope === 'model' || (scope === 'credential' && takesClientCredential)) return null;
  return breaker.prober;
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
    return network.cutsOff(keys.host) ? OFFLINE : outcome;
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
