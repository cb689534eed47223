/**
 * Whether a text certainly ends where it does: behind a sentence, or a line that announces what comes, or a fence that was
 * closed; not inside of brackets, quotation marks or code, and not behind a number or an abbreviation that is not its end.
 */
export function isRounded(text: string): boolean {
  const fences = text.match(FENCE)?.length ?? 0;
  if (fences % 2 === 1) return false;
  const whole = text.trimEnd();
  const line = whole.slice(whole.lastIndexOf('\n') + 1);
  if (fences > 0 && FENCE_ALONE.test(line)) return true;
  const end = line.replace(CLOSERS, '');
  return (
    SENTENCE_END.test(end) && !MAY_GO_ON.test(end) && isClosed(whole.slice(whole.lastIndexOf('\n\n') + 1))
  );
}

const FENCE = /^[^\S\n]*(?:```|~~~)/gmu;
const FENCE_ALONE = /^\s*(?:`{3,}|~{3,})$/u;
const CLOSERS = /[)\]}"'\u201d\u2019»*_`]+$/u;
const SENTENCE_END = /[.!?:\u2026\u3002\uff01\uff1f]$/u;
/** The number of an item, half a number or a time, an initial, the beginning of an address, an abbreviation. */
const MAY_GO_ON =
  /(?:\d[.:]|(?<!\p{L})\p{L}\.|https?:|(?<!\p{L})(?:etc|vs|mr|mrs|ms|dr|prof|st|no|fig|cf|ca|al|approx|resp|inc|ltd|jr|sr|bzw|usw)\.)$/iu;

const BRACKETS = ['()', '[]', '{}', '“”', '«»'] as const;
const QUOTES = ['"', '`', '**'] as const;

function isClosed(paragraph: string): boolean {
  const count = (mark: string) => paragraph.split(mark).length - 1;
  return (
    BRACKETS.every(([opening = '', closing = '']) => count(opening) <= count(closing)) &&
    QUOTES.every((mark) => count(mark) % 2 === 0)
  );
}
