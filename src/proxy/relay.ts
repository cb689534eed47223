import type { Ms } from '../core/failure.ts';
import { type EndingMode, endCut, isAllSaid, type MidStream } from '../core/splice.ts';
import { transcribe } from '../core/transcript.ts';
import type { Inbound } from '../core/upstream.ts';
import { VERDICTS } from '../core/verdict.ts';
import { skipped } from './able.ts';
import { hopAgain, isOver } from './asked.ts';
import { candidates } from './candidates.ts';
import { isClaudeCode, isSideSearch } from './claude-code.ts';
import {
  because,
  conclude,
  errorReply,
  lastWord,
  sameAnswer,
  type Try,
  type WholeReply,
} from './conclude.ts';
import type { Failover, RelayContext } from './context.ts';
import { breachIn, type Course, noteBreach } from './course.ts';
import { goOn } from './go-on.ts';
import { type Begun, LEFT } from './hop.ts';
import { movesOn } from './moves-on.ts';
import { pass, ResetConnection } from './pass.ts';
import { firstToAnswer, run } from './race.ts';
import { join, mark, type Piece } from './reply.ts';
import type { Round } from './round.ts';
import { standing } from './standing.ts';
import type { Subject } from './subject.ts';
import { pause } from './within.ts';

/**
 * Answers one request from the first upstream that can, in the order of `select`. Yields the head, then the body; the head
 * is decided only when an upstream has begun to answer or nothing can. Ending it early, or aborting `client`, frees the
 * upstream and its permit.
 * @throws ResetConnection as its last act where a cut answer must look cut.
 */
export async function* relay(
  inbound: Inbound,
  context: RelayContext,
  client: AbortSignal,
): AsyncGenerator<Piece, void> {
  const { runtime, failover, prober, retries } = context;
  prober.active();
  retries.noteRequest();
  const contentBy = runtime.clock.now() + failover.budgetMs;
  const round: Round = {
    ...candidates(inbound, context),
    inbound,
    context,
    client,
    contentBy,
    attempts: 0,
    tries: [],
    done: new Set(),
    busy: new Set(),
    asked: 0,
    lastResorts: 0,
    misfits: new Map(),
    malformed: null,
  };
  const course: Course = { round, begun: undefined, outcome: LEFT };
  const transcript = inbound.stream && failover.midStream === 'continue' ? transcribe() : null;
  let isConcluded = false;
  try {
    const first = (await firstToAnswer(round)) ?? (await afterWaiting(round));
    if (first !== null && 'tried' in first) {
      course.begun = first;
      course.outcome = yield* pass(first, round, { transcript });
      noteBreach(course);
      if (transcript !== null) yield* goOn(course, transcript);
    } else if (!client.aborted) {
      isConcluded = true;
      yield* refuse(first, round);
    }
  } finally {
    if (!isConcluded) writeDown(course);
  }
  const failure = breachIn(course);
  if (failure !== null && course.begun !== undefined)
    yield* ending(failure.message, course.begun, inbound, failover);
}

/** The longest time that an upstream at its limit is waited for, where nothing else can answer. */
const WAIT_MS: Ms = 8_000;

/**
 * When nothing could answer and one of the upstreams named a moment at which it can again, that moment is waited for, once.
 * Anthropic alone is not: its client waits by itself, and shows that it does.
 */
async function afterWaiting(round: Round): Promise<Begun | Try | null> {
  const { tries, chain, context, client, inbound, contentBy } = round;
  const { clock } = context.runtime;
  const soonest = tries
    .flatMap((one) => limitIn(one, round))
    .sort((one, other) => one.waitMs - other.waitMs)[0];
  if (soonest === undefined || soonest.waitMs > WAIT_MS || isOver(round)) return null;
  const { refused, subject, waitMs } = soonest;
  if (inbound.stream && clock.now() + waitMs >= contentBy) return null;
  const isAnthropicAlone = chain.length === 1 && subject.upstream.native;
  if (isAnthropicAlone || !context.retries.mayRetry(subject.upstream.name)) return null;
  if (waitMs > 0) await pause(waitMs, clock, client);
  const again = await hopAgain(subject, round, client, { isLastResort: true });
  if (again === null) return null;
  const { result: asked } = run(again, round);
  const result = await asked;
  if ('tried' in result) return result;
  // Its last word is the one that counts.
  const one = { upstream: subject.upstream, failure: result };
  tries.splice(tries.indexOf(refused), 1, one);
  return movesOn(one, round) ? null : one;
}

/** A limit of an upstream that was asked, and how much is left of it: others may have taken their time since. */
function limitIn(refused: Try, { chain, context }: Round): { refused: Try; subject: Subject; waitMs: Ms }[] {
  const { upstream, failure } = refused;
  const subject = chain.find((one) => one.upstream === upstream);
  if (subject === undefined || failure.waitMs === undefined) return [];
  if (VERDICTS[failure.kind].again !== 'after-wait') return [];
  const { name, until = 0 } = standing(subject, context.runtime);
  if (name !== 'cooldown' && name !== 'half-open') return [];
  return [{ refused, subject, waitMs: Math.max(0, until - context.runtime.clock.now()) }];
}

/** The refusal that the client is to see, or ccproxy's own. */
function* refuse(one: Try | null, round: Round): Generator<Piece, void> {
  const { inbound, tries, chain, barred, malformed, context } = round;
  const theirs = one ?? lastWord(inbound, tries);
  const same = theirs === null ? null : sameAnswer(theirs, inbound.id);
  if (theirs !== null && same !== null) return yield* whole(same, round, theirs.upstream.name);
  const own =
    malformed === null
      ? conclude(inbound, chain, tries, barred, context.runtime, skipped(round))
      : errorReply(400, 'invalid_request_error', malformed, inbound.id);
  yield* whole(own, round, null);
}

/** A whole answer as pieces. `upstream` is whose answer it is; null for ccproxy's own. */
function* whole(
  { status, headers, body }: WholeReply,
  round: Round,
  upstream: string | null,
): Generator<Piece, void> {
  const { inbound, attempts, context } = round;
  mark(headers, inbound.id, upstream, attempts);
  context.runtime.journal.request({
    requestId: inbound.id,
    upstream,
    attempts,
    outcome: 'failed',
    because: whyNobody(round),
  });
  yield { head: { status, headers } };
  yield { bytes: body };
}

function whyNobody(round: Round): string | null {
  const { tries, malformed } = round;
  const why = because([...skipped(round), ...tries]);
  if (malformed === null) return why;
  return `${why === null ? '' : `${why}; `}the request is malformed: ${malformed}`;
}

/** How a request went that was answered, or whose client left. */
function writeDown({ round, begun, outcome }: Course): void {
  const { inbound, attempts, tries, context } = round;
  const left = !outcome.ok && outcome.failure.kind === 'cancelled';
  const isWhole = outcome.ok || (!left && begun !== undefined && isAllSaid(begun.tried.answer));
  context.runtime.journal.request({
    requestId: inbound.id,
    upstream: begun?.hop.subject.upstream.name ?? null,
    attempts,
    outcome: isWhole ? 'ok' : left ? 'cancelled' : 'failed',
    because: because(tries),
  });
}

/** Brings an answer that was cut to the end its client can go on from. */
function* ending(
  why: string,
  { hop, tried }: Begun,
  inbound: Inbound,
  { midStream }: Failover,
): Generator<Piece, void> {
  const message = `ccproxy: ${hop.subject.upstream.name} broke off: ${why}`;
  const { frames, reset } = endCut(tried.answer, modeFor(inbound, midStream), message);
  if (frames.length > 0) yield { bytes: join(frames) };
  if (reset) throw new ResetConnection(why);
}

/** Only Claude Code's agent goes on by itself after the endings of `resume`; anybody else is told plainly. */
function modeFor(inbound: Inbound, configured: MidStream): EndingMode {
  if (configured === 'stop') return 'stop';
  return isClaudeCode(inbound) && !isSideSearch(inbound) ? 'resume' : 'stop';
}
