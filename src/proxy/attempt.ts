import { AttemptError, type Failure, type Ms, type Outcome } from '../core/failure.ts';
import { type Follower, follow } from '../core/follow.ts';
import type { Frame } from '../core/frame.ts';
import { dated, headerWait, longest } from '../core/retry-after.ts';
import { INSTANCE_HEADER, type Runtime, type Timer } from '../core/runtime.ts';
import { pipe, type Transducer } from '../core/transducer.ts';
import type { Encoded, Inbound, Target, Upstream } from '../core/upstream.ts';
import { framingFor } from '../wire/framing/index.ts';
import { type BodyReader, readSome, release } from './body.ts';
import { isSideSearch } from './claude-code.ts';
import { notPages } from './not-pages.ts';
import { pingsBelievedMs } from './silence.ts';
import { admitFrame, cut, take } from './take.ts';
import { bodyFailure, transportFailure } from './transport-failure.ts';
import { CANCELLED, type Watch, watch } from './watch.ts';
import { checkedWhole, toWhole } from './whole.ts';
import { within } from './within.ts';

/** How long an answer whose thinking is not shown is held once it has begun and is alive: design of the hold. */
const HOLD_MS: Ms = 10_000;
/**
 * How long one is held of which its client has no use for a part: before it began others may have used up the budget, and
 * the client gives up after 300 s without a head (measured).
 */
const WHOLE_HOLD_MS: Ms = 120_000;
/** More than any answer, or any event of one, is long. */
const MOST_UNSENT_BYTES = 32 << 20;
/** One request to one upstream, on its way. */
export interface Attempt {
  /**
   * Yields what the client is to see, from the first content on: nothing is yielded by an attempt that failed before it.
   * Returns what happened, once that is known. Ending it early frees the upstream.
   */
  readonly frames: AsyncGenerator<Frame[], Outcome>;
  /** The answer's headers; set before the first frames. */
  readonly head: { headers: Headers };
  /** What was yielded, or is about to be. */
  readonly answer: Follower;
  /** Ends it at once, also while an answer is waited for: the client left. */
  leave(): void;
}

/** What an attempt needs beside the upstream. */
export interface AttemptOptions {
  upstream: Upstream;
  inbound: Inbound;
  target: Target;
  runtime: Runtime;
  /** When a stream must have had its first content. */
  contentBy: Ms;
  /** Others have used up the time that it has otherwise: then being slow says nothing about it. */
  isExcused?: boolean;
}

/** Starts nothing by itself: the request goes out when the first frames are asked for. */
export function attempt(options: AttemptOptions): Attempt {
  const head = { headers: new Headers() };
  const answer = follow();
  const limits = watch(options.runtime.clock);
  const leave = () => limits.abort(new AttemptError(CANCELLED));
  return { head, answer, leave, frames: run(options, head, answer, limits) };
}

async function* run(
  options: AttemptOptions,
  head: { headers: Headers },
  answer: Follower,
  limits: Watch,
): AsyncGenerator<Frame[], Outcome> {
  const { runtime, upstream, target } = options;
  let source: Source | undefined;
  let isOver = false;
  try {
    const patience = setLimits(options, limits);
    const response = await open(options, limits);
    if (response.status !== 200 || response.body === null) {
      return failed(await refusal(response, options));
    }
    head.headers = response.headers;
    const frames = decoderFor(response, upstream, target);
    const reader = response.body.getReader() as BodyReader;
    source = { reader, frames, answer, limits, idleMs: upstream.timeouts.idleMs, isRead: false, unsent: 0 };
    if (target.stream) yield* stream(source, options, patience);
    else yield [await collectWhole(source)];
    isOver = true;
    return { ok: true };
  } catch (error) {
    return failed(source === undefined ? transportFailure(error) : bodyFailure(error));
  } finally {
    limits.stop();
    const giveUp = () => limits.abort(new AttemptError(OVER));
    if (source === undefined) giveUp();
    else if (!source.isRead) void release(source.reader, isOver, runtime.clock, giveUp);
  }
}

/** Only ever seen by a body that nobody reads any more. */
const OVER: Failure = { kind: 'cancelled', message: 'the attempt is over' };

function failed(failure: Failure): Outcome {
  return { ok: false, failure };
}

/** Limits that end when their moment has come. */
interface Patience {
  /** To the first event of a stream. */
  event: Timer;
  /** To its first content. */
  content: Timer;
}

/** A stream is limited up to its first event and its first content; any other answer as a whole. */
function setLimits(
  { upstream, target, runtime, contentBy, isExcused = false }: AttemptOptions,
  limits: Watch,
): Patience | undefined {
  const { firstEventMs, responseMs } = upstream.timeouts;
  if (!target.stream) {
    limits.limit(responseMs, () => ({ kind: 'slow', message: `no answer within ${responseMs} ms` }));
    return undefined;
  }
  const restMs = Math.max(0, contentBy - runtime.clock.now());
  const excused = isExcused ? { excused: true as const } : {};
  return {
    event: limits.limit(firstEventMs, () => ({
      kind: 'slow',
      message: `no event within ${Math.round(firstEventMs)} ms`,
      ...excused,
    })),
    content: limits.limit(restMs, () => ({
      kind: 'slow',
      message: 'no content within the budget of the request',
      ...excused,
    })),
  };
}

async function open(
  { upstream, inbound, target, runtime }: AttemptOptions,
  limits: Watch,
): Promise<Response> {
  const { body, headers } = encode(upstream, inbound, target);
  for (const [name, value] of Object.entries(upstream.extraHeaders)) headers.set(name, value);
  const authorised = upstream.auth(headers, inbound);
  if (authorised === null) {
    throw new AttemptError({ kind: 'unauthorized', message: 'there is no credential to send' });
  }
  const url = `${upstream.base}${upstream.dialect.path}${upstream.native ? inbound.search : ''}`;
  return runtime.send(upstream, {
    method: 'POST',
    url,
    headers: authorised,
    body,
    via: inbound.headers.get(INSTANCE_HEADER),
    signal: limits.signal,
    abort: limits.abort,
  });
}

/** A request that cannot be put into the upstream's dialect is not the upstream's fault. */
function encode({ dialect }: Upstream, inbound: Inbound, target: Target): Encoded {
  try {
    return dialect.encode(inbound, target);
  } catch (error) {
    if (error instanceof AttemptError) throw error;
    throw new AttemptError({
      kind: 'rejected',
      message: `the request could not be translated: ${whyNot(error)}`,
      unsent: true,
    });
  }
}

/** A parser's own words quote what it read, and what a client said belongs in no log. */
function whyNot(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not valid JSON';
  return error instanceof Error ? error.message : 'unknown error';
}

function decoderFor(
  response: Response,
  { dialect }: Upstream,
  target: Target,
): Transducer<Uint8Array, Frame> {
  const type = response.headers.get('content-type');
  const framing = framingFor(type);
  if (framing === null) throw new AttemptError({ kind: 'misdirected', message: `the answer was ${type}` });
  return pipe(pipe(framing(), notPages()), dialect.decode(target));
}

/** What an answer other than 200 means; its body is kept so that Anthropic's can be passed on as it came. */
async function refusal(response: Response, { upstream, runtime }: AttemptOptions): Promise<Failure> {
  const { status, headers } = response;
  const now = runtime.clock.now();
  const body = await readSome(response, runtime.clock);
  const text = new TextDecoder().decode(body);
  const failure = upstream.dialect.explain(status, dated(headers, now), text, upstream);
  const waitMs = longest(failure.waitMs, headerWait(headers, now));
  return {
    ...failure,
    status,
    ...(waitMs === undefined ? {} : { waitMs }),
    answer: { status, headers, body },
  };
}

interface Source {
  reader: BodyReader;
  frames: Transducer<Uint8Array, Frame>;
  answer: Follower;
  limits: Watch;
  idleMs: Ms;
  /** The body was read to its end. */
  isRead: boolean;
  /** Bytes read since something was last sent on: all that an upstream can make this process hold. */
  unsent: number;
}

/** Frames of one read, or null at the end of the body. */
async function next(source: Source): Promise<Iterable<Frame> | null> {
  const { reader, frames, limits } = source;
  limits.asked();
  const { done, value } = await reader.read();
  limits.heard();
  source.isRead = done || value === undefined;
  if (value === undefined) return null;
  source.unsent += value.byteLength;
  if (source.unsent > MOST_UNSENT_BYTES) {
    throw new AttemptError({ kind: 'garbled', message: 'too much came without an answer in it' });
  }
  return frames.push(value);
}

/** Holds the frames until the first content, then lets them pass as they come. */
async function* stream(
  source: Source,
  options: AttemptOptions,
  limit: Patience | undefined,
): AsyncGenerator<Frame[], undefined> {
  const { answer, limits } = source;
  const { clock } = options.runtime;
  let isTakenWhole = false;
  let held: Frame[] = [];
  let committed = false;
  let waiting: Promise<Iterable<Frame> | null> | undefined;
  let askedAt = clock.now();
  let beganAt: Ms | undefined;
  // Time spent waiting, not time gone by: a client that reads slowly does not make its upstream silent.
  let pingsMs = 0;

  while (!answer.over) {
    if (waiting === undefined) {
      askedAt = clock.now();
      waiting = next(source);
    }
    const mostMs = isTakenWhole ? WHOLE_HOLD_MS : HOLD_MS;
    const holdMs = !committed && beganAt !== undefined ? beganAt + mostMs - clock.now() : undefined;
    const read = holdMs === undefined ? await waiting : await within(waiting, holdMs, clock);
    if (read === 'later') {
      // Alive without content for the whole of the hold: it thinks without showing it.
      if (held.length > 1) committed = true;
      else beganAt = clock.now();
    } else {
      waiting = undefined;
      pingsMs += clock.now() - askedAt;
      try {
        if (take(read ?? source.frames.end(), answer, held)) pingsMs = 0;
      } catch (error) {
        // What came with the failure and before it has been followed as seen: the client must see it, too.
        if (committed && held.length > 0) yield held;
        throw error;
      }
      if (read === null && !answer.over) throw cut(answer);
      const believedMs = pingsBelievedMs(answer, source.idleMs);
      if (pingsMs >= believedMs) throw silent(believedMs);
    }
    if (answer.started && beganAt === undefined) {
      limit?.event.cancel();
      beganAt = clock.now();
      isTakenWhole = isSideSearch(options.inbound);
      limits.listen(source.idleMs, () => ({ kind: 'stalled', message: `silent for ${source.idleMs} ms` }));
    }
    if (answer.over || (answer.hasContent && !isTakenWhole)) committed = true;
    if (committed || answer.hasContent) limit?.content.cancel();
    if (committed && held.length > 0) {
      yield held;
      held = [];
      source.unsent = 0;
    }
  }
}

function silent(ms: Ms): AttemptError {
  return new AttemptError({ kind: 'stalled', message: `nothing but pings for ${ms} ms` });
}

/** The whole answer, for a client that does not stream: one frame, checked like a stream. */
async function collectWhole(source: Source): Promise<Frame> {
  const seen: Frame[] = [];
  for (;;) {
    const read = await next(source);
    for (const frame of read ?? source.frames.end()) {
      if (frame.name === 'message') return checkedWhole(frame);
      admitFrame(frame, source.answer);
      seen.push(frame);
    }
    if (source.answer.over) return toWhole(seen);
    if (read === null) throw cut(source.answer);
  }
}
