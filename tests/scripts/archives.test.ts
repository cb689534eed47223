/** The archives of a release: what comes out is what went in, and the bytes are the same on every machine. */
import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { gzip } from '../../scripts/release/deflate.ts';
import { type Entry, tar } from '../../scripts/release/tar.ts';
import { zip } from '../../scripts/release/zip.ts';

/** A Saturday in November 2026, 17:53:07 UTC. */
const CHANGED_AT = 1_795_888_387;

/** Half of it repeats, half of it does not: numbers of a linear congruence. */
function program(): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: 300_001 }, (_, index) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return index % 4096 < 2048 ? index % 251 : state >>> 24;
  });
}

const ENTRIES: Entry[] = [
  { name: 'ccproxy', bytes: program(), isExecutable: true },
  { name: 'LICENSE', bytes: new TextEncoder().encode('Do as you like.\n'), isExecutable: false },
  { name: 'empty', bytes: new Uint8Array(), isExecutable: false },
];

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function asText(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder().decode(bytes.subarray(from, to)).replace(/[\0 ]+$/, '');
}

/** The files of a zip archive by its directory, each with its Unix mode and MS-DOS time. */
function unzip(archive: Uint8Array) {
  const view = new DataView(archive.buffer, archive.byteOffset);
  const end = archive.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: view.getUint16(end + 10, true) }, () => {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    // What both headers say of the file is the same.
    expect(archive.subarray(local + 4, local + 30)).toEqual(archive.subarray(at + 6, at + 32));
    const name = asText(archive, at + 46, at + 46 + nameLength);
    expect(asText(archive, local + 30, local + 30 + nameLength)).toBe(name);
    const from = local + 30 + nameLength;
    const bytes = new Uint8Array(
      inflateRawSync(archive.subarray(from, from + view.getUint32(at + 20, true))),
    );
    expect(view.getUint32(at + 16, true)).toBe(Bun.hash.crc32(bytes));
    expect(view.getUint32(at + 24, true)).toBe(bytes.length);
    const mode = view.getUint32(at + 38, true) >>> 16;
    const [time, date] = [view.getUint16(at + 12, true), view.getUint16(at + 14, true)];
    at += 46 + nameLength;
    return { name, bytes, mode, time, date };
  });
}

describe('a tar archive', () => {
  test('has every file whole, packed or not', async () => {
    for (const archive of [tar(ENTRIES, CHANGED_AT), gzip(tar(ENTRIES, CHANGED_AT))]) {
      const files = await new Bun.Archive(new Uint8Array(archive)).files();
      expect([...files.keys()].sort()).toEqual(['LICENSE', 'ccproxy', 'empty']);
      for (const { name, bytes } of ENTRIES)
        expect(await files.get(name)?.bytes()).toEqual(new Uint8Array(bytes));
    }
  });

  test('says that the program may be run, of the date that was given, and is nobody’s', () => {
    const archive = tar(ENTRIES, CHANGED_AT);
    expect(archive.length % 512).toBe(0);
    expect(asText(archive, 100, 108)).toBe('0000755');
    expect(asText(archive, 108, 116)).toBe('0000000');
    expect(asText(archive, 116, 124)).toBe('0000000');
    expect(Number.parseInt(asText(archive, 136, 148), 8)).toBe(CHANGED_AT);
    expect(asText(archive, 265, 329)).toBe('');
    const second = 512 * (1 + Math.ceil(300_001 / 512));
    expect(asText(archive, second, second + 100)).toBe('LICENSE');
    expect(asText(archive, second + 100, second + 108)).toBe('0000644');
  });

  test.each(['', 'ä', 'a'.repeat(101)])('refuses the name %p', (name) => {
    expect(() => tar([{ name, bytes: new Uint8Array(), isExecutable: false }], 0)).toThrow(RangeError);
  });
});

test('a zip archive has every file whole, its mode and its date', () => {
  const files = unzip(zip(ENTRIES, CHANGED_AT));
  expect(files.map(({ name, mode }) => [name, mode.toString(8)])).toEqual([
    ['ccproxy', '100755'],
    ['LICENSE', '100644'],
    ['empty', '100644'],
  ]);
  for (const [index, { bytes, time, date }] of files.entries()) {
    expect(bytes).toEqual(new Uint8Array(ENTRIES[index]?.bytes ?? [0]));
    expect([(date >> 9) + 1980, (date >> 5) & 15, date & 31]).toEqual([2026, 11, 28]);
    expect([time >> 11, (time >> 5) & 63, (time & 31) * 2]).toEqual([17, 53, 6]);
  }
});

test('a zip archive cannot be older than 1980', () => {
  expect(unzip(zip(ENTRIES, 0)).map(({ date, time }) => [date, time])).toEqual(
    ENTRIES.map(() => [(1 << 5) | 1, 0]),
  );
});

/** A new Bun may compress in another way; then these change, and nothing is wrong as long as all machines agree. */
test.each([
  ['tar', 'd5cc47a898af6414ae8fabdade39a5fc77c6a594b0b184bfa924ce4518c1763b', tar(ENTRIES, CHANGED_AT)],
  [
    'tar.gz',
    'b2a99e604a3d6971993f2b10f78fe69d23def25d1a6d6d7139646c4e882196d7',
    gzip(tar(ENTRIES, CHANGED_AT)),
  ],
  ['zip', '3b096e89877e84727ef86dd9837c6f4963cbba39372a2aaf7c97776d17ac6aa0', zip(ENTRIES, CHANGED_AT)],
])('a %s archive is the same on every machine', (_, hash, archive) => {
  expect(sha256(archive)).toBe(hash);
});
