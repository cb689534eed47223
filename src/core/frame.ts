import type { StreamEvent } from './messages.ts';

const encoder = new TextEncoder();

/**
 * One event of the answer on its way to the client, with two faces: wire bytes and typed event. Each is made from the
 * other on first use, so that a frame passed through is never parsed and a frame that is inspected is never re-encoded.
 */
export interface Frame {
  /** The event's name (`content_block_delta`), or `message` for a whole non-streaming answer. */
  readonly name: string;
  /** What goes to the client: for an event the complete SSE event with its blank line, for `message` the JSON body. */
  readonly bytes: Uint8Array;
  /**
   * The JSON as sent, loosely typed: the upstream wrote it.
   * @throws SyntaxError when the data is not JSON.
   */
  readonly event: StreamEvent;
  /** Set for a ping that stands for something that came and is held back: the upstream is at work. */
  readonly isProgress?: true;
}

/** What is sent in the place of something that came and is held back. */
export function progress(): Frame {
  return Object.assign(frameOf({ type: 'ping' }), { isProgress: true as const });
}

/** A frame made by ccproxy from a typed event. */
export function frameOf(event: StreamEvent): Frame {
  let bytes: Uint8Array | undefined;
  return {
    name: event.type,
    event,
    get bytes() {
      bytes ??= encoder.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      return bytes;
    },
  };
}

/** A frame that goes on as the upstream sent it. */
export function rawFrame(name: string, bytes: Uint8Array, data: () => string): Frame {
  let event: StreamEvent | undefined;
  return {
    name,
    bytes,
    get event() {
      event ??= JSON.parse(data()) as StreamEvent;
      return event;
    },
  };
}
