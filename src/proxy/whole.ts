import { collect, expand } from '../core/collect.ts';
import { AttemptError, type Failure } from '../core/failure.ts';
import { isEmptyMessage } from '../core/follow.ts';
import type { Frame } from '../core/frame.ts';
import { keepSources } from '../core/json-source.ts';
import type { Message } from '../core/messages.ts';
import { writeJson } from '../core/write-json.ts';

const encoder = new TextEncoder();

/** The events of a whole answer (a server that sent JSON although it was asked for a stream); any other frame as it is. */
export function toFrames(frame: Frame): Iterable<Frame> {
  if (frame.name !== 'message') return [frame];
  const message = messageOf(frame);
  keepSources(message, frame.bytes, INPUT_DEPTH);
  return expand(message);
}

/** Down to the input of a call: `content`, a block, its `input`. */
const INPUT_DEPTH = 3;

/** What an answer without content is: a failure, not an answer (clients show an empty result). */
export const EMPTY: Failure = { kind: 'empty', message: 'the answer had no content' };

/**
 * A whole answer as the upstream sent it.
 * @throws AttemptError when there is nothing in it.
 */
export function checkedWhole(frame: Frame): Frame {
  if (isEmptyMessage(messageOf(frame))) throw new AttemptError(EMPTY);
  return frame;
}

/** The whole answer that the events make. */
export function toWhole(frames: readonly Frame[]): Frame {
  return {
    name: 'message',
    bytes: encoder.encode(writeJson(collect(frames))),
    get event(): never {
      throw new TypeError('a whole answer is not an event');
    },
  };
}

function messageOf(frame: Frame): Message {
  return frame.event as unknown as Message;
}
