/** A shorter text is counted as quickly as it is looked up. */
const LEAST_CHARS = 500;
/** Of all texts that are remembered: a long conversation with its system prompt and tools. */
const MOST_CHARS = 1 << 20;

/**
 * `count`, which says the same of the same text every time, but for long texts it is not asked again: system prompt, tools
 * and all that was said before come with every request of a conversation.
 */
export function rememberCounts(count: (text: string) => number): (text: string) => number {
  const counts = new Map<string, number>();
  let chars = 0;
  return (text) => {
    if (text.length < LEAST_CHARS || text.length > MOST_CHARS) return count(text);
    const known = counts.get(text);
    if (known !== undefined) return known;
    const counted = count(text);
    chars += text.length;
    if (chars > MOST_CHARS) {
      counts.clear();
      chars = text.length;
    }
    counts.set(text, counted);
    return counted;
  };
}
