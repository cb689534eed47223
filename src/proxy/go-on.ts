import { type CutAnswer, continuation, Misfit } from '../core/continuation.ts';
import type { Failure, Ms, Outcome } from '../core/failure.ts';
import type { Follower } from '../core/follow.ts';
import type { Frame } from '../core/frame.ts';
import { type WayOn, wayOn } from '../core/going-on.ts';
import type { Clock } from '../core/runtime.ts';
import type { Transcript } from '../core/transcript.ts';
import type { Inbound } from '../core/upstream.ts';
import { written } from '../core/written.ts';
import { isClaudeCode } from './claude-code.ts';
import { breachIn, type Course, noteBreach } from './course.ts';
import { type Begun, discreet, LEFT } from './hop.ts';
import { awaited, PING_MS, type SignsOfLife, signsOfLife } from './keep-alive.ts';
import { pass } from './pass.ts';
import { firstToAnswer } from './race.ts';
import { join, type Piece } from './reply.ts';
import type { Round } from './round.ts';
import { bodyFailure } from './transport-failure.ts';
import { within } from './within.ts';

/**
 * `mid_stream = "continue"`: goes on inside an answer that broke off, with the next upstream, and with one after that when it
 * breaks off as well, for as long as there is a way on and somebody to ask. `course` holds where that has led.
 */
export async function* goOn(course: Course, transcript: Transcript): AsyncGenerator<Piece, void> {
  const { inbound, client } = course.round;
  for (let failure = breachIn(course); failure !== null; failure = breachIn(course)) {
    const { begun } = course;
    const way = begun === undefined ? null : wayFrom(begun.tried.answer, transcript, inbound);
    if (begun === undefined || way === null) return;
    course.round.tries.push({ upstream: begun.hop.subject.upstream, failure });
    // Unless something else comes of it.
    course.outcome = LEFT;
    const next = yield* nextPart(course, begun.tried.answer, transcript, { way, inbound, client });
    if (next === null) {
      if (!client.aborted) course.outcome = { ok: false, failure };
      return;
    }
    course.begun = next;
    course.outcome = yield* pass(next, course.round, { hasHead: true, transcript });
    noteBreach(course);
  }
}

/** A request that has not the shape of one is passed on as it is; there is no going on from it. */
function wayFrom(answer: Follower, transcript: Transcript, inbound: Inbound): WayOn | null {
  try {
    return wayOn(answer, transcript, inbound.request);
  } catch {
    return null;
  }
}

/** What does not change while a part is looked for. */
interface Search {
  way: WayOn;
  /** As the client sent it. */
  inbound: Inbound;
  client: AbortSignal;
}

/** The first upstream whose answer goes on from what was told; null when none does. Ended early, it frees whoever is asked. */
async function* nextPart(
  course: Course,
  told: Follower,
  transcript: Transcript,
  search: Search,
): AsyncGenerator<Piece, Begun | null> {
  const gone = new AbortController();
  const round = roundFor(course.round, search, gone.signal);
  course.round = round;
  const { clock } = round.context.runtime;
  const signs = signsOfLife(told, clock, isClaudeCode(search.inbound));
  let found: Begun | null = null;
  try {
    while (found === null) {
      const first = yield* alive(firstToAnswer(round), signs, clock);
      if (first === null) return null;
      // A refusal that is the client's to see comes too late for that.
      if (!('tried' in first)) continue;
      const { way } = search;
      const cut: CutAnswer = {
        told,
        seam: way.kind === 'from-text' ? way.seam() : null,
        isEmpty: transcript.texts.at(-1) === '',
      };
      found = yield* firstPart(first, cut, signs, round);
    }
    return found;
  } finally {
    if (found === null) gone.abort();
  }
}

/**
 * The same round, with a budget of its own: who had its turn has had it. Anthropic's request is the client's own or none: it
 * is not asked to go on from a text.
 */
function roundFor(round: Round, { way, inbound, client }: Search, gone: AbortSignal): Round {
  const { order, context } = round;
  const isFromText = way.kind === 'from-text';
  return {
    ...round,
    misfits: new Map(),
    order: order.filter(({ upstream }) => !(isFromText && upstream.native)),
    inbound: isFromText ? written(inbound, way.request) : inbound,
    client: AbortSignal.any([client, gone]),
    contentBy: context.runtime.clock.now() + context.failover.budgetMs,
  };
}

/** The answer as far as it goes on from the first one, up to what of it is new; null when it does not, or breaks off before. */
async function* firstPart(
  begun: Begun,
  cut: CutAnswer,
  signs: SignsOfLife,
  round: Round,
): AsyncGenerator<Piece, Begun | null> {
  const { hop, tried } = begun;
  const { clock } = hop.context.runtime;
  const frames = joined(begun, continuation(cut));
  const first = frames.next();
  const limited = cut.seam === null ? first : inTime(first, round.contentBy - clock.now(), clock);
  const step = yield* alive(limited, signs, clock);
  if (step !== null && !step.done) {
    return { ...begun, first: step.value, tried: { ...tried, frames, answer: cut.told } };
  }
  const outcome = step === null ? givenUp('nothing new within the budget') : discreet(step.value, hop);
  begun.over(outcome);
  tried.leave();
  if (!outcome.ok) round.tries.push({ upstream: hop.subject.upstream, failure: outcome.failure });
  noteBreach({ round, begun, outcome });
  return null;
}

/** The frames of an answer as they go on inside the other one. */
async function* joined(
  { first, tried }: Begun,
  glue: ReturnType<typeof continuation>,
): AsyncGenerator<Frame[], Outcome> {
  try {
    for (let frames = first; ; ) {
      const fitting: Frame[] = [];
      const failure = fit(frames, glue, fitting);
      if (fitting.length > 0) yield fitting;
      if (failure !== null) return failure;
      const step = await tried.frames.next();
      if (step.done) return step.value;
      frames = step.value;
    }
  } finally {
    await tried.frames.return(LEFT);
  }
}

/** What of `frames` goes on to the client is added to `fitting`, also when one of them ends it. */
function fit(
  frames: readonly Frame[],
  glue: ReturnType<typeof continuation>,
  fitting: Frame[],
): Outcome | null {
  try {
    for (const frame of frames) for (const part of glue.push(frame)) fitting.push(part);
    return null;
  } catch (error) {
    if (error instanceof Misfit) return givenUp(error.message);
    return { ok: false, failure: bodyFailure(error) };
  }
}

/** Nobody is to blame: it was asked for something that not every model does. */
function givenUp(why: string): Outcome {
  const failure: Failure = { kind: 'cancelled', message: `it did not go on from the text so far: ${why}` };
  return { ok: false, failure };
}

/** Null when it takes longer. */
async function inTime<T>(pending: Promise<T>, delayMs: Ms, clock: Clock): Promise<T | null> {
  const value = await within(pending, delayMs, clock);
  return value === 'later' ? null : value;
}

/** What is waited for, with signs of life to the client when it takes its time. */
async function* alive<T>(pending: Promise<T>, signs: SignsOfLife, clock: Clock): AsyncGenerator<Piece, T> {
  const soon = await within(pending, PING_MS, clock);
  if (soon !== 'later') return soon;
  const waiting = awaited(pending, signs, clock);
  for (;;) {
    const step = await waiting.next();
    if (step.done) return step.value;
    yield { bytes: join(step.value) };
  }
}
