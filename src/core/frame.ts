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
  return new MadeFrame(event);
}

class MadeFrame implements Frame {
  private encoded: Uint8Array | undefined;

  constructor(readonly event: StreamEvent) {}

  get name(): string {
    return this.event.type;
  }

  get bytes(): Uint8Array {
    this.encoded ??= encoder.encode(`event: ${this.event.type}\ndata: ${JSON.stringify(this.event)}\n\n`);
    return this.encoded;
  }
}

/** A frame that goes on as the upstream sent it. */
export function rawFrame(name: string, bytes: Uint8Array, data: () => string): Frame {
  return new RawFrame(name, bytes, data);
}

/** A class, whose getter is made once: there is one for every delta. */
class RawFrame implements Frame {
  private parsed: StreamEvent | undefined;

  constructor(
    readonly name: string,
    readonly bytes: Uint8Array,
    private readonly data: () => string,
  ) {}

  get event(): StreamEvent {
    this.parsed ??= JSON.parse(this.data()) as StreamEvent;
    return this.parsed;
  }
}
