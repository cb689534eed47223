/** Long enough to be found again, short enough to be repeated without a mistake. */
const ANCHOR_CHARS = 60;
/** A word that is longer than this is cut: some languages do not part words by spaces. */
const LONGEST_WORD = 36;

/**
 * The last words of a text, which whoever goes on from it is asked to repeat, so that the two parts can be joined. At most
 * 60 characters, from the beginning of a word where there is one; without white space around it; empty for a blank text.
 */
export function anchorOf(text: string): string {
  const whole = text.trim();
  if (whole.length <= ANCHOR_CHARS) return whole;
  const tail = Array.from(whole.slice(-ANCHOR_CHARS - 1))
    .slice(1)
    .join('');
  if (/\s/u.test(whole[whole.length - tail.length - 1] ?? ' ')) return tail.trimStart();
  const space = tail.search(/\s/u);
  return space === -1 || space > LONGEST_WORD ? tail : tail.slice(space).trimStart();
}
