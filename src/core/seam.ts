import { isRounded, whyNotAfter } from './joint.ts';
import { fold, overlap } from './overlap.ts';

/**
 * What a continuation's beginning has shown: nothing yet, that its first `skip` characters were said before and what
 * follows is new, or that it does not go on from there.
 */
export type Joint = null | { skip: number } | { misfit: string };

/**
 * Finds where a continuation begins to be new. It is to begin with the anchor; but models also repeat more or less than that,
 * tell the whole again, or go on without repeating anything.
 */
export interface Seam {
  /** Takes more of the continuation; nothing more once it is decided. */
  push(text: string): Joint;
  /** The continuation has no more text. Never null. */
  end(): Exclude<Joint, null>;
}

/** The text that is gone on from. */
export interface SaidSoFar {
  /** The texts of its blocks, in order; the last one is not blank. */
  blocks: readonly string[];
  /** What is to be repeated; see `anchorOf`. */
  anchor: string;
  /** The last block is open: what follows stands in the same line. Otherwise it begins a block of its own. */
  isOpen: boolean;
}

/** An overlap this long is none by chance. Folded characters, as everywhere below. */
const CERTAIN = 8;
/** So much of a continuation that repeats nothing is looked at. */
const LOOKED_AT = 24;
/** Whoever has not begun after so much will not. */
const MOST_BEFORE = 160;
/** An answer that begins so much like the one so far and then strays is another one. */
const ANOTHER = 5;
/** The anchor may be the beginning of the text as well: after so much more of it, it is. */
const MORE_THAN_ANCHOR = 12;

export function seam({ blocks, anchor, isOpen }: SaidSoFar): Seam {
  const said = blocks.at(-1) ?? '';
  const whole = blocks.join('\n\n').trimEnd();
  const told = overlap(blocks.map(fold));
  const mark = fold(anchor);
  const gap = said.slice(said.trimEnd().length);
  let held = '';
  let folded = '';
  /** Behind the longest overlap, and behind the anchor: in `held`. */
  let afterFound = 0;
  let afterAnchor = 0;

  function take(character: string): void {
    held += character;
    const plain = fold(character);
    if (plain === '') return;
    folded += plain;
    const before = told.found;
    told.push(plain);
    if (told.found > before && isMeant(told.found)) afterFound = held.length;
    if (afterAnchor === 0 && isAnchor()) afterAnchor = held.length;
  }

  /** At the beginning, or behind an introduction, where it is long enough to be no chance. */
  function isAnchor(): boolean {
    if (!folded.endsWith(mark)) return false;
    if (folded.length === mark.length) return mark.length >= CERTAIN || isSpelled(anchor);
    if (mark.length < CERTAIN || folded.length > MOST_BEFORE + mark.length || told.isOpen) return false;
    // In quotation marks it is spoken of.
    return !/["'`>*]/.test(folded.at(-mark.length - 1) ?? '');
  }

  /** A short overlap counts where the last words are repeated as a whole, not where letters happen to be the same. */
  function isMeant(length: number): boolean {
    if (length >= CERTAIN) return true;
    const last = lastOf(whole, length);
    if (last === null || !isSpelled(last.text)) return false;
    if (last.before.trim() === '') return true;
    if (!/[\p{L}\p{N}]/u.test(last.text)) return false;
    return !/[\p{L}\p{N}_]$/u.test(last.before) || !/^[\p{L}\p{N}_]/u.test(last.text);
  }

  /** Whether what came is these words to the letter; where it begins with white space, it goes on and repeats nothing. */
  function isSpelled(words: string): boolean {
    return held.replace(/\s+/gu, ' ') === words.replace(/\s+/gu, ' ');
  }

  function decide(isEnd: boolean): Joint {
    if (afterAnchor > 0) {
      if (told.isRetold && !isEnd) return null;
      if (told.found <= mark.length && told.strayed > mark.length + MORE_THAN_ANCHOR)
        return { misfit: STRAYED };
      return from(Math.max(afterAnchor, afterFound), isEnd);
    }
    if (told.isOpen && !isEnd) return null;
    if (afterFound > 0) return from(afterFound, isEnd);
    if (folded.length < LOOKED_AT && !isEnd) return null;
    const misfit = whyNot();
    if (misfit === null) return from(0, isEnd);
    return isEnd || folded.length >= MOST_BEFORE ? { misfit } : null;
  }

  /** Why what came, which repeats nothing, is not what follows. */
  function whyNot(): string | null {
    if (folded === '') return isOpen && !isRounded(said) ? 'it says nothing of the rest' : null;
    if (told.strayed >= ANOTHER || (told.isRetold && folded.length >= ANOTHER)) return STRAYED;
    return whyNotAfter(isOpen ? said : `${said}\n\n`, held);
  }

  /** New from `at` on, but for the white space that was sent already. */
  function from(at: number, isEnd: boolean): Joint {
    if (isOpen && gap === '') return { skip: at };
    const rest = held.slice(at);
    const space = rest.slice(0, rest.length - rest.trimStart().length);
    if (space.length === rest.length && !isEnd) return null;
    return { skip: at + (isOpen ? repeated(gap, space) : space.length) };
  }

  return {
    push(text) {
      for (let at = 0; at < text.length; at += 1) {
        take(text[at] ?? '');
        const joint = decide(false);
        if (joint !== null) return joint;
      }
      return null;
    },
    end: () => decide(true) ?? { misfit: STRAYED },
  };
}

const STRAYED = 'it is another answer';

/** The end of `text` that has so many characters besides white space, and what stands before it. */
function lastOf(text: string, length: number): { before: string; text: string } | null {
  let left = length;
  let at = text.length;
  while (left > 0 && at > 0) {
    at -= 1;
    if (!/\s/u.test(text[at] ?? '')) left -= 1;
  }
  return left > 0 ? null : { before: text.slice(0, at), text: text.slice(at) };
}

/** How much of the white space that comes was sent before. */
function repeated(gap: string, space: string): number {
  for (let length = Math.min(gap.length, space.length); length > 0; length -= 1)
    if (gap.endsWith(space.slice(0, length))) return length;
  return gap.includes('\n') && !space.includes('\n') ? space.length : 0;
}
