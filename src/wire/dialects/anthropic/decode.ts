import { AttemptError } from '../../../core/failure.ts';
import { type Frame, frameOf, rawFrame } from '../../../core/frame.ts';
import { isObject, parseJson } from '../../../core/json.ts';
import type { StreamEvent } from '../../../core/messages.ts';
import type { Transducer } from '../../../core/transducer.ts';
import type { Packet } from '../../../core/upstream.ts';
import { failure, notJson } from '../../answer/failure.ts';
import { COMMENT } from '../../framing/sse.ts';
import { explainNative, explainNativeEvent } from './explain.ts';

/**
 * Anthropic's stream as it is: frames keep the bytes that came, unknown events go on. Only what ends an attempt is looked
 * at: an error event, an event that every client parses and that is not JSON, a body that is not a stream, an end before
 * `message_stop`.
 */
export function decodeNative(): Transducer<Packet, Frame> {
  let seen = false;
  let over = false;
  return {
    push(packet) {
      const frame = packet.name === COMMENT ? null : frameFor(packet);
      if (frame === null) return [];
      seen = true;
      if (frame.name === 'message_stop' || frame.name === 'message') over = true;
      return [frame];
    },
    end() {
      if (over) return [];
      throw seen
        ? failure('cut', 'the stream ended before message_stop')
        : failure('empty', 'the answer was empty');
    },
  };
}

function frameFor(packet: Packet): Frame | null {
  if (packet.name === 'error') throw new AttemptError(explainNativeEvent(packet.data));
  // `message` is what the standard calls an event without a name, so some servers write it out.
  if (packet.name === '' || packet.name === 'message') return unnamed(packet);
  if (OF_THE_ANSWER.has(packet.name) && !packet.isObject) {
    throw failure('garbled', `${packet.name} was not JSON`);
  }
  return rawFrame(packet.name, packet.bytes, () => packet.data);
}

/** Events that every client parses; the others it may ignore. */
const OF_THE_ANSWER = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]);

/**
 * A packet without an event name: comments, `[DONE]`, a server that leaves out `event:` lines (clients then repeat every
 * request, seifghazi/claude-code-proxy#32), or a whole JSON body.
 */
function unnamed(packet: Packet): Frame | null {
  const data = packet.data.trim();
  if (data === '' || data === '[DONE]') return null;
  const value = parseJson(data);
  if (!isObject(value)) throw notJson(data);
  const event = value as unknown as StreamEvent;
  if (value.type === 'message') return { name: 'message', bytes: packet.bytes, event };
  if (typeof value.type !== 'string' || value.type === 'error' || 'error' in value) {
    throw new AttemptError(explainNative(200, new Headers(), data));
  }
  return frameOf(event);
}
