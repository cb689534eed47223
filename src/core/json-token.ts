/** The bytes that JSON's structure is made of. */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;

/** Whether a byte may stand between two values. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** What some write before a text in UTF-8. */
export const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);

const [PLUS, MINUS, POINT, ZERO, NINE] = [0x2b, 0x2d, 0x2e, 0x30, 0x39];
const [LOWER_E, LOWER_F, LOWER_N, LOWER_T, UPPER_E] = [0x65, 0x66, 0x6e, 0x74, 0x45];

/** Below this many bytes a loop finds the closing quote sooner than a native search starts. */
const SHORT_STRING = 24;

const encoder = new TextEncoder();
const [TRUE, FALSE, NULL] = [encoder.encode('true'), encoder.encode('false'), encoder.encode('null')];

/** Whether `word` stands in `bytes` at `at`. */
export function matches(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/**
 * The end of the string whose opening quote is at `from`, closing quote included, or -1 where it is never closed. What
 * stands between the quotes is not checked.
 */
export function stringEnd(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; ; at++) {
    const soon = at + SHORT_STRING;
    while (at < soon && bytes[at] !== QUOTE) at++;
    if (at === soon) at = bytes.indexOf(QUOTE, at);
    if (at === -1) return -1;
    let before = at - 1;
    while (bytes[before] === BACKSLASH) before--;
    // An even number of backslashes escape each other; an odd one escapes the quote.
    if ((at - before) % 2 === 1) return at + 1;
  }
}

/** The end of the string, literal or number that begins at `at` with `byte`, or -1 where there is none. */
export function scalarEnd(bytes: Uint8Array, at: number, byte: number): number {
  if (byte === QUOTE) return stringEnd(bytes, at);
  if (byte === LOWER_T) return matches(bytes, at, TRUE) ? at + TRUE.length : -1;
  if (byte === LOWER_F) return matches(bytes, at, FALSE) ? at + FALSE.length : -1;
  if (byte === LOWER_N) return matches(bytes, at, NULL) ? at + NULL.length : -1;
  return numberEnd(bytes, at);
}

function numberEnd(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  at = bytes[at] === ZERO ? at + 1 : digitsEnd(bytes, at);
  if (at !== -1 && bytes[at] === POINT) at = digitsEnd(bytes, at + 1);
  if (at !== -1 && (bytes[at] === LOWER_E || bytes[at] === UPPER_E)) {
    at += bytes[at + 1] === PLUS || bytes[at + 1] === MINUS ? 2 : 1;
    at = digitsEnd(bytes, at);
  }
  return at;
}

/** The end of one or more digits, or -1 where there is none. */
function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = bytes[at]) at++;
  return at === from ? -1 : at;
}
