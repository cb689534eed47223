/** Overlaps are looked for in so many of the last characters; a whole answer told again is found however long it is. */
const WINDOW = 400;

/** What of a text is repeated at the beginning of another, found while that one is still coming. */
export interface Overlap {
  /** Takes the next character of the other text; none that `fold` leaves out. */
  push(character: string): void;
  /** The longest end of the text so far that the other one began with, in folded characters; 0 while there is none. */
  readonly found: number;
  /** The longest of those that is the text, or its blocks from one of them on, told again as a whole. */
  readonly retold: number;
  /** Something longer may still turn out to be repeated. */
  readonly isOpen: boolean;
  /** It may still turn out that the text, or a block of it, is told again from its start. */
  readonly isRetold: boolean;
  /** So many characters were as at the start of the text, or of a block of it, before they were not. */
  readonly strayed: number;
}

/** What is left of a text when only what matters is compared: no white space, quotation marks of one kind. */
export function fold(text: string): string {
  return text
    .replace(/\s+/gu, '')
    .replace(/[\u2018\u2019]/gu, "'")
    .replace(/[\u201c\u201d]/gu, '"');
}

/** @param blocks the blocks of the text, folded; overlaps run to the end of the last one */
export function overlap(blocks: readonly string[]): Overlap {
  const text = blocks.join('');
  const starts = startsOf(blocks);
  const first = Math.max(0, text.length - WINDOW);
  let pending = [...starts].filter((at) => at < first);
  for (let at = first; at < text.length; at += 1) pending.push(at);
  let count = 0;
  const state = {
    found: 0,
    retold: 0,
    strayed: 0,
    get isOpen() {
      return pending.length > 0;
    },
    get isRetold() {
      return pending.some((at) => starts.has(at));
    },
    push(character: string) {
      const kept: number[] = [];
      for (const at of pending) {
        if (text[at + count] !== character) {
          if (starts.has(at)) state.strayed = Math.max(state.strayed, count);
        } else if (at + count + 1 < text.length) kept.push(at);
        else {
          state.found = count + 1;
          if (starts.has(at)) state.retold = count + 1;
        }
      }
      pending = kept;
      count += 1;
    },
  };
  return state;
}

function startsOf(blocks: readonly string[]): ReadonlySet<number> {
  const starts = new Set<number>();
  let at = 0;
  for (const block of blocks) {
    starts.add(at);
    at += block.length;
  }
  return starts;
}
