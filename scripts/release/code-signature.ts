/**
 * Signs a program for macOS ad hoc, that is, with nobody's key: the hashes of its pages, which the system checks as it
 * loads them. A program for Apple's own processors does not start without; one whose signature is wrong may not start on any.
 * Bun 1.4 leaves its vendor's signature in a compiled program for Intel, where it no longer fits. The layout is that of
 * `xnu/osfmk/kern/cs_blobs.h` and of what linkers write.
 */
import { createHash } from 'node:crypto';

/** A file that is no 64-bit Mach-O program with room for a signature at its end. */
export class NotSignable extends Error {}

const MACHO_64 = 0xfeedfacf;
const HEADER = 32;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const ARM64 = 0x0100000c;

const EMBEDDED_SIGNATURE = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
/** Supports an executable segment; 88 bytes long. */
const CODE_DIRECTORY_VERSION = 0x20400;
const CODE_DIRECTORY_LENGTH = 88;
const SUPERBLOB_LENGTH = 20;
const ADHOC_AND_LINKER_SIGNED = 0x20002;
const MAIN_BINARY = 1;
const SHA256 = 2;
const HASH_LENGTH = 32;
const PAGE_BITS = 12;
const PAGE = 1 << PAGE_BITS;

/** Where in the file the fields are that a new signature changes or needs. */
interface Layout {
  signatureCommand: number;
  linkEdit: number;
  codeLimit: number;
  textOffset: number;
  textSize: number;
  isArm: boolean;
}

function layoutOf(program: Uint8Array, view: DataView): Layout {
  if (program.length < HEADER || view.getUint32(0, true) !== MACHO_64)
    throw new NotSignable('it is no 64-bit Mach-O file');
  const found: Partial<Layout> = {};
  let at = HEADER;
  for (let left = view.getUint32(16, true); left > 0; left -= 1) {
    const kind = view.getUint32(at, true);
    if (kind === LC_CODE_SIGNATURE) {
      found.signatureCommand = at;
      found.codeLimit = view.getUint32(at + 8, true);
    } else if (kind === LC_SEGMENT_64) {
      const name = new TextDecoder().decode(program.subarray(at + 8, at + 24)).replace(/\0+$/, '');
      if (name === '__LINKEDIT') found.linkEdit = at;
      if (name === '__TEXT') {
        found.textOffset = Number(view.getBigUint64(at + 40, true));
        found.textSize = Number(view.getBigUint64(at + 48, true));
      }
    }
    at += view.getUint32(at + 4, true);
  }
  const { signatureCommand, linkEdit, codeLimit, textOffset, textSize } = found;
  if (
    signatureCommand === undefined ||
    linkEdit === undefined ||
    codeLimit === undefined ||
    textOffset === undefined ||
    textSize === undefined
  )
    throw new NotSignable('it has no place for a signature');
  const isArm = view.getUint32(4, true) === ARM64;
  return { signatureCommand, linkEdit, codeLimit, textOffset, textSize, isArm };
}

/** The bytes of `fields`, big-endian numbers of four bytes (or eight, as bigint). */
function numbers(fields: readonly (number | bigint)[]): Uint8Array {
  const out = Buffer.alloc(
    fields.reduce<number>((sum, field) => sum + (typeof field === 'bigint' ? 8 : 4), 0),
  );
  let at = 0;
  for (const field of fields)
    at = typeof field === 'bigint' ? out.writeBigUInt64BE(field, at) : out.writeUInt32BE(field, at);
  return out;
}

/** How long the signature of `codeLimit` bytes is. */
function lengthFor(codeLimit: number, identifier: string): number {
  const pages = Math.ceil(codeLimit / PAGE);
  return SUPERBLOB_LENGTH + CODE_DIRECTORY_LENGTH + identifier.length + 1 + pages * HASH_LENGTH;
}

function signature(code: Uint8Array, identifier: string, { textOffset, textSize }: Layout): Uint8Array {
  const pages = Math.ceil(code.length / PAGE);
  const hashes = Array.from({ length: pages }, (_, page) =>
    createHash('sha256')
      .update(code.subarray(page * PAGE, (page + 1) * PAGE))
      .digest(),
  );
  const hashOffset = CODE_DIRECTORY_LENGTH + identifier.length + 1;
  const length = hashOffset + pages * HASH_LENGTH;
  const superblob = [EMBEDDED_SIGNATURE, SUPERBLOB_LENGTH + length, 1, 0, SUPERBLOB_LENGTH];
  const directory = [
    CODE_DIRECTORY,
    length,
    CODE_DIRECTORY_VERSION,
    ADHOC_AND_LINKER_SIGNED,
    hashOffset,
    CODE_DIRECTORY_LENGTH,
    0, // no special slots
    pages,
    code.length,
    (HASH_LENGTH << 24) | (SHA256 << 16) | PAGE_BITS,
    0, // unused
    0, // not scattered
    0, // no team
    0, // unused
    0n, // the code is shorter than 4 GiB
    BigInt(textOffset),
    BigInt(textSize),
    BigInt(MAIN_BINARY),
  ];
  const name = new TextEncoder().encode(`${identifier}\0`);
  return Buffer.concat([numbers(superblob), numbers(directory), name, ...hashes]);
}

/**
 * `program` with an ad-hoc signature in place of the one it has. Signed once or twice is the same.
 * Throws NotSignable for anything but a Mach-O program whose signature is the last thing in it.
 */
export function signed(program: Uint8Array, identifier: string): Uint8Array {
  const source = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const layout = layoutOf(program, source);
  const { signatureCommand, linkEdit, codeLimit, isArm } = layout;
  const end = codeLimit + source.getUint32(signatureCommand + 12, true);
  if (end !== program.length) throw new NotSignable('its signature is not the last thing in it');

  const length = lengthFor(codeLimit, identifier);
  const out = new Uint8Array(codeLimit + length);
  out.set(program.subarray(0, codeLimit));
  const view = new DataView(out.buffer);
  view.setUint32(signatureCommand + 12, length, true);
  const inFile = BigInt(codeLimit + length) - view.getBigUint64(linkEdit + 40, true);
  const pageInMemory = isArm ? 0x4000n : 0x1000n;
  view.setBigUint64(linkEdit + 32, ((inFile + pageInMemory - 1n) / pageInMemory) * pageInMemory, true);
  view.setBigUint64(linkEdit + 48, inFile, true);
  out.set(signature(out.subarray(0, codeLimit), identifier, layout), codeLimit);
  return out;
}
