/** Of English prose the largest vocabularies make up to 5, of code, JSON and other languages less. */
const CHARS_PER_TOKEN = 5;
/** Of a Chinese, Japanese or Korean character. */
const WIDE = 0.5;
/** So many of one character in a row count, and no more; letters and digits always do: there are tokens for long lines. */
const LONGEST_RUN = 8;

/** As few tokens as a text can have, whoever counts; a fraction. Of very long words it may still be too high. */
export function leastTextTokens(text: string): number {
  let wide = 0;
  let repeated = 0;
  let run = 0;
  let before = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x2e7f) wide += 1;
    run = code === before && !isWordCharacter(code) ? run + 1 : 0;
    if (run >= LONGEST_RUN) repeated += 1;
    before = code;
  }
  return (text.length - wide - repeated) / CHARS_PER_TOKEN + wide * WIDE;
}

function isWordCharacter(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
