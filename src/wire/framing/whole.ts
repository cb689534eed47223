import { isObject, parseJson } from '../../core/json.ts';
import type { Transducer } from '../../core/transducer.ts';
import type { Framing, Packet } from '../../core/upstream.ts';
import { joined, plain } from './bytes.ts';

/** Drops a byte order mark at the start, which JSON.parse would stumble over. */
const decoder = new TextDecoder();

/**
 * The whole body as one packet named `''`, delivered by `end()`; none for an empty body. Malformed UTF-8 in `data`
 * becomes U+FFFD; `bytes` stay as they came.
 */
export const whole: Framing = () => new WholeBody();

class WholeBody implements Transducer<Uint8Array, Packet> {
  private readonly pieces: Uint8Array[] = [];

  push(chunk: Uint8Array): Packet[] {
    if (chunk.length > 0) this.pieces.push(plain(chunk));
    return [];
  }

  end(): Packet[] {
    return this.pieces.length === 0 ? [] : [new BodyPacket(joined(this.pieces))];
  }
}

class BodyPacket implements Packet {
  readonly name = '';
  private decoded: string | undefined;

  constructor(readonly bytes: Uint8Array) {}

  get data(): string {
    this.decoded ??= decoder.decode(this.bytes);
    return this.decoded;
  }

  get isObject(): boolean {
    return isObject(parseJson(this.data));
  }
}
