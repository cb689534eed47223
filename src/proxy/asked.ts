import type { Ms } from '../core/failure.ts';
import type { Inbound } from '../core/upstream.ts';
import type { Candidates } from './candidates.ts';
import { BUSY, type Try } from './conclude.ts';
import type { RelayContext } from './context.ts';
import type { Place } from './gate.ts';
import type { Hop } from './hop.ts';
import { ask, hasRecoveredLately, insist, type Leave, type Subject, standing } from './permits.ts';

/** One request on its way through the chain. */
export interface Round extends Candidates {
  inbound: Inbound;
  context: RelayContext;
  client: AbortSignal;
  /** When a stream must have had its first content. */
  contentBy: Ms;
  /** Attempts made so far, by whichever upstream. */
  attempts: number;
  /** Upstreams that did not answer, and how they failed. */
  readonly tries: Try[];
}

/** At most this many upstreams with an open breaker are asked when nothing else can answer. */
const LAST_RESORTS = 2;
/** How long a place at an upstream is waited for while there are others to ask. */
const QUEUE_MS: Ms = 5_000;

/**
 * The upstreams that are asked, each with its breakers' leave and a place, as they are needed. When none of them could
 * answer, the first with open breakers are asked all the same: an upstream that may be back is better than a certain failure.
 * Asked for `at-once`, the next one is only given if there is a place at it now.
 */
export async function* asked(round: Round): AsyncGenerator<Hop, void, 'at-once' | undefined> {
  const { order, context, barred } = round;
  const most = 1 + context.failover.maxFailoverAttempts;
  const done = new Set<Subject>();
  let made = 0;
  let isHurried = false;
  for (const [leaveFor, more] of [
    [ask, most],
    [insist, LAST_RESORTS],
  ] as const) {
    const limit = Math.min(most, made + more);
    for (const subject of leaveFor === ask ? order : likelyFirst(order, context)) {
      if (made >= limit || isOver(round)) return;
      if (done.has(subject) || !isPossible(subject, leaveFor === insist, round)) continue;
      const patience = isHurried ? 0 : hasOthers(subject, done, round) ? QUEUE_MS : Number.POSITIVE_INFINITY;
      const place = await enter(subject, patience, round);
      if (place === null) {
        barred.set(subject.upstream.name, BUSY);
        done.add(subject);
        continue;
      }
      const leave = leaveFor(subject, context.runtime);
      if (leave === null) {
        place.leave();
        continue;
      }
      done.add(subject);
      made += 1;
      context.retries.noteAsked(subject.upstream.name);
      isHurried = (yield hopOf(subject, leave, place, round)) === 'at-once';
    }
  }
}

/** Those that are about to be tried, before those that are known to fail. */
function likelyFirst(order: readonly Subject[], { runtime }: RelayContext): Subject[] {
  const isTried = (subject: Subject) => standing(subject, runtime).name === 'half-open';
  return [...order.filter(isTried), ...order.filter((subject) => !isTried(subject))];
}

/** The same upstream once more; null when its breakers do not let it. */
export async function askAgain(subject: Subject, round: Round): Promise<Hop | null> {
  if (isOver(round)) return null;
  const place = await enter(subject, Number.POSITIVE_INFINITY, round);
  const leave = place === null ? null : ask(subject, round.context.runtime);
  if (place === null || leave === null) {
    place?.leave();
    return null;
  }
  return hopOf(subject, leave, place, round);
}

function hopOf(subject: Subject, leave: Leave, place: Place, round: Round): Hop {
  round.attempts += 1;
  const { inbound, context, client, contentBy, attempts: number } = round;
  return { subject, leave, place, inbound, context, client, contentBy, number };
}

/** Whether asking makes no sense any more: the client left, or the time for a first content is used up. */
export function isOver({ client, inbound, contentBy, context }: Round): boolean {
  return client.aborted || (inbound.stream && context.runtime.clock.now() >= contentBy);
}

/** Nobody waits for a place at an upstream that would not let the request through. */
function isPossible(subject: Subject, isLastResort: boolean, { context }: Round): boolean {
  const { name } = standing(subject, context.runtime);
  return isLastResort || name === 'closed' || name === 'suspect' || name === 'half-open';
}

function hasOthers(subject: Subject, done: ReadonlySet<Subject>, round: Round): boolean {
  return round.order.some(
    (other) => other !== subject && !done.has(other) && isPossible(other, false, round),
  );
}

/** @param patienceMs the longest wait; the request's own time ends it sooner */
function enter(subject: Subject, patienceMs: Ms, round: Round): Place | null | Promise<Place | null> {
  const { context, client, inbound, contentBy, chain, tries } = round;
  const { upstream } = subject;
  const { gates, runtime, preference } = context;
  const rest = inbound.stream ? contentBy - runtime.clock.now() : upstream.timeouts.responseMs;
  const first = preference.preferred ?? chain[0]?.upstream.name;
  const isSubstitute =
    chain.length > 1 && (tries.length > 0 || upstream.name !== first || hasRecoveredLately(subject, runtime));
  return gates.enter(upstream, { isSubstitute, waitMs: Math.min(patienceMs, rest), client });
}
