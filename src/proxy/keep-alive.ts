import type { Ms, Outcome } from '../core/failure.ts';
import type { Follower } from '../core/follow.ts';
import { type Frame, frameOf } from '../core/frame.ts';
import type { Clock } from '../core/runtime.ts';
import { within } from './within.ts';

/** A ping this often keeps sockets and middleboxes awake. */
export const PING_MS: Ms = 15_000;
/** Without an event that the client counts for so long it is given one: it gives up after 300 s of pings alone (measured). */
const COUNTED_MS: Ms = 90_000;

/** What shows a client that its answer is being worked on. */
export interface SignsOfLife {
  /** Nothing came for a while: what the client is sent instead. */
  silent(): Frame[];
  /** What came, with more behind it where that is nothing but pings. */
  beside(came: Frame[]): Frame[];
}

/** @param answer what the client was told */
export function signsOfLife(answer: Follower, clock: Clock, isClaudeCode: boolean): SignsOfLife {
  let countedAt = clock.now();
  const due = (): Frame | null => {
    if (clock.now() - countedAt < COUNTED_MS) return null;
    countedAt = clock.now();
    return counted(answer, isClaudeCode);
  };
  return {
    silent: () => [due() ?? PING],
    beside(came) {
      if (came.some(({ name }) => name !== 'ping')) {
        countedAt = clock.now();
        return came;
      }
      const sign = due();
      return sign === null ? came : [...came, sign];
    },
  };
}

/**
 * The frames of an answer, with signs of life in between where the upstream is silent or says nothing but pings. What
 * counts as silence of the upstream is not decided here.
 */
export async function* keepAlive(
  frames: AsyncGenerator<Frame[], Outcome>,
  signs: SignsOfLife,
  clock: Clock,
): AsyncGenerator<Frame[], Outcome> {
  for (;;) {
    const pending = frames.next();
    const step = await within(pending, PING_MS, clock);
    const next = step === 'later' ? yield* awaited(pending, signs, clock) : step;
    if (next.done) return next.value;
    yield signs.beside(next.value);
  }
}

/** What is waited for and has not come for a while, with signs of life until it does: the first at once. */
export async function* awaited<T>(
  pending: Promise<T>,
  signs: SignsOfLife,
  clock: Clock,
): AsyncGenerator<Frame[], T> {
  for (;;) {
    yield signs.silent();
    const value = await within(pending, PING_MS, clock);
    if (value !== 'later') return value;
  }
}

const PING = frameOf({ type: 'ping' });

/**
 * An event without content that the client counts: an empty delta where a block is open that can take one. Where none is,
 * the API's grammar has room for a `message_delta`, of which there may be several; without a stop reason it changes nothing
 * for Claude Code (measured with 2.1.197 and 2.1.328), and nobody else needs it.
 */
function counted({ open, started, stopReason, deltas }: Follower, isClaudeCode: boolean): Frame {
  const index = open?.index ?? 0;
  switch (open?.type) {
    case 'text':
      return frameOf({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: '' } });
    case 'thinking':
      // Behind its signature nothing may be added.
      if (open.signed) return PING;
      return frameOf({ type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking: '' } });
    case 'tool_use':
    case 'server_tool_use':
      return frameOf({
        type: 'content_block_delta',
        index,
        delta: { type: 'input_json_delta', partial_json: '' },
      });
  }
  if (open !== null || !started || stopReason !== undefined || !isClaudeCode) return PING;
  return frameOf({
    type: 'message_delta',
    delta: { stop_reason: null, stop_sequence: null },
    usage: { output_tokens: Math.max(1, deltas) },
  });
}
