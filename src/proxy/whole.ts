import { collect, expand } from '../core/collect.ts';
import type { Frame } from '../core/frame.ts';
import type { Message } from '../core/messages.ts';

const encoder = new TextEncoder();

/** The events of a whole answer (a server that sent JSON although it was asked for a stream); any other frame as it is. */
export function toFrames(frame: Frame): Iterable<Frame> {
  return frame.name === 'message' ? expand(messageOf(frame)) : [frame];
}

/** The whole answer that `frames` make: the upstream's own bytes where it sent it whole. */
export function toWhole(frames: readonly Frame[]): Frame {
  const sent = frames.find((frame) => frame.name === 'message');
  if (sent !== undefined) return sent;
  const message = collect(frames);
  return {
    name: 'message',
    bytes: encoder.encode(JSON.stringify(message)),
    get event(): never {
      throw new TypeError('a whole answer is not an event');
    },
  };
}

function messageOf(frame: Frame): Message {
  return frame.event as unknown as Message;
}
