import type { Frame } from './frame.ts';
import { type Block, type Delta, isThinking, type Message, type Usage } from './messages.ts';

/** The block that is being written. */
export interface OpenBlock {
  index: number;
  type: string;
  /** A delta of it was seen; for a text one with words in it. */
  filled: boolean;
  /** Its signature was seen: nothing may be added to it. */
  signed?: true;
}

/**
 * Follows an answer frame by frame, as the client sees it: what is open, what is finished, whether there was anything in
 * it. Deltas are parsed only until the first that says something, of the answer and of each block, and in thinking.
 */
export interface Follower {
  see(frame: Frame): void;
  /** `message_start` was seen. */
  readonly started: boolean;
  readonly open: OpenBlock | null;
  /** Types of the blocks that were closed, in order. */
  readonly finished: readonly string[];
  /** A non-empty text or thinking delta, or the start of any other block, was seen: what an answer is held for. */
  readonly hasContent: boolean;
  /** Something besides thinking was seen: without it a whole answer is empty to its reader. */
  readonly hasSubstance: boolean;
  /** The stop reason of `message_delta`, of the last one that had any; undefined before the first, and after a new start. */
  readonly stopReason: string | null | undefined;
  /** Input tokens, those from a cache included, as `message_delta` gives them; undefined where it gives none. */
  readonly counted: number | undefined;
  /** `message_stop` was seen. */
  readonly over: boolean;
  /** Deltas seen: a floor for the tokens of an answer that was cut. */
  readonly deltas: number;
}

/**
 * A follower at the start of an answer.
 * `see` throws SyntaxError for a frame it has to read whose data is not JSON, and TypeError for one of another shape.
 */
export function follow(): Follower {
  const state = {
    started: false,
    open: null as OpenBlock | null,
    finished: [] as string[],
    hasContent: false,
    hasSubstance: false,
    stopReason: undefined as string | null | undefined,
    counted: undefined as number | undefined,
    over: false,
    deltas: 0,
    see(frame: Frame) {
      switch (frame.name) {
        case 'content_block_delta':
          state.deltas += 1;
          if (!state.hasSubstance || state.open?.filled === false || state.open?.type === 'thinking')
            seeDelta(frame);
          return;
        case 'content_block_start':
          seeStart(frame);
          return;
        case 'content_block_stop':
          if (state.open !== null) state.finished.push(state.open.type);
          state.open = null;
          return;
        case 'message_start':
          checkStart(frame);
          // A second one begins anew behind what the client has: what is open will not be finished, no end was given.
          state.started = true;
          state.open = null;
          state.stopReason = undefined;
          return;
        case 'message_delta':
          state.stopReason = stopReasonOf(frame) ?? state.stopReason ?? null;
          state.counted = countedIn(frame) ?? state.counted;
          return;
        case 'message_stop':
          state.over = true;
      }
    },
  };

  function seeStart(frame: Frame): void {
    const { index, content_block: block } = frame.event as { index: number; content_block: Block };
    state.open = { index, type: block.type, filled: false };
    if (block.type === 'thinking' || block.type === 'text') return;
    state.hasContent = true;
    if (block.type !== 'redacted_thinking') state.hasSubstance = true;
  }

  function seeDelta(frame: Frame): void {
    const { delta } = frame.event as { delta: Delta };
    const hasWords = delta.type === 'text_delta' && delta.text !== '';
    if (state.open !== null) state.open.filled ||= hasWords || state.open.type !== 'text';
    if (hasWords) {
      state.hasContent = true;
      state.hasSubstance = true;
    } else if (delta.type === 'thinking_delta' && delta.thinking !== '') {
      state.hasContent = true;
    } else if (delta.type === 'signature_delta' && state.open !== null) {
      state.open.signed = true;
    }
  }

  return state;
}

function checkStart(frame: Frame): void {
  const { message } = frame.event as { message?: unknown };
  if (typeof message !== 'object' || message === null) throw new TypeError('message_start without a message');
}

function stopReasonOf(frame: Frame): string | null {
  const { delta } = frame.event as { delta?: { stop_reason?: string | null } };
  if (typeof delta !== 'object' || delta === null) throw new TypeError('message_delta without a delta');
  return delta.stop_reason ?? null;
}

function countedIn(frame: Frame): number | undefined {
  const { usage } = frame.event as { usage?: Partial<Usage> | null };
  if (typeof usage?.input_tokens !== 'number') return undefined;
  return usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
}

/** Stop reasons with which an answer may end without any content: it says so itself. */
const SPEAKS_FOR_ITSELF = new Set([
  'max_tokens',
  'refusal',
  'pause_turn',
  'model_context_window_exceeded',
  'compaction',
]);

/** True when an answer that ended with `stopReason` and without substance is no answer (clients show an empty result). */
export function isEmptyAnswer(stopReason: string | null | undefined, hasSubstance: boolean): boolean {
  return !hasSubstance && !SPEAKS_FOR_ITSELF.has(stopReason ?? '');
}

/** The same for a whole answer. A server that leaves out its parts gives an empty one. */
export function isEmptyMessage(message: Partial<Message>): boolean {
  const content = Array.isArray(message.content) ? message.content : [];
  return isEmptyAnswer(message.stop_reason, content.some(hasSubstance));
}

function hasSubstance(block: Block): boolean {
  if (isThinking(block.type)) return false;
  return block.type !== 'text' || (block as { text?: unknown }).text !== '';
}
