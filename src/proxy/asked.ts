import type { Amendment, Ms } from '../core/failure.ts';
import { canTake } from './able.ts';
import { BUSY } from './conclude.ts';
import type { RelayContext } from './context.ts';
import type { Place } from './gate.ts';
import type { Hop } from './hop.ts';
import { ask, insist, type Leave, mayBeAsked } from './permits.ts';
import { whyMalformed } from './readable.ts';
import type { Round } from './round.ts';
import { recoveryOf, standing } from './standing.ts';
import type { Subject } from './subject.ts';

/** At most this many upstreams with an open breaker are asked when nothing else can answer. */
const LAST_RESORTS = 2;
/** How long a place at an upstream is waited for while there are others to ask. */
const QUEUE_MS: Ms = 5_000;

/**
 * The next upstream that is asked, with its breakers' leave and a place. When none of them could answer, those that had no
 * place in time are waited for; and after them, the first with open breakers are asked all the same: an upstream that may be
 * back is better than a certain failure. Null when there is none left.
 */
export async function nextHop(round: Round): Promise<Hop | null> {
  const { order, context } = round;
  return (
    (await firstToTake(order, false, round)) ??
    (await firstToTake(waitedFor(round), false, round)) ??
    (await firstToTake(likelyFirst(order, context), true, round))
  );
}

async function firstToTake(
  order: readonly Subject[],
  isLastResort: boolean,
  round: Round,
): Promise<Hop | null> {
  const { client, barred, done, busy } = round;
  for (const subject of order) {
    if (isOver(round) || isEnough(isLastResort, round)) return null;
    if (done.has(subject) || !isPossible(subject, isLastResort, round)) continue;
    if (!canTake(subject, round)) {
      round.malformed = whyMalformed(round.inbound);
      done.add(subject);
      continue;
    }
    const hasTime = !hasOthers(subject, round);
    const place = await enter(subject, hasTime ? FOREVER : QUEUE_MS, client, round);
    if (place === null) {
      barred.set(subject.upstream.name, BUSY);
      done.add(subject);
      if (!hasTime) busy.add(subject);
      continue;
    }
    // The client may have left in the moment in which its turn came.
    const leave = isOver(round) ? null : leaveFor(subject, isLastResort, round);
    if (leave === null) place.leave();
    else return firstHop(subject, leave, place, isLastResort, round);
  }
  return null;
}

function leaveFor(subject: Subject, isLastResort: boolean, { chain, context }: Round): Leave | null {
  if (!isLastResort) return ask(subject, context.runtime);
  const { upstream } = subject;
  const isAlone = chain.length === 1 && upstream.native;
  // Without another upstream nothing stands between the client and Anthropic's own words.
  if (!isAlone && !context.retries.mayInsist(upstream.name)) return null;
  return insist(subject, context.runtime, isAlone);
}

/** Those that had no place in time: it is their turn once more. */
function waitedFor({ busy, done }: Round): Subject[] {
  const all = [...busy];
  busy.clear();
  for (const subject of all) done.delete(subject);
  return all;
}

/**
 * One more upstream while another is silent: one that lets the request through and has a place for it now. Null when there
 * is none, or too many requests had company lately. Those that have no place keep their turn.
 */
export function company(round: Round): Hop | null {
  const { order, context, done } = round;
  let isGranted = false;
  for (const subject of order) {
    if (isOver(round) || isEnough(false, round)) return null;
    if (done.has(subject) || !isPossible(subject, false, round) || !canTake(subject, round)) continue;
    const place = enter(subject, 0, round.client, round);
    // Without patience it is never promised one.
    if (place === null || place instanceof Promise) continue;
    isGranted ||= context.retries.mayHedge();
    const leave = isGranted ? ask(subject, context.runtime) : null;
    if (leave !== null) return firstHop(subject, leave, place, false, round);
    place.leave();
    if (!isGranted) return null;
  }
  return null;
}

/**
 * The same upstream once more; null when its breakers do not let it, when `signal` is aborted, or when it has no place
 * for it while there are others to ask.
 * @param isLastResort there is nobody else: it is asked also while another request tries it
 */
export async function hopAgain(
  subject: Subject,
  round: Round,
  signal: AbortSignal,
  { amend, isLastResort = false }: { amend?: Amendment | undefined; isLastResort?: boolean } = {},
): Promise<Hop | null> {
  if (isOver(round)) return null;
  const place = await enter(subject, hasOthers(subject, round, true) ? 0 : FOREVER, signal, round);
  if (place === null) return null;
  const isLate = signal.aborted || isOver(round);
  const leave = isLate
    ? null
    : (ask(subject, round.context.runtime) ?? (isLastResort ? leaveFor(subject, true, round) : null));
  if (leave === null) {
    place.leave();
    return null;
  }
  const hop = hopOf(subject, leave, place, isLastResort, round);
  return amend === undefined ? hop : { ...hop, amend };
}

const FOREVER = Number.POSITIVE_INFINITY;

/** The first attempt at an upstream. */
function firstHop(subject: Subject, leave: Leave, place: Place, isLastResort: boolean, round: Round): Hop {
  round.done.add(subject);
  round.asked += 1;
  if (isLastResort) round.lastResorts += 1;
  round.context.retries.noteAsked(subject.upstream.name);
  return hopOf(subject, leave, place, isLastResort, round);
}

function hopOf(subject: Subject, leave: Leave, place: Place, isLastResort: boolean, round: Round): Hop {
  round.attempts += 1;
  const { inbound, context, client, contentBy, attempts: number } = round;
  const isLast = isLastResort || !hasOthers(subject, round);
  // Whoever is well and slow needs its time to show it.
  const isHurried = leave.isTrial && !isLast && !context.slowOnTrial.has(subject.upstream.name);
  return { subject, leave, place, inbound, context, client, contentBy, number, isHurried, isLast };
}

/** Whether asking makes no sense any more: the client left, or the time for a first content is used up. */
export function isOver({ client, inbound, contentBy, context }: Round): boolean {
  return client.aborted || (inbound.stream && context.runtime.clock.now() >= contentBy);
}

function isEnough(isLastResort: boolean, round: Round): boolean {
  const { asked, lastResorts, context } = round;
  if (asked > context.failover.maxFailoverAttempts) return true;
  // Whoever cannot be helped by others need not wait for one that is known to be down.
  return isLastResort && (lastResorts >= LAST_RESORTS || round.malformed !== null);
}

/** Those that are about to be tried, before those that are known to fail. */
function likelyFirst(order: readonly Subject[], { runtime }: RelayContext): Subject[] {
  const isTried = (subject: Subject) => standing(subject, runtime).name === 'half-open';
  return [...order.filter(isTried), ...order.filter((subject) => !isTried(subject))];
}

/** Nobody waits for a place at an upstream that would not let the request through. */
function isPossible(subject: Subject, isLastResort: boolean, { context }: Round): boolean {
  const { name } = standing(subject, context.runtime);
  if (isLastResort || name === 'closed' || name === 'suspect') return true;
  return name === 'half-open' && mayBeAsked(subject, context.runtime);
}

/** @param isRead whether the request is read for that: what Anthropic may well answer is not */
function hasOthers(subject: Subject, round: Round, isRead = !subject.upstream.native): boolean {
  return round.order.some(
    (other) =>
      other !== subject &&
      !round.done.has(other) &&
      isPossible(other, false, round) &&
      (!isRead || canTake(other, round)),
  );
}

/** What an upstream can bear that recovered only a moment ago is not known. */
const RECOVERY_MS: Ms = 60_000;

function hasRecoveredLately(subject: Subject, { context: { runtime } }: Round): boolean {
  const at = recoveryOf(subject, runtime);
  return at !== undefined && Math.abs(runtime.clock.now() - at) < RECOVERY_MS;
}

/** @param patienceMs the longest wait; the request's own time ends it sooner */
function enter(
  subject: Subject,
  patienceMs: Ms,
  signal: AbortSignal,
  round: Round,
): Place | null | Promise<Place | null> {
  const { context, contentBy, chain, tries } = round;
  const { upstream } = subject;
  const { gates, runtime, preference } = context;
  const rest = Math.max(0, contentBy - runtime.clock.now());
  const first = preference.preferred ?? chain[0]?.upstream.name;
  const isSubstitute =
    chain.length > 1 && (tries.length > 0 || upstream.name !== first || hasRecoveredLately(subject, round));
  const waitMs = Math.min(patienceMs, rest);
  return gates.enter(upstream, { isSubstitute, hasOthers: patienceMs < FOREVER, waitMs, client: signal });
}
