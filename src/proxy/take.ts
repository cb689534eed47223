import { AttemptError } from '../core/failure.ts';
import { type Follower, isEmptyAnswer } from '../core/follow.ts';
import type { Frame } from '../core/frame.ts';
import { isAllSaid } from '../core/splice.ts';
import { EMPTY, toFrames } from './whole.ts';

/** Follows `frames` into `held`, up to the end of the answer; true when there was more than pings. */
export function take(frames: Iterable<Frame>, answer: Follower, held: Frame[]): boolean {
  let eventful = false;
  for (const frame of frames) {
    if (frame.name !== 'ping' || frame.isProgress) eventful = true;
    for (const part of toFrames(frame)) {
      admitFrame(part, answer);
      held.push(part);
    }
    if (answer.over) break;
  }
  return eventful;
}

/** Sees `frame`, unless it would end an answer that has nothing in it: that is a failure, not an end. */
export function admitFrame(frame: Frame, answer: Follower): void {
  if (frame.name === 'message_delta') {
    const { delta } = frame.event as { delta?: { stop_reason?: string | null } };
    if (isEmptyAnswer(delta?.stop_reason, answer.hasSubstance)) throw new AttemptError(EMPTY);
  }
  if (!answer.started && NEEDS_START.has(frame.name)) {
    throw new AttemptError({ kind: 'garbled', message: `${frame.name} came before message_start` });
  }
  if (frame.name === 'message_stop') {
    if (answer.stopReason === undefined && !answer.hasSubstance) throw new AttemptError(EMPTY);
    // Whoever leaves out the end of a block or the reason to end has left out more than can be known.
    if (answer.stopReason === undefined || (answer.open !== null && !isAllSaid(answer))) throw cut(answer);
  }
  answer.see(frame);
}

const NEEDS_START = new Set([
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]);

/** What a body that ended before its answer is. */
export function cut(answer: Follower): AttemptError {
  return new AttemptError(
    answer.started ? { kind: 'cut', message: 'the stream ended before the answer did' } : EMPTY,
  );
}
