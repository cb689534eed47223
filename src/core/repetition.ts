/**
 * What it is that a continuation begins with the last words of a text: `meant`, so what is beyond them is new; `chance`, for
 * letters happen to be the same; or `unclear`, for the text may say them twice.
 */
export type Repetition = 'meant' | 'unclear' | 'chance';

/** So many folded characters are not the same by chance. */
export const CERTAIN = 8;

/** A text in the forms that the question needs. */
export interface Repeated {
  /** Its blocks, with blank lines between them and no white space at the end. */
  whole: string;
  folded: string;
  /** White space follows it. */
  hasGap: boolean;
}

/**
 * @param length of what is repeated, in folded characters
 * @param words the repetition to the letter
 */
export function repetition(text: Repeated, length: number, words: string): Repetition {
  return length < CERTAIN ? short(text, length, words) : long(text.folded, length);
}

/** In a text that repeats itself, so may what follows it. */
function long(folded: string, length: number): Repetition {
  const at = folded.length - length;
  const half = folded.slice(at, at + Math.max(CERTAIN, Math.ceil(length / 2)));
  return folded.indexOf(half) === at && folded.indexOf(half, at + 1) === -1 ? 'meant' : 'unclear';
}

/** The last word counts, said again or begun again: two of it would grow together. */
function short({ whole, hasGap }: Repeated, length: number, words: string): Repetition {
  const { before, last } = parted(whole, length);
  if (!isSpelled(words, last)) return 'chance';
  if (before.trim() === '') return 'meant';
  if (!/[\p{L}\p{N}]/u.test(last)) return 'chance';
  // Written without spaces, so that no word has a beginning.
  if (/^\p{Lo}/u.test(last)) return length > 1 ? 'unclear' : 'chance';
  if (/[\p{L}\p{N}_]$/u.test(before) && /^[\p{L}\p{N}_]/u.test(last)) return 'chance';
  const isWord = /^\p{L}/u.test(last) && /\p{L}$/u.test(last);
  return isWord && !hasGap && !whole.includes(last + last) ? 'meant' : 'unclear';
}

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
