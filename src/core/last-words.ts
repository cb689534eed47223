/** The marks between which the last words of a text stand, on lines of their own, where they are asked to be repeated. */
export const OPENING = '<last_words>';
export const CLOSING = '</last_words>';

/** Marks that are no part of any answer: those, and the ones in which some models think aloud. */
const MARK = /<\/?(?:last_words|think(?:ing)?|thoughts?|reasoning)\b/u;
const BEGUN = /<[/a-z_]{0,11}$/u;

export function hasMark(text: string): boolean {
  return MARK.test(text);
}

/** Whether the text ends in what may become a mark. */
export function mayEndInMark(text: string): boolean {
  return BEGUN.test(text);
}

/** What is put around words that are spoken of: fences, quotation marks, bold. */
const AROUND = /^(?:`{3,}\w*\s|[*_~`"'\u201c\u2018«„(>\s]+)/u;

/** Whether a text begins as those words do, in quotation marks or the like, or in other letters. */
export function beginsAs(words: string, text: string): boolean {
  const [start, those] = [text.trimStart(), words].map((each) => each.replace(AROUND, '').toLowerCase());
  return those !== '' && start?.startsWith(those ?? '') === true;
}

/** Whether what follows stands by itself: behind a sentence, and not in a fence or between marks. */
export function isApart(text: string): boolean {
  return /[.:!?\u2026]$/u.test(text.trimEnd()) && !text.includes('```') && !hasMark(text);
}
