/** Writes what `tar` unpacks: the same bytes for the same entries, wherever and by whomever they are written. */

/** One file of an archive. */
export interface Entry {
  /** Its path inside, of at most 100 ASCII characters. */
  name: string;
  bytes: Uint8Array;
  /** Whether it is a program. */
  isExecutable: boolean;
}

const BLOCK = 512;

/** A number in octal digits, as the header of an entry has them, ended by NUL. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** The header of POSIX.1-1988 (ustar): nobody's file, of no group. */
function header({ name, bytes, isExecutable }: Entry, modifiedAt: number): Uint8Array {
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) throw new RangeError(`no name for a file in an archive: ${name}`);
  const fields = [
    name.padEnd(100, '\0'),
    octal(isExecutable ? 0o755 : 0o644, 8),
    octal(0, 8),
    octal(0, 8),
    octal(bytes.length, 12),
    octal(modifiedAt, 12),
    ' '.repeat(8),
    '0',
    '\0'.repeat(100),
    'ustar\0',
    '00',
  ];
  const block = new Uint8Array(BLOCK);
  block.set(new TextEncoder().encode(fields.join('')));
  // The sum is taken with blanks in its own place.
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(new TextEncoder().encode(`${octal(sum, 7)} `), 148);
  return block;
}

function padding(length: number): Uint8Array {
  return new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK);
}

/** A tar archive of `entries` in their order, all changed at `modifiedAt` (whole seconds since 1970). */
export function tar(entries: readonly Entry[], modifiedAt: number): Uint8Array {
  const files = entries.flatMap((entry) => [
    header(entry, modifiedAt),
    entry.bytes,
    padding(entry.bytes.length),
  ]);
  return new Uint8Array(Buffer.concat([...files, new Uint8Array(2 * BLOCK)]));
}
