/**
 * What a continuation's beginning has shown: nothing yet, that its first `skip` characters were said before and what
 * follows is new, or that it does not go on from there.
 */
export type Joint = null | Going | { misfit: string };

interface Going {
  skip: number;
  /** What is new begins a block of its own, also where the text so far ends in one that is open. */
  isApart?: true;
}

/**
 * Why `next` cannot be what follows `said` in the same sentence, word or line; null where it can. For a continuation that
 * repeats nothing, so that only the joint itself can tell. Errs on the side of no: whoever is refused costs a second try, two
 * words that grow together stay in the answer.
 * @param said as far as it goes; not blank
 * @param next not blank; its first words at least
 */
export function whyNotAfter(said: string, next: string): string | null {
  const start = next.trimStart();
  if (INTRODUCTION.test(start)) return 'it begins with an introduction';
  const gap = `${said.slice(said.trimEnd().length)}${next.slice(0, next.length - start.length)}`;
  if (gap.includes('\n')) return null;
  if (MID_SENTENCE.test(said.trimEnd()) && CAPITALISED.test(start))
    return 'it begins anew in the middle of a sentence';
  if (LINE_START.test(start)) return 'it begins a line in the middle of one';
  const quotation = QUOTATION.exec(start)?.[0];
  if (quotation !== undefined) return isClosed(said, quotation) ? null : 'it begins with a quotation';
  if (gap !== '') return null;
  if (!LETTER_FIRST.test(start)) return DIGIT_FIRST.test(start) && /\p{L}$/u.test(said) ? GLUED : null;
  if (/[.,;:!?]$/u.test(said)) return 'the space before it is missing';
  if (!/[\p{L}\p{N}]$/u.test(said) || /^\p{Lo}/u.test(start)) return null;
  return /^\p{Lu}/u.test(start) || isWord(start, said) ? GLUED : null;
}

const GLUED = 'it would grow together with the word before it';

/** How models begin their answer to whoever asks them to go on, in English. */
const INTRODUCTION =
  /^(?:\.\.\.|…|\W{0,2}(?:Sure|Certainly|Of course|Absolutely|Okay|OK|Understood|Got it|Sorry|Apologies|My apologies|I apologi[sz]e|I'm sorry|Here(?:'s| is| are)|Let me (?:continue|go on|pick up)|I(?:'ll| will) (?:continue|go on|pick up)|Continuing|To continue|Resuming|Picking up|As requested|The (?:rest|continuation|remainder))\b)/u;
const MID_SENTENCE = /[\p{L}\p{N},;\u2013\u2014-]$/u;
const CAPITALISED = /^\p{Lu}\p{Ll}*(?![\p{L}\p{N}_])/u;
/** Headings, list items, quotes, fences and rows of a table. */
const LINE_START = /^(?:#{1,6}\s|[-*+>]\s|```|\|\s)/u;
/** Words in bold are quoted as well. */
const QUOTATION = /^(?:["“«`]|\*\*|__|'(?!\p{Ll}))/u;
const LETTER_FIRST = /^\p{L}/u;
const DIGIT_FIRST = /^\p{N}/u;

/** Whether the quotation mark ends what the last line of `said` began. */
function isClosed(said: string, mark: string): boolean {
  const line = said.slice(said.lastIndexOf('\n') + 1);
  return line.split(mark).length % 2 === 0;
}

/** Whether `next` begins with a word of its own, as far as that can be known, and not with the rest of one. */
function isWord(next: string, said: string): boolean {
  const word = /^\p{L}+/u.exec(next)?.[0] ?? '';
  const begun = /[\p{L}\p{N}]+$/u.exec(said)?.[0] ?? '';
  const before = new Set(said.slice(0, said.length - begun.length).split(/[^\p{L}\p{N}]+/u));
  return !before.has(begun + word) && (COMMON.has(word) || before.has(word));
}

/** The commonest words of English that are hardly ever the end of another one. */
const COMMON = new Set(
  `a about after all also and any are as at be because been before but by can could did do does each first for from had has
  have he her here him his how i if in into is it its just like make many may more most my need no not now of on one only or
  other our out over she should since so some such than that the their them then there these they this those through to two
  under up use used using was we well were what when where which while who why will with would you your`.split(
    /\s+/,
  ),
);

/** Whether a text may end where it does: behind a sentence, a line, a bracket or a quotation. */
export function isRounded(text: string): boolean {
  return /(?:[.!?:;\u2026\u3002\uff01\uff1f)\]}"'\u201d\u2019`*>|]\s*|\n\s*)$/u.test(text);
}
