import { estimateTokens } from '../core/estimate.ts';
import type { Amendment, Failure, Ms, Outcome } from '../core/failure.ts';
import type { Frame } from '../core/frame.ts';
import type { Inbound, Target, Upstream } from '../core/upstream.ts';
import { VERDICTS } from '../core/verdict.ts';
import { type Attempt, attempt } from './attempt.ts';
import type { RelayContext } from './context.ts';
import type { Place } from './gate.ts';
import { isNeutral } from './moves-on.ts';
import type { Leave } from './permits.ts';
import { keysOf, scrub } from './scrub.ts';
import type { Subject } from './subject.ts';
import { targetFor } from './target.ts';
import { CANCELLED } from './watch.ts';
import { EMPTY } from './whole.ts';

/** One upstream asked on behalf of one request. */
export interface Hop {
  subject: Subject;
  leave: Leave;
  place: Place;
  inbound: Inbound;
  context: RelayContext;
  client: AbortSignal;
  contentBy: Ms;
  /** 1 for the first attempt that was made for this request. */
  number: number;
  /** On trial it has half of the usual time to its first event: the next one may have to answer within the same budget. */
  isHurried: boolean;
  /** Nobody else could answer after it. */
  isLast: boolean;
  /** How the request is changed, because this upstream refused it as it was. */
  amend?: Amendment;
}

/** An attempt that was started. */
export interface Beginning {
  /** Settled at its first content, or when it is clear that there will be none: then nothing of it is left. */
  readonly result: Promise<Begun | Failure>;
  /** Whether the upstream has sent the beginning of an answer. */
  readonly isHeard: boolean;
  /** Ends it without blame, also after it has begun: the client left, or another upstream was quicker. */
  giveUp(): void;
}

/** An attempt that has content. It must be read to its end or given up. */
export interface Begun {
  readonly hop: Hop;
  readonly tried: Attempt;
  /** The first frames, not yet passed on. */
  readonly first: readonly Frame[];
  /** Gives the permit back and writes the attempt down; the first outcome counts. */
  over(outcome: Outcome): void;
  giveUp(): void;
}

/** What comes of an attempt that nobody waits for any more. */
export const LEFT: Outcome = { ok: false, failure: CANCELLED };

/** Makes one attempt, up to its first content. However it ends, the permit is settled and the upstream freed. */
export function begin(hop: Hop): Beginning {
  const { inbound, context, client } = hop;
  const { runtime } = context;
  const { upstream, contentBy, isExcused } = withinBudget(hop);
  const target = targetFor(upstream, hop, runtime.id('msg_'));
  const tried = attempt({ upstream, inbound, target, runtime, contentBy, isExcused });
  const record = recorder(hop, target);

  function giveUp(): void {
    over(LEFT);
    tried.leave();
    void tried.frames.return(LEFT);
  }

  function over(outcome: Outcome): void {
    client.removeEventListener('abort', giveUp);
    noteLesson(hop, target, outcome);
    if (outcome.ok) noteCount(hop, target, tried.answer.counted);
    record(outcome);
  }

  async function first(): Promise<Begun | Failure> {
    try {
      const step = await tried.frames.next();
      if (!step.done) {
        record.content();
        return { hop, tried, first: step.value, over, giveUp };
      }
      // A client that left before anything was sent ended it before it began.
      const outcome = client.aborted ? LEFT : discreet(step.value, hop);
      over(outcome);
      return outcome.ok ? EMPTY : outcome.failure;
    } catch (error) {
      over(LEFT);
      throw error;
    }
  }

  // A client that leaves while nobody asks for the next piece must not keep the permit.
  if (client.aborted) giveUp();
  else client.addEventListener('abort', giveUp, { once: true });
  return {
    result: first(),
    get isHeard() {
      return tried.answer.started;
    },
    giveUp,
  };
}

/** So much of what is left of the budget one upstream may be silent for while others could still answer. */
const SHARE = 0.75;
/** And so much of it one may have no content for that has begun: it may be thinking. */
const CONTENT_SHARE = 0.85;
/** Who had less than about half of the budget, because others used it up, was not given the time it has otherwise. */
const FAIR_SHARE = 0.45;

/** The upstream with the time that it has for its first event in this request, and until when it has to have its first content. */
function withinBudget(hop: Hop): { upstream: Upstream; contentBy: Ms; isExcused: boolean } {
  const { subject, context, isHurried, isLast } = hop;
  const { upstream } = subject;
  const { runtime, failover } = context;
  const usualMs = upstream.timeouts.firstEventMs / (isHurried ? 2 : 1);
  const now = runtime.clock.now();
  const restMs = Math.max(0, hop.contentBy - now);
  const contentBy = now + restMs * (isLast ? 1 : CONTENT_SHARE);
  const firstEventMs = Math.min(usualMs, restMs * (isLast ? 1 : SHARE));
  const isExcused = firstEventMs < Math.min(usualMs, failover.budgetMs * FAIR_SHARE);
  if (firstEventMs === upstream.timeouts.firstEventMs) return { upstream, contentBy, isExcused };
  const timeouts = { ...upstream.timeouts, firstEventMs };
  return { upstream: { ...upstream, timeouts }, contentBy, isExcused };
}

/** The outcome without keys and quotations in an upstream's words. */
export function discreet(outcome: Outcome, { subject, inbound }: Hop): Outcome {
  if (outcome.ok || outcome.failure.quotes === undefined) return outcome;
  const { failure } = outcome;
  const message = scrub(failure.message, keysOf(subject.upstream, inbound), inbound.bytes);
  return { ok: false, failure: { ...failure, message } };
}

/** Anthropic counts for itself: its requests are not read for this. */
function noteCount(
  { subject, inbound, context }: Hop,
  { native, model }: Target,
  counted: number | undefined,
): void {
  if (native || counted === undefined) return;
  context.calibration.note(subject.upstream.name, model, estimateTokens(inbound.request), counted);
}

/** A change was right when the upstream answers after it, or minds something else. Anthropic's requests are the client's. */
function noteLesson({ subject, context, amend }: Hop, { native, model }: Target, outcome: Outcome): void {
  if (native || amend === undefined) return;
  const next = outcome.ok ? {} : outcome.failure.amend;
  if (next === undefined || Object.keys(next).some((key) => key in amend)) return;
  context.lessons.learn(subject.upstream.name, model, amend, context.runtime.clock.now());
}

/** Settles the permit and writes the attempt down: the first outcome counts, later ones do nothing. */
interface Recorder {
  (outcome: Outcome): void;
  /** The answer has begun. */
  content(): void;
}

function recorder(hop: Hop, target: Target): Recorder {
  const { leave, place, subject, inbound, context, number } = hop;
  const { journal, clock } = context.runtime;
  const startedAt = clock.now();
  let contentAt: Ms | undefined;
  let recorded = false;
  const record = (outcome: Outcome) => {
    if (recorded) return;
    recorded = true;
    const failure = outcome.ok ? undefined : outcome.failure;
    const neutral = failure !== undefined && isNeutral({ upstream: subject.upstream, failure }, hop);
    if (failure !== undefined && CROWDED.has(failure.kind)) place.refused();
    place.leave();
    leave.settle(neutral ? noVerdict(failure) : outcome);
    if (failure !== undefined && !neutral && VERDICTS[failure.kind].breaker === 'count')
      context.prober.doubt(subject.upstream);
    if (failure === undefined) context.prober.well(subject.upstream, startedAt);
    noteTrial(hop, failure);
    journal.attempt({
      requestId: inbound.id,
      upstream: subject.upstream.name,
      model: target.model,
      number,
      startedAt,
      endedAt: clock.now(),
      ...(contentAt === undefined ? {} : { firstContentMs: contentAt - startedAt }),
      ...(failure === undefined ? {} : { failure }),
      ...(neutral ? { neutral } : {}),
    });
  };
  const content = () => {
    contentAt = clock.now();
    place.begun();
    leave.begun();
  };
  return Object.assign(record, { content });
}

/** Who is too slow for a hurried trial gets its whole time at the next, until it has answered. */
function noteTrial({ isHurried, subject, context }: Hop, failure: Failure | undefined): void {
  const { name } = subject.upstream;
  if (failure === undefined) context.slowOnTrial.delete(name);
  else if (isHurried && failure.kind === 'slow') context.slowOnTrial.add(name);
}

/** Failures that say that too much was asked of it at once. */
const CROWDED = new Set<Failure['kind']>(['rate_limited', 'overloaded']);

/** The client is at fault, and nobody else; but where there was an answer, somebody is there. */
function noVerdict({ status }: Failure): Outcome {
  const failure: Failure = { kind: 'rejected', message: 'the client is at fault' };
  return { ok: false, failure: status === undefined ? failure : { ...failure, status } };
}
