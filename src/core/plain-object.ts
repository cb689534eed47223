import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  scalarEnd,
} from './json-token.ts';

/** What may come next, outside of strings. */
const VALUE = 0;
const FIRST_ITEM = 1;
const FIRST_KEY = 2;
const KEY = 3;
const NEXT = 4;

const SPACE = 0x20;
/** What kind each container is stands in one bit. */
const MAX_DEPTH = 30;

/**
 * Whether the bytes [from, to) are one JSON object, told without parsing: true only for what JSON.parse takes, too. False
 * also where only a parser can tell: line breaks between values, escapes in strings other than those of one character.
 */
export function isPlainObject(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== OPEN_BRACE) return false;
  let depth = 0;
  /** Bit n is set where the container at depth n is an object. */
  let objects = 0;
  let expected = VALUE;
  let at = from;
  while (at < to) {
    const byte = bytes[at] as number;
    if (byte === SPACE) at += 1;
    else if (expected === NEXT) {
      if (depth === 0) return false;
      const isObject = ((objects >> depth) & 1) === 1;
      if (byte === COMMA) expected = isObject ? KEY : VALUE;
      else if (byte === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) depth -= 1;
      else return false;
      at += 1;
    } else if (expected === KEY || expected === FIRST_KEY) {
      if (byte === QUOTE) {
        at = plainStringEnd(bytes, at, to);
        if (at === -1 || bytes[at] !== COLON) return false;
        expected = VALUE;
      } else if (byte === CLOSE_BRACE && expected === FIRST_KEY) {
        depth -= 1;
        expected = NEXT;
      } else return false;
      at += 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === MAX_DEPTH) return false;
      depth += 1;
      objects = byte === OPEN_BRACE ? objects | (1 << depth) : objects & ~(1 << depth);
      expected = byte === OPEN_BRACE ? FIRST_KEY : FIRST_ITEM;
      at += 1;
    } else if (byte === CLOSE_BRACKET && expected === FIRST_ITEM) {
      depth -= 1;
      expected = NEXT;
      at += 1;
    } else {
      at = byte === QUOTE ? plainStringEnd(bytes, at, to) : scalarEnd(bytes, at, byte);
      if (at === -1) return false;
      expected = NEXT;
    }
  }
  return at === to && depth === 0 && expected === NEXT;
}

const LOWER_U = 0x75;

/** The end of the string whose opening quote is at `from`; -1 where it is not closed before `to`, or is not plain. */
function plainStringEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from + 1; at < to; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) return -1;
    if (byte === BACKSLASH) {
      at += 1;
      if (!ESCAPED.has(bytes[at] ?? LOWER_U)) return -1;
    }
  }
  return -1;
}

/** Characters that may follow a backslash, and that are the whole of an escape. */
const ESCAPED = new Set(new TextEncoder().encode('"\\/bfnrt'));
