/** Writes what Windows unpacks: the same bytes for the same entries, wherever and by whomever they are written. */
import { deflate } from './deflate.ts';
import type { Entry } from './tar.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** Version 2.0 of the format, which has folders and deflate. */
const NEEDS = 20;
const DEFLATED = 8;
const UNIX = 3;
const REGULAR_FILE = 0o100000;

/** Little-endian numbers of two or four bytes, as `[value, bytes]`. */
function numbers(fields: readonly (readonly [value: number, bytes: 2 | 4])[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, [, bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return out;
}

/** Date and time as MS-DOS had them: no zone (here UTC), from 1980 on, in steps of two seconds. */
function dosTime(modifiedAt: number): [time: number, date: number] {
  const when = new Date(Math.max(modifiedAt, Date.UTC(1980, 0) / 1000) * 1000);
  const time = (when.getUTCHours() << 11) | (when.getUTCMinutes() << 5) | (when.getUTCSeconds() >> 1);
  const date = ((when.getUTCFullYear() - 1980) << 9) | ((when.getUTCMonth() + 1) << 5) | when.getUTCDate();
  return [time, date];
}

/** A zip archive of `entries` in their order, all changed at `modifiedAt` (whole seconds since 1970). */
export function zip(entries: readonly Entry[], modifiedAt: number): Uint8Array {
  const [time, date] = dosTime(modifiedAt);
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes, isExecutable } of entries) {
    const nameBytes = new TextEncoder().encode(name);
    const packed = deflate(bytes);
    const shared = [
      [NEEDS, 2],
      [0, 2],
      [DEFLATED, 2],
      [time, 2],
      [date, 2],
      [Bun.hash.crc32(bytes), 4],
      [packed.length, 4],
      [bytes.length, 4],
      [nameBytes.length, 2],
      [0, 2],
    ] as const;
    const local = numbers([[LOCAL, 4], ...shared]);
    const mode = REGULAR_FILE | (isExecutable ? 0o755 : 0o644);
    const central = numbers([
      [CENTRAL, 4],
      [(UNIX << 8) | NEEDS, 2],
      ...shared,
      [0, 2],
      [0, 2],
      [0, 2],
      [mode * 0x10000, 4],
      [offset, 4],
    ]);
    files.push(local, nameBytes, packed);
    directory.push(central, nameBytes);
    offset += local.length + nameBytes.length + packed.length;
  }
  const size = directory.reduce((sum, bytes) => sum + bytes.length, 0);
  const end = numbers([
    [END, 4],
    [0, 2],
    [0, 2],
    [entries.length, 2],
    [entries.length, 2],
    [size, 4],
    [offset, 4],
    [0, 2],
  ]);
  return new Uint8Array(Buffer.concat([...files, ...directory, end]));
}
