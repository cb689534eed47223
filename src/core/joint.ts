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
  if (isIntroduction(next)) return 'it begins with an introduction';
  if (TAG.test(start) && !said.includes('<')) return 'it begins with a tag';
  if (isListAgain(said, start)) return 'it begins a list again';
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

/** Whether a text begins as models do that introduce what they have to say. */
export function isIntroduction(text: string): boolean {
  return INTRODUCTION.test(text.trimStart());
}

/** How models begin their answer to whoever asks them to go on. Most of it is English. */
const INTRODUCTION = new RegExp(
  `^(?:\\.\\.\\.|…|[^\\p{L}\\p{N}\\s]{0,3}(?:${[
    "sure|certainly|of course|absolutely|okay|ok|understood|got it|sorry|apologies|my apologies|i apologi[sz]e|i'm sorry|i am sorry",
    "here(?:'s| is| are| we go)|let me (?:continue|go on|pick up)|i(?:'ll| will) (?:continue|go on|pick up)",
    "i can(?:'t|not)|i(?:'m| am) unable|as an ai|as requested|the (?:rest|continuation|remainder)",
    "continu(?:ing|ed|ation)|cont(?:'d|\\.)|to continue|resum(?:ing|ed)|picking up",
    'désolée?|voici|bien sûr|entschuldigung|natürlich|gerne?|hier (?:ist|sind|kommt|geht)|lo siento|perdón|claro|aquí|desculpe|ecco',
  ].join('|')})(?![\\p{L}\\p{N}]))`,
  'iu',
);
const TAG = /^<\/?\p{L}/u;
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

/** Whether `next` may begin with a word of its own, and not with the rest of one that was there before or has no vowel. */
function isWord(next: string, said: string): boolean {
  const word = /^\p{L}+/u.exec(next)?.[0] ?? '';
  const begun = /[\p{L}\p{N}]+$/u.exec(said)?.[0] ?? '';
  const before = new Set(said.slice(0, said.length - begun.length).split(/[^\p{L}\p{N}]+/u));
  return !before.has(begun + word) && !/^(?:[b-df-hj-np-tv-xz]+|[eouy])$/u.test(word);
}

/** Whether `next` is an item of a list whose last one has that number already. */
function isListAgain(said: string, next: string): boolean {
  const number = ITEM.exec(next)?.[1];
  const last = ITEM.exec(said.trimEnd().split('\n').at(-1) ?? '')?.[1];
  return number !== undefined && last !== undefined && Number(number) <= Number(last);
}

const ITEM = /^(\d+)[.)]\s/u;
