import type { Follower } from './follow.ts';
import { type Frame, frameOf } from './frame.ts';
import { isThinking } from './messages.ts';

/** How an answer whose upstream died is brought to an end: these frames, then a clean end or a reset of the connection. */
export interface Ending {
  frames: Frame[];
  /** True: the connection is reset after the frames; the client must not take the end for a clean one. */
  reset: boolean;
}

/**
 * `resume`: the ending with which Claude Code goes on by itself · `stop`: one explicit error.
 */
export type EndingMode = 'resume' | 'stop';

/** What is done for an answer that is cut. `continue`: another upstream goes on in it; where none can, it ends as in `resume`. */
export type MidStream = EndingMode | 'continue';

/**
 * Ends an answer that was cut after its first content went out. Never a clean `end_turn`, never a tool call that looks
 * whole; only where the upstream gave its reason and left nothing open, the last event was all that was missing. What
 * `resume` sends in each position was measured with Claude Code 2.1.197 and 2.1.328 (docs/mid-stream.md): before a finished
 * block an error event makes it ask again; when it has seen nothing but thinking a reset does; in every other position only
 * `max_tokens` makes it go on: from the results of the calls that are finished, or else from the text.
 */
export function endCut(answer: Follower, mode: EndingMode, message: string): Ending {
  if (isAllSaid(answer)) return { frames: [frameOf({ type: 'message_stop' })], reset: false };
  if (mode === 'stop') return { frames: [errorFrame(message)], reset: false };
  const { finished, open } = answer;
  if (finished.length === 0) return { frames: [errorFrame(message)], reset: false };
  const hasOnlyThought = finished.every(isThinking);
  if (hasOnlyThought && (open === null || isThinking(open.type))) return { frames: [], reset: true };
  // Half a text is kept where the client goes on from text. Alone it is asked for again: a summary must not be the rest of one.
  const isKept = !hasOnlyThought && !finished.includes('tool_use');
  return { frames: [...(isKept ? closeText(answer) : []), ...stopForLength(answer)], reset: false };
}

/** Whether an answer lacks nothing but its last event. */
export function isAllSaid({ stopReason, open }: Follower): boolean {
  if (typeof stopReason !== 'string') return false;
  return open === null || (open.type === 'tool_use' && LIMITS.has(stopReason));
}

/** Anthropic ends a call that its limit cut off so: the call is never stopped, and no client runs it (recorded, measured). */
const LIMITS = new Set(['max_tokens', 'model_context_window_exceeded']);

/**
 * An open tool call stays open: a stopped one would run with what little of its input there is. So does a text without
 * words: a stopped one would be sent back as an empty block, which the API refuses.
 */
function closeText(answer: Follower): Frame[] {
  const { open } = answer;
  return open?.type === 'text' && open.filled
    ? [frameOf({ type: 'content_block_stop', index: open.index })]
    : [];
}

function stopForLength(answer: Follower): Frame[] {
  return [
    frameOf({
      type: 'message_delta',
      delta: { stop_reason: 'max_tokens', stop_sequence: null },
      usage: { output_tokens: Math.max(1, answer.deltas) },
    }),
    frameOf({ type: 'message_stop' }),
  ];
}

/** The error event that ends a stream. `api_error`: any other type costs the client its own retries. */
export function errorFrame(message: string): Frame {
  return frameOf({ type: 'error', error: { type: 'api_error', message } });
}
