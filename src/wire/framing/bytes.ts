/** The same bytes as a plain Uint8Array view: a Buffer's `slice` and `toString` mean something else. */
export function plain(chunk: Uint8Array): Uint8Array {
  if (chunk.constructor === Uint8Array) return chunk;
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** All pieces in one array; a single piece is returned as it is, not copied. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Whether `prefix` stands in `bytes` at `at`. */
export function hasAt(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  if (at + prefix.length > bytes.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false;
  return true;
}

/**
 * Finds one byte value, asked from rising positions. It remembers the last hit, so that searching a text for two line
 * ends stays linear also when one of them never comes.
 */
export class ByteFinder {
  private next = -1;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly byte: number,
  ) {}

  /** The first position ≥ `from`, or the length where there is none. `from` must not fall from call to call. */
  from(from: number): number {
    if (this.next < from) {
      const found = this.bytes.indexOf(this.byte, from);
      this.next = found === -1 ? this.bytes.length : found;
    }
    return this.next;
  }
}
