/** Signatures of programs for macOS, on a small one made by hand: header, four load commands, code, signature. */
import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { NotSignable, signed } from '../../scripts/release/code-signature.ts';

const INTEL = 0x01000007;
const ARM = 0x0100000c;
const COMMANDS = 32;
const LINK_EDIT = COMMANDS + 72;
const SIGNATURE = LINK_EDIT + 72;
const LINK_EDIT_AT = 0x2000;

interface Shape {
  cpu?: number;
  codeLimit?: number;
  /** Bytes of the signature that it has. */
  oldSignature?: number;
  after?: number;
}

function segment(view: DataView, at: number, name: string, fileOffset: number, fileSize: number): void {
  view.setUint32(at, 0x19, true);
  view.setUint32(at + 4, 72, true);
  new Uint8Array(view.buffer, at + 8, 16).set(new TextEncoder().encode(name));
  view.setBigUint64(at + 40, BigInt(fileOffset), true);
  view.setBigUint64(at + 48, BigInt(fileSize), true);
}

function program({ cpu = INTEL, codeLimit = 0x2345, oldSignature = 10, after = 0 }: Shape = {}): Uint8Array {
  const bytes = Uint8Array.from(
    { length: codeLimit + oldSignature + after },
    (_, index) => (index * 7) % 256,
  );
  const view = new DataView(bytes.buffer);
  bytes.fill(0, 0, SIGNATURE + 16);
  view.setUint32(0, 0xfeedfacf, true);
  view.setUint32(4, cpu, true);
  view.setUint32(16, 3, true);
  segment(view, COMMANDS, '__TEXT', 0, 0x1000);
  segment(view, LINK_EDIT, '__LINKEDIT', LINK_EDIT_AT, codeLimit + oldSignature - LINK_EDIT_AT);
  view.setUint32(SIGNATURE, 0x1d, true);
  view.setUint32(SIGNATURE + 4, 16, true);
  view.setUint32(SIGNATURE + 8, codeLimit, true);
  view.setUint32(SIGNATURE + 12, oldSignature, true);
  return bytes;
}

/** What macOS reads: the header's fields, and the pages whose hash is not the one in the signature. */
function inspect(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const codeLimit = view.getUint32(SIGNATURE + 8, true);
  const directory = codeLimit + view.getUint32(codeLimit + 16);
  const hashes = directory + view.getUint32(directory + 16);
  const pages = view.getUint32(directory + 28);
  const broken = Array.from({ length: pages }, (_, page) => page).filter((page) => {
    const code = bytes.subarray(page * 4096, Math.min((page + 1) * 4096, codeLimit));
    const found = createHash('sha256').update(code).digest();
    return !found.equals(bytes.subarray(hashes + page * 32, hashes + (page + 1) * 32));
  });
  const identifier = directory + view.getUint32(directory + 20);
  return {
    magic: [view.getUint32(codeLimit), view.getUint32(directory)].map((number) => number.toString(16)),
    lengths: [view.getUint32(SIGNATURE + 12, true), view.getUint32(codeLimit + 4)],
    directoryEnds: directory + view.getUint32(directory + 4),
    flags: view.getUint32(directory + 12),
    covers: view.getUint32(directory + 32),
    kindOfHash: [...bytes.subarray(directory + 36, directory + 40)],
    identifier: new TextDecoder().decode(bytes.subarray(identifier, bytes.indexOf(0, identifier))),
    text: [
      view.getBigUint64(directory + 64),
      view.getBigUint64(directory + 72),
      view.getBigUint64(directory + 80),
    ],
    linkEdit: [view.getBigUint64(LINK_EDIT + 32, true), view.getBigUint64(LINK_EDIT + 48, true)],
    pages,
    broken,
  };
}

describe('a signed program', () => {
  test.each([0x2345, 0x3000, 0x2001])(
    'has a hash for every page of %d bytes, also the last one',
    (codeLimit) => {
      const { pages, broken, covers } = inspect(signed(program({ codeLimit }), 'ccproxy'));
      expect({ pages, broken, covers }).toEqual({
        pages: Math.ceil(codeLimit / 4096),
        broken: [],
        covers: codeLimit,
      });
    },
  );

  test('says what it is, and where it ends', () => {
    const bytes = signed(program(), 'ccproxy');
    const length = bytes.length - 0x2345;
    expect(length).toBe(20 + 88 + 'ccproxy\0'.length + 3 * 32);
    expect(inspect(bytes)).toMatchObject({
      magic: ['fade0cc0', 'fade0c02'],
      lengths: [length, length],
      directoryEnds: bytes.length,
      flags: 0x20002,
      kindOfHash: [32, 2, 0, 12],
      identifier: 'ccproxy',
      text: [0n, 0x1000n, 1n],
    });
  });

  test.each([
    ['Intel', INTEL, 0x1000n],
    ['Apple', ARM, 0x4000n],
  ])('has the last segment end with it, in pages of %s in memory', (_, cpu, inMemory) => {
    const bytes = signed(program({ cpu }), 'ccproxy');
    expect(inspect(bytes).linkEdit).toEqual([inMemory, BigInt(bytes.length - LINK_EDIT_AT)]);
  });

  test('keeps its code, and is the same signed again, also after a longer signature', () => {
    const once = signed(program({ oldSignature: 4000 }), 'ccproxy');
    expect(once.subarray(SIGNATURE + 16, 0x2345)).toEqual(program().subarray(SIGNATURE + 16, 0x2345));
    expect(signed(once, 'ccproxy')).toEqual(once);
    expect(signed(program(), 'ccproxy')).toEqual(once);
  });

  test('is seen to be changed by one bit of its code', () => {
    const bytes = signed(program(), 'ccproxy');
    bytes.set([(bytes[5000] ?? 0) ^ 1], 5000);
    expect(inspect(bytes).broken).toEqual([1]);
  });
});

test.each([
  ['nothing', new Uint8Array()],
  ['a program for Linux', new TextEncoder().encode('\x7fELF'.padEnd(64, '.'))],
  ['a program with something behind its signature', program({ after: 1 })],
  ['a program without a place for one', program().fill(0, SIGNATURE, SIGNATURE + 4)],
])('%s is not signed', (_, bytes) => {
  expect(() => signed(bytes, 'ccproxy')).toThrow(NotSignable);
});
