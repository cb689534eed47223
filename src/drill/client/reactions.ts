import type { Ms } from '../../core/failure.ts';
import { type Block, isBlock, isThinking } from '../../core/messages.ts';
import type { Exchange } from './claude.ts';

/** What the client does after an answer. */
export type Step =
  | { go: 'finish' }
  | { go: 'fail'; error: string }
  /** The same request once more. */
  | { go: 'again'; stream: boolean; waitMs: Ms }
  /** The tools among its blocks run; their results are the next request. */
  | { go: 'tools' }
  /** What it has stays, and it asks to go on. */
  | { go: 'resume' }
  /** There is nothing to see: it asks for something that can be seen. */
  | { go: 'nudge' };

/** Between a broken stream and the next request (measured: 0.2 to 0.5 s). */
const SOON_MS: Ms = 200;
/** The longest `retry-after` that it waits for; above that it gives up at once (measured). */
const PATIENCE_S = 60;
/** In a row (measured). */
const MOST_RESUMES = 3;

/** What Claude Code does after the last of these answers of a turn. */
export function nextStep(exchanges: readonly Exchange[], { retries }: { retries: number }): Step {
  const last = exchanges.at(-1);
  if (last === undefined) throw new RangeError('nothing was asked yet');
  switch (last.end) {
    case 'whole':
      return afterWhole(last, exchanges);
    case 'refused':
    case 'unreachable':
      return afterRefusal(last, exchanges, retries);
    default:
      return afterBreak(last, exchanges);
  }
}

function afterWhole(last: Exchange, exchanges: readonly Exchange[]): Step {
  if (last.blocks.some((block) => isBlock(block, 'tool_use'))) return { go: 'tools' };
  const { stopReason } = last;
  if (stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded') {
    const row = trailing(exchanges, ({ end, stopReason: why }) => end === 'whole' && why === stopReason);
    return row > MOST_RESUMES ? { go: 'fail', error: 'the answer exceeded its limit' } : { go: 'resume' };
  }
  if (stopReason === 'refusal') return { go: 'fail', error: 'the model refused' };
  const hasText = last.blocks.some(isVisible);
  if (hasText) return { go: 'finish' };
  // Once; then its user sees an empty result.
  const row = trailing(exchanges, ({ end, blocks }) => end === 'whole' && !blocks.some(isVisible));
  return row > 1 ? { go: 'fail', error: 'the answer is empty' } : { go: 'nudge' };
}

function isVisible(block: Block): boolean {
  return isBlock(block, 'text') && block.text.trim() !== '';
}

/** Refused, or nobody there: with growing waits, as the headers want it. */
function afterRefusal(last: Exchange, exchanges: readonly Exchange[], retries: number): Step {
  const error = last.error?.message ?? 'no connection';
  const row = trailing(exchanges, ({ end }) => end === 'refused' || end === 'unreachable');
  const overloaded = last.status === 529 || last.error?.type === 'overloaded_error';
  if (row > (overloaded ? 2 : retries)) return { go: 'fail', error };
  const { status, headers, stream } = last;
  const isPassing = status === 0 || status === 408 || status === 409 || status === 429 || status >= 500;
  if (status === 404 && stream) return { go: 'again', stream: false, waitMs: 0 };
  if (status === 401 && row === 1) return { go: 'again', stream, waitMs: 500 };
  if (!isPassing) return { go: 'fail', error };
  if (headers.get('x-should-retry') === 'false' && !overloaded) return { go: 'fail', error };
  const afterS = Number.parseInt(headers.get('retry-after') ?? '0', 10) || 0;
  if (afterS > PATIENCE_S) return { go: 'fail', error };
  return { go: 'again', stream, waitMs: Math.max(afterS * 1000, Math.min(32_000, 500 * 2 ** (row - 1))) };
}

/** An answer that broke off: what is done depends on what of it is finished. */
function afterBreak(last: Exchange, exchanges: readonly Exchange[]): Step {
  const { blocks, end, stream } = last;
  const error = last.error?.message ?? `the answer broke off (${end})`;
  if (!stream) return { go: 'fail', error };
  if (blocks.some((block) => isBlock(block, 'tool_use'))) return { go: 'tools' };
  const isCut = end === 'reset';
  if (blocks.length === 0) {
    const row = trailing(exchanges, (one) => one.end === end && one.blocks.length === 0);
    const isOverload = end === 'error' && last.error?.type === 'overloaded_error';
    const again =
      (isCut && !last.started) || (isOverload && (last.open === null || last.open === 'thinking'));
    return { go: 'again', stream: again && row < 3, waitMs: SOON_MS };
  }
  if (blocks.every(({ type }) => isThinking(type))) {
    if (end === 'ended') return { go: 'fail', error: 'the answer is empty' };
    const row = trailing(exchanges, (one) => one.end === 'reset');
    return isCut && row < 3 ? { go: 'again', stream: true, waitMs: SOON_MS } : { go: 'fail', error };
  }
  // The trap: after a finished text a clean end looks like an answer.
  return end === 'ended' ? { go: 'finish' } : { go: 'fail', error };
}

/** How many of the last exchanges, one after the other, are like that. */
function trailing(exchanges: readonly Exchange[], isLike: (one: Exchange) => boolean): number {
  const other = exchanges.findLastIndex((one) => !isLike(one));
  return exchanges.length - 1 - other;
}
