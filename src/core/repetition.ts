/**
 * What it is that a continuation begins with the last words of a text: `meant`, so what is beyond them is new; `chance`, for
 * letters happen to be the same; `partial`, which is meant where the words cannot follow as well; or `unclear`, for the text may
 * say them twice.
 */
export type Repetition = 'meant' | 'partial' | 'unclear' | 'chance';

/** So many folded characters are not the same by chance. */
export const CERTAIN = 8;

/** So many with other white space between them may be. */
const FEW = 5;

/** A repetition of nearly all that was asked for. */
const NEARLY = 3 / 4;

/** A text in the forms that the question needs. */
export interface Repeated {
  /** Its blocks, with blank lines between them and no white space at the end. */
  whole: string;
  folded: string;
  /** White space follows it. */
  hasGap: boolean;
  /** So many of its last characters were to be repeated, folded. */
  asked: number;
}

/**
 * @param length of what is repeated, in folded characters
 * @param words the repetition to the letter
 */
export function repetition(text: Repeated, length: number, words: string): Repetition {
  return length < CERTAIN ? short(text, length, words) : long(text, length);
}

/**
 * A text that repeats itself may do so once more. And so may one that does not, its last line or the last item of a list: less
 * than was asked for counts where nothing can follow that begins so.
 */
function long({ whole, folded, asked }: Repeated, length: number): Repetition {
  const at = folded.length - length;
  const { before, last } = parted(whole, length);
  const isQuoted = length === asked + 1 && QUOTATION.test(last);
  if (isQuoted || isInside(before, last)) return 'unclear';
  const half = folded.slice(at, at + Math.max(CERTAIN, Math.ceil(length / 2)));
  if (folded.indexOf(half) !== at || folded.includes(half, at + 1)) return 'unclear';
  return length >= asked * NEARLY ? 'meant' : 'partial';
}

/** The last word counts, said again or begun again: two of it would grow together. */
function short({ whole, hasGap }: Repeated, length: number, words: string): Repetition {
  const { before, last } = parted(whole, length);
  if (!isSpelled(words, last)) return length < FEW ? 'chance' : 'unclear';
  if (before.trim() === '') return 'meant';
  if (!/[\p{L}\p{N}]/u.test(last)) return 'chance';
  // Written without spaces, so that no word has a beginning.
  if (/^\p{Lo}/u.test(last)) return length > 1 ? 'unclear' : 'chance';
  if (isInside(before, last)) return 'chance';
  const isWord = /^\p{L}/u.test(last) && /\p{L}$/u.test(last) && (length > 1 || /^[aI]$/u.test(last));
  return isWord && !hasGap && !whole.includes(last + last) ? 'meant' : 'unclear';
}

/** Whether a repetition would begin in the middle of a word. Where words are not parted, that is nothing to go by. */
function isInside(before: string, last: string): boolean {
  return /[\p{Lu}\p{Ll}\p{N}_]$/u.test(before) && /^[\p{Lu}\p{Ll}\p{N}_]/u.test(last);
}

/** Whoever repeats one quotation mark more than was asked for has put it there. */
const QUOTATION = /^["'`*>(]/u;

/** Whether these are those words to the letter; white space at their beginning says that they are not repeated. */
export function isSpelled(words: string, those: string): boolean {
  return words.replace(/\s+/gu, ' ') === those.replace(/\s+/gu, ' ');
}

/** The end of a text that has so many characters besides white space, and what stands before it. */
function parted(text: string, length: number): { before: string; last: string } {
  let left = length;
  let at = text.length;
  while (left > 0 && at > 0) {
    at -= 1;
    if (!/\s/u.test(text[at] ?? '')) left -= 1;
  }
  return { before: text.slice(0, at), last: text.slice(at) };
}
