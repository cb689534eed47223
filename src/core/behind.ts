import { CLOSING, hasMark, mayEndInMark } from './last-words.ts';

/** Where a text goes on. */
export interface End {
  /** Its last block. */
  said: string;
  /** What follows stands in that block; otherwise it begins another. */
  isOpen: boolean;
}

/**
 * How much of what stands behind repeated words is not new: a mark that was copied with them, white space that was sent before.
 * Null while that is not known, -1 where it never will be.
 */
export function notNew(rest: string, end: End, isEnd: boolean): number | null {
  const closing = COPIED.exec(rest);
  const at = closing?.[0].length ?? 0;
  const start = rest.slice(at).trimStart();
  if (!isEnd && (start === '' || isBegun(start))) return null;
  if (hasMark(start)) return -1;
  const space = rest.slice(at, rest.length - start.length);
  // A mark that stands on a line of its own ends that line.
  const line = closing?.[1]?.includes('\n') ? (LINE_END.exec(space)?.[0].length ?? 0) : 0;
  const between = space.slice(line);
  if (end.isOpen && isTorn(end.said, between, start)) return -1;
  // The rest of a word, or a word without its space: a mark has none around it.
  const isGlued = between === '' && WORD_LAST.test(end.said) && WORD_FIRST.test(start);
  if (closing !== null && end.isOpen && isGlued) return -1;
  return at + line + sentOf(between, end);
}

const COPIED = new RegExp(`^(\\s*)${CLOSING}`, 'u');
const LINE_END = /^[^\S\n]*\n/u;
const WORD_LAST = /[\p{L}\p{N}]$/u;
const WORD_FIRST = /^[\p{L}\p{N}]/u;

/** Whether white space would break a sentence in two: a line ends in the middle of it, and no other one of the text does. */
function isTorn(said: string, space: string, start: string): boolean {
  if (!space.includes('\n') || !MID_SENTENCE.test(said) || !/^[\p{Ll}\p{N}]/u.test(start)) return false;
  return !(space.includes('\n\n') ? BROKEN_PARAGRAPH : BROKEN_LINE).test(said);
}

const MID_SENTENCE = /[\p{L}\p{N},]$/u;
const BROKEN_LINE = /[\p{L}\p{N},]\n[\p{Ll}\p{N}]/u;
const BROKEN_PARAGRAPH = /[\p{L}\p{N},]\n\n[\p{Ll}\p{N}]/u;

function isBegun(start: string): boolean {
  return start.startsWith('<') && mayEndInMark(start);
}

/** Behind a newline no space is left out: it indents. A new block begins with its first line, indented as it is. */
function sentOf(space: string, { said, isOpen }: End): number {
  if (!isOpen) return space.includes('\n') ? space.lastIndexOf('\n') + 1 : space.length;
  const sent = said.slice(said.trimEnd().length);
  for (let length = Math.min(sent.length, space.length); length > 0; length -= 1)
    if (sent.endsWith(space.slice(0, length))) return length;
  return 0;
}
