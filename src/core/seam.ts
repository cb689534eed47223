import { notNew } from './behind.ts';
import { hear } from './heard.ts';
import { isIntroduction, type Joint, whyNotAfter } from './joint.ts';
import { beginsAs, hasMark, isApart, mayEndInMark, OPENING } from './last-words.ts';
import { nextBlock } from './next-block.ts';
import { fold, overlap } from './overlap.ts';
import { CERTAIN, isSpelled, type Repetition, repetition } from './repetition.ts';
import { isRounded } from './rounded.ts';

/**
 * Finds where a continuation begins to be new. It is to begin with the anchor; but models also repeat more or less than that,
 * tell the whole again, or go on without repeating anything. Where it may be either, it is refused.
 */
export interface Seam {
  /** Takes more of the continuation; nothing more once it is decided. */
  push(text: string): Joint;
  /** The continuation has no more text. Never null. */
  end(): Exclude<Joint, null>;
  /** For another block, where this one repeated the last words and nothing else; null where that is not so, or not known. */
  next(): Seam | null;
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

/** So much of a continuation that repeats nothing is looked at. Folded characters, as everywhere below. */
const LOOKED_AT = 24;
/** Whoever has not begun after so much will not. */
const MOST_BEFORE = 160;
/** An answer that begins so much like the one so far and then strays is another one. */
const ANOTHER = 5;
/** Whoever sends more white space than this says nothing. Plain characters, as is the next. */
const MOST_SPACE = 400;
/** So much of what was said shows what may follow. */
const NEAR = 2_000;

const STRAYED = 'it is another answer';
const EITHER = 'the text repeats itself, and it may go on from more than one place';
const SPOKEN_OF = 'it has the last words, but not as they stand';
const MARKED = 'it has marks in it';
const UNCLEAR = 'it is not clear how it goes on behind the last words';
const NOTHING = 'it says nothing of the rest';

export function seam({ blocks, anchor, isOpen }: SaidSoFar): Seam {
  const last = blocks.at(-1) ?? '';
  const near = { said: last.slice(-NEAR), isOpen };
  const plain = blocks.map(fold);
  const mark = fold(anchor);
  const most = MOST_BEFORE + mark.length;
  const text = {
    whole: blocks.join('\n\n').trimEnd(),
    folded: plain.join(''),
    hasGap: !isOpen || last !== last.trimEnd(),
    asked: mark.length,
  };
  /** Length of a mark that was copied before the words. */
  let offset = 0;
  let heard = hear(most);
  let told = overlap(plain);
  /** Where the anchor ends in what was heard. */
  let anchored = 0;
  let isSpokenOf = false;
  let repeated: { end: number; is: Repetition } | null = null;
  let why: string | null = null;

  function take(character: string): void {
    const folded = heard.take(character);
    if (folded === '') return;
    const before = told.found;
    told.push(folded);
    if (told.found > before) {
      const is = repetition(text, told.found, heard.text);
      if (is !== 'chance') repeated = { end: heard.text.length, is };
    }
    if (heard.count > most) return;
    if (offset === 0 && heard.folded === OPENING) unwrap();
    else if (anchored === 0 && heard.folded.endsWith(mark)) meet();
  }

  function unwrap(): void {
    offset = heard.text.length;
    heard = hear(most);
    told = overlap(plain);
  }

  /** The anchor counts at the beginning, and behind an introduction where it is too long to stand there by chance. */
  function meet(): void {
    const at = heard.count - mark.length;
    if (at === 0) {
      if (mark.length >= CERTAIN || isSpelled(offset > 0 ? heard.text.trimStart() : heard.text, anchor))
        anchored = heard.text.length;
    } else if (mark.length >= CERTAIN) {
      const starts = [at, at - alike(heard.folded.slice(0, at), text.folded.slice(0, -mark.length))];
      const isIntroduced = isIntroduction(heard.text) && starts.some((start) => isApart(heard.before(start)));
      if (isIntroduced && !told.isOpen) anchored = heard.text.length;
      else isSpokenOf = true;
    }
  }

  /** It may end in the beginning of the anchor. */
  function isMeeting(): boolean {
    for (let at = Math.max(0, heard.count - mark.length); at <= heard.count - CERTAIN; at += 1)
      if (mark.startsWith(heard.folded.slice(at))) return true;
    return false;
  }

  function decide(isEnd: boolean): Joint {
    if (heard.space >= MOST_SPACE) return { misfit: NOTHING };
    if (heard.space > 0 && !isEnd) return null;
    const end = repeatedTo(isEnd);
    if (end !== null) return typeof end === 'number' ? behind(end, isEnd) : end;
    if (told.isOpen && !isEnd) return null;
    return isSpokenOf ? { misfit: SPOKEN_OF } : unrepeated(isEnd);
  }

  /** Where the repetition ends; null where there is none or it is not known yet. */
  function repeatedTo(isEnd: boolean): number | { misfit: string } | null {
    const isPending = anchored > 0 ? told.isRetold : told.isOpen;
    if (isPending && !isEnd) return null;
    // What was asked for goes before what was not.
    if (anchored > 0) return told.retold > mark.length ? { misfit: EITHER } : anchored;
    if (repeated === null) return null;
    const isMeant = repeated.is === 'meant' || (repeated.is === 'partial' && whyNot() !== null);
    return isMeant ? repeated.end : { misfit: EITHER };
  }

  function behind(end: number, isEnd: boolean): Joint {
    // A few letters begin many an answer.
    if ((anchored > 0 ? mark.length : told.found) < CERTAIN) {
      if (!isEnd && heard.count < LOOKED_AT) return null;
      if (isIntroduction(heard.text)) return { misfit: STRAYED };
    }
    const rest = heard.text.slice(end);
    const skip = notNew(rest, near, isEnd);
    if (skip === null) return null;
    // The last words once more.
    const start = fold(rest);
    if (mark.length >= CERTAIN && !isEnd && mark.startsWith(start) && mark !== start) return null;
    if (mark.length >= CERTAIN && start.startsWith(mark)) return { misfit: EITHER };
    return skip === -1 ? { misfit: UNCLEAR } : { skip: offset + end + skip };
  }

  /** Nothing was said before: only the joint itself can tell. */
  function unrepeated(isEnd: boolean): Joint {
    if (!isEnd && (heard.count < LOOKED_AT || mayEndInMark(heard.text) || isMeeting())) return null;
    why ??= whyNot();
    if (why === null) return { skip: heard.count === 0 ? heard.text.length : 0 };
    return isEnd || heard.count >= most ? { misfit: why } : null;
  }

  /** Why what came, which repeats nothing, is not what follows. */
  function whyNot(): string | null {
    const { text: words, count } = heard;
    if (offset > 0 || hasMark(words)) return MARKED;
    if (count === 0) return isOpen && !isRounded(last) ? NOTHING : null;
    if (beginsAs(anchor.slice(0, CERTAIN), words)) return SPOKEN_OF;
    if (told.strayed >= ANOTHER || (told.isRetold && count >= ANOTHER)) return STRAYED;
    return whyNotAfter(isOpen ? near.said : `${near.said}\n\n`, words);
  }

  return {
    push(words) {
      for (let at = 0; at < words.length; at += 1) {
        take(words[at] ?? '');
        const joint = decide(false);
        if (joint !== null) return joint;
      }
      return null;
    },
    end: () => decide(true) ?? { misfit: STRAYED },
    next() {
      const end = repeatedTo(false);
      const isThrough = typeof end === 'number' && heard.text.slice(end).trim() === '';
      return isThrough ? nextBlock({ said: last, isOpen }) : null;
    },
  };
}

/** So many characters at the end of two texts are the same. */
function alike(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one.at(-1 - length) === other.at(-1 - length)) length += 1;
  return length;
}
