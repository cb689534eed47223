import type { Transducer } from '../../core/transducer.ts';
import type { Framing, Packet } from '../../core/upstream.ts';
import { ByteFinder, hasAt, joined, plain } from './bytes.ts';
import { CR, EventPacket, eventName, LF } from './sse-event.ts';

/**
 * Name of the packet that carries what follows the last event when that is no event itself: comments, blank lines, `id`
 * and `retry` alone. Its data is `''`; decoders ignore it, a passthrough forwards its bytes.
 */
export const COMMENT = ':comment';

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);
const ONE_LF = Uint8Array.of(LF);
const TWO_LF = Uint8Array.of(LF, LF);

/**
 * Server-sent events by the rules of the WHATWG HTML standard, section 9.2.6 "Interpreting an event stream", with three
 * differences, all for a proxy's sake:
 *
 * - Every byte is kept: the `bytes` of all packets one after the other are the body. What is no event (comments,
 *   heartbeats, a byte order mark) is carried in front of the next event's bytes or, at the end, in a `COMMENT` packet.
 * - A last event without its blank line is delivered by `end()`, its bytes completed by the missing line ends, as servers
 *   forget it after `[DONE]`. Half an event is dropped: a name without data, or a last line that has neither its end nor
 *   whole JSON. A client must not get it, and a decoder must see a body that was cut, not one that is malformed.
 * - An event with a name but without data is delivered, with data `''`.
 *
 * Packets do not depend on where the body was cut into chunks. A packet's `bytes` are a view of the chunk when the event
 * lies inside one, so chunks must not be overwritten. Time is linear in the body's length. Never throws: malformed
 * UTF-8 in names and data becomes U+FFFD.
 */
export const sse: Framing = () => new EventStream();

function isWhole(data: string, isLineEnded: boolean): boolean {
  if (data === '' || isLineEnded || data === '[DONE]') return data !== '';
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

class EventStream implements Transducer<Uint8Array, Packet> {
  /** Whole blocks that are no events, waiting for one. */
  private carried: Uint8Array[] = [];
  /** The current block, as far as it came with earlier chunks. */
  private pieces: Uint8Array[] = [];
  /** The current block has a line that is not blank. */
  private hasLine = false;
  /** Bytes of the current line have come, its end has not. */
  private inLine = false;
  /** The last line ended in CR: an LF right here is that end's second half. */
  private afterCr = false;
  /**
   * The block's blank line ended in CR as the first of its kind. Its packet waits for the next byte, an LF most likely.
   * Where the line before ended in a lone CR too there is no waiting: a stream of CR must not lag an event behind.
   */
  private held = false;
  private first = true;

  push(input: Uint8Array): Packet[] {
    const chunk = plain(input);
    const out: Packet[] = [];
    const lf = new ByteFinder(chunk, LF);
    const cr = new ByteFinder(chunk, CR);
    let start = 0;
    let at = 0;
    const finish = () => {
      this.finish(chunk.subarray(start, at), out);
      start = at;
    };
    while (at < chunk.length) {
      const byte = chunk[at];
      if (this.held) {
        this.held = false;
        if (byte === LF) at++;
        finish();
      } else if (this.afterCr && byte === LF) {
        this.afterCr = false;
        at++;
      } else if (!this.inLine && (byte === LF || byte === CR)) {
        at++;
        if (byte === CR && !this.afterCr) {
          this.held = true;
        } else {
          this.afterCr = byte === CR;
          finish();
        }
      } else {
        const end = Math.min(lf.from(at), cr.from(at));
        this.hasLine = true;
        this.inLine = end === chunk.length;
        this.afterCr = !this.inLine && chunk[end] === CR;
        at = end + 1;
      }
    }
    if (start < chunk.length) this.pieces.push(chunk.subarray(start));
    return out;
  }

  end(): Packet[] {
    const out: Packet[] = [];
    const isTerminated = this.held || !this.hasLine;
    const isLineEnded = !this.inLine;
    if (this.pieces.length > 0) this.finish(this.missing(), out);
    const [last] = out;
    if (last && !isTerminated && !isWhole(last.data, isLineEnded)) out.pop();
    if (this.carried.length > 0) out.push(new EventPacket(COMMENT, joined(this.carried), 0));
    return out;
  }

  /** The line ends without which what comes after the body would run into its last event. */
  private missing(): Uint8Array {
    if (this.held || !this.hasLine) return new Uint8Array(0);
    return this.inLine || this.afterCr ? TWO_LF : ONE_LF;
  }

  /** The current block is complete with `tail`: an event, or more to carry. */
  private finish(tail: Uint8Array, out: Packet[]): void {
    let block = tail;
    if (this.pieces.length > 0) {
      this.pieces.push(tail);
      block = joined(this.pieces);
      this.pieces = [];
    }
    const start = this.first && hasAt(block, 0, BOM) ? BOM.length : 0;
    this.first = false;
    this.hasLine = false;
    const name = eventName(block, start);
    if (name === undefined) {
      this.carried.push(block);
    } else if (this.carried.length === 0) {
      out.push(new EventPacket(name, block, start));
    } else {
      this.carried.push(block);
      out.push(new EventPacket(name, joined(this.carried), start));
      this.carried = [];
    }
  }
}
