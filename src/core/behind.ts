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
  if (closing === null) return sentOf(space, end);
  // A mark that stands on a line of its own ends that line.
  const line = closing[1]?.includes('\n') ? (LINE_END.exec(space)?.[0].length ?? 0) : 0;
  // The rest of a word, or a word without its space.
  if (line === space.length && end.isOpen && WORD_LAST.test(end.said) && WORD_FIRST.test(start)) return -1;
  return at + line + sentOf(space.slice(line), end);
}

const COPIED = new RegExp(`^(\\s*)${CLOSING}`, 'u');
const LINE_END = /^[^\S\n]*\n/u;
const WORD_LAST = /[\p{L}\p{N}]$/u;
const WORD_FIRST = /^[\p{L}\p{N}]/u;

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
