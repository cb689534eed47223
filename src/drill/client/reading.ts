import { collect } from '../../core/collect.ts';
import type { Ms } from '../../core/failure.ts';
import { type Follower, follow } from '../../core/follow.ts';
import { type Frame, rawFrame } from '../../core/frame.ts';
import type { Block, Message, Usage } from '../../core/messages.ts';
import type { Clock } from '../../core/runtime.ts';
import { COMMENT, sse } from '../../wire/framing/sse.ts';
import { assertGrammar, assertPrefix } from '../grammar.ts';

/**
 * How an answer ended for its client.
 * - `whole`: with its `message_stop`, or as one JSON message
 * - `ended`: the body ended cleanly before the answer did
 * - `reset`: the connection broke
 * - `silent`: nothing but pings came for too long, and the client gave up
 * - `error`: by an error event
 * - `malformed`: by something that is no event of an answer, or no message
 * - `refused`: with an error status
 * - `unreachable`: there was no answer at all
 */
export type EndOfReading =
  | 'whole'
  | 'ended'
  | 'reset'
  | 'silent'
  | 'error'
  | 'malformed'
  | 'refused'
  | 'unreachable';

/** What a client has of one answer. */
export interface Reading {
  end: EndOfReading;
  /** 0 without an answer. */
  status: number;
  headers: Headers;
  /** The blocks that were finished. */
  blocks: readonly Block[];
  /** The type of the block that was open at the end. */
  open: string | null;
  /** `message_start` had come. */
  started: boolean;
  stopReason: string | null;
  usage: Partial<Usage> | null;
  /** The model that the answer names. */
  model: string | null;
  /** An error's type and words. */
  error: { type: string; message: string } | null;
  /** When something to read came first: text, thinking, a call. */
  contentAt: Ms | null;
  /** When the last event came that had something to say; the start before the first. */
  heardAt: Ms;
  endedAt: Ms;
  /** What the official SDK would stumble over, in words; null for a lawful answer, however short. */
  unlawful: string | null;
}

/** Somebody who wants to know at once. */
export interface ReadingNews {
  content?(): void;
  /** One more event of the answer. */
  event?(frame: Frame): void;
}

const NOTHING: Omit<Reading, 'heardAt' | 'endedAt' | 'headers'> = {
  end: 'unreachable',
  status: 0,
  blocks: [],
  open: null,
  started: false,
  stopReason: null,
  usage: null,
  model: null,
  error: null,
  contentAt: null,
  unlawful: null,
};

/** Reads an answer to its end, or until `gone` aborts. Never rejects. */
export async function read(
  answer: Promise<Response>,
  clock: Clock,
  gone: AbortSignal,
  news: ReadingNews = {},
): Promise<Reading> {
  const startedAt = clock.now();
  const headers = new Headers();
  try {
    const response = await unless(gone, answer);
    if (response.status !== 200) return await refusal(response, clock);
    const isStream = response.headers.get('content-type')?.includes('event-stream') ?? false;
    return isStream
      ? await stream(response, clock, gone, news)
      : await unless(gone, whole(response, clock, news));
  } catch {
    const end = gone.aborted ? 'silent' : 'unreachable';
    return { ...NOTHING, end, headers, heardAt: startedAt, endedAt: clock.now() };
  }
}

/** What `promise` comes to; rejects as soon as `gone` aborts. */
function unless<T>(gone: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = () => reject(gone.reason);
  if (gone.aborted) leave();
  gone.addEventListener('abort', leave, { once: true });
  return Promise.race([promise, left]).finally(() => gone.removeEventListener('abort', leave));
}

async function refusal(response: Response, clock: Clock): Promise<Reading> {
  const { status, headers } = response;
  const body = await response.text().catch(() => '');
  const now = clock.now();
  return { ...NOTHING, end: 'refused', status, headers, error: errorIn(body), heardAt: now, endedAt: now };
}

/** The error that a body names; its own words where it is none. */
function errorIn(body: string): { type: string; message: string } {
  try {
    const { error } = JSON.parse(body) as { error?: { type?: unknown; message?: unknown } };
    return { type: String(error?.type ?? 'unknown'), message: String(error?.message ?? body) };
  } catch {
    return { type: 'unknown', message: body.slice(0, 200) };
  }
}

async function whole(response: Response, clock: Clock, news: ReadingNews): Promise<Reading> {
  const { status, headers } = response;
  const base = { ...NOTHING, status, headers };
  const heardAt = clock.now();
  try {
    const message = (await response.json()) as Message;
    const endedAt = clock.now();
    if (!Array.isArray(message.content) || message.usage === undefined)
      return { ...base, end: 'malformed', heardAt, endedAt };
    news.content?.();
    const { content: blocks, stop_reason: stopReason, usage, model } = message;
    return {
      ...base,
      end: 'whole',
      started: true,
      blocks,
      stopReason,
      usage,
      model,
      contentAt: endedAt,
      heardAt: endedAt,
      endedAt,
    };
  } catch (error) {
    const end = error instanceof SyntaxError ? 'malformed' : 'reset';
    return { ...base, end, heardAt, endedAt: clock.now() };
  }
}

async function stream(
  response: Response,
  clock: Clock,
  gone: AbortSignal,
  news: ReadingNews,
): Promise<Reading> {
  const { status, headers } = response;
  const frames: Frame[] = [];
  const answer = follow();
  const state = {
    end: 'ended' as EndOfReading,
    error: null as Reading['error'],
    contentAt: null as Ms | null,
    heardAt: clock.now(),
  };
  const see = (frame: Frame) => {
    if (frame.name === 'error') {
      state.end = 'error';
      state.error = errorIn(JSON.stringify(frame.event));
      return;
    }
    answer.see(frame);
    frames.push(frame);
    if (saysSomething(frame)) state.heardAt = clock.now();
    if (answer.hasContent && state.contentAt === null) {
      state.contentAt = clock.now();
      news.content?.();
    }
    news.event?.(frame);
    if (answer.over) state.end = 'whole';
  };
  try {
    for await (const frame of framesOf(response, gone)) {
      if (state.end === 'ended') see(frame);
    }
  } catch (error) {
    // What comes after an answer's own end changes nothing.
    if (state.end === 'ended')
      state.end = gone.aborted ? 'silent' : error instanceof NotAnEvent ? 'malformed' : 'reset';
  }
  return { status, headers, ...state, ...contentOf(frames, answer), endedAt: clock.now() };
}

/** Whether an event is more than a sign of life, or an ending: what a proxy adds by itself is not the upstream's. */
function saysSomething({ name, event }: Frame): boolean {
  if (name === 'message_start' || name === 'content_block_start') return true;
  if (event.type !== 'content_block_delta') return false;
  return Object.entries(event.delta).some(([key, value]) => key !== 'type' && value !== '');
}

/** Its data is not what its name says. */
class NotAnEvent extends Error {}

async function* framesOf(response: Response, gone: AbortSignal): AsyncGenerator<Frame> {
  const framing = sse();
  const typed = (packets: ReturnType<typeof framing.end>) =>
    [...packets]
      .filter(({ name }) => name !== COMMENT)
      .map(({ name, bytes, data }) => checked(rawFrame(name, bytes, () => data)));
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const { done = true, value } = (await unless(gone, reader?.read() ?? Promise.resolve({}))) as {
        done?: boolean;
        value?: Uint8Array;
      };
      if (done || value === undefined) break;
      yield* typed(framing.push(value));
    }
    yield* typed(framing.end());
  } finally {
    reader?.cancel().catch(() => {});
  }
}

function checked(frame: Frame): Frame {
  try {
    if (typeof frame.event === 'object') return frame;
  } catch {
    // As bad as an event that is no object.
  }
  throw new NotAnEvent();
}

function contentOf(frames: readonly Frame[], answer: Follower) {
  const message = answer.started ? collect(frames) : null;
  return {
    blocks: message?.content.slice(0, answer.finished.length) ?? [],
    open: answer.open?.type ?? null,
    started: answer.started,
    stopReason: answer.stopReason ?? null,
    usage: message?.usage ?? null,
    model: message?.model ?? null,
    unlawful: unlawfulness(answer.over ? withoutUnstopped(frames, answer) : frames, answer.over),
  };
}

/**
 * An answer that ran out of tokens inside a call leaves the call open: a stopped one would run with a part of its input. The
 * SDK takes it as it is.
 */
function withoutUnstopped(frames: readonly Frame[], { open, stopReason }: Follower): readonly Frame[] {
  if (open === null || stopReason !== 'max_tokens') return frames;
  return frames.filter(({ event }) => !('index' in event) || event.index !== open.index);
}

function unlawfulness(frames: readonly Frame[], isOver: boolean): string | null {
  try {
    if (isOver) assertGrammar(frames);
    else assertPrefix(frames);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? null) : String(error);
  }
}
