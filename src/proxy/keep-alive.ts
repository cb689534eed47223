import type { Ms, Outcome } from '../core/failure.ts';
import type { Follower } from '../core/follow.ts';
import { type Frame, frameOf } from '../core/frame.ts';
import type { Clock } from '../core/runtime.ts';
import { within } from './within.ts';

/** A ping this often keeps sockets and middleboxes awake. */
const PING_MS: Ms = 15_000;
/** Without an event that the client counts for so long it is given one: it gives up after 300 s of pings alone (measured). */
const COUNTED_MS: Ms = 90_000;

/**
 * The frames of an answer, with signs of life in between where the upstream is silent or says nothing but pings. What
 * counts as silence of the upstream is not decided here.
 */
export async function* keepAlive(
  frames: AsyncGenerator<Frame[], Outcome>,
  answer: Follower,
  clock: Clock,
  isClaudeCode: boolean,
): AsyncGenerator<Frame[], Outcome> {
  let countedAt = clock.now();
  for (;;) {
    const pending = frames.next();
    for (;;) {
      const step = await within(pending, PING_MS, clock);
      if (step !== 'later' && step.done) return step.value;
      const came = step === 'later' ? [] : step.value;
      const isDue = clock.now() - countedAt >= COUNTED_MS;
      const isCounted = came.some(({ name }) => name !== 'ping');
      if (isDue || isCounted) countedAt = clock.now();
      if (isDue && !isCounted) yield [...came, counted(answer, isClaudeCode)];
      else yield step === 'later' ? [PING] : came;
      if (step !== 'later') break;
    }
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
