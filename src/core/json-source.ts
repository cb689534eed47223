import {
  BACKSLASH,
  BOM,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  matches,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  scalarEnd,
  stringEnd,
} from './json-token.ts';

/** The text that an object or array was parsed from. */
interface Source {
  bytes: Uint8Array;
  from: number;
  to: number;
}

/**
 * By the parsed value itself, so that whoever copies a value with a change has one without a source. What JavaScript makes
 * of a JSON text is not all that it says: 9007199254740993, 1.0 and 1e400 become other numbers, and keys that look like
 * integers move to the front.
 */
const SOURCES = new WeakMap<object, Source>();

const encoder = new TextEncoder();
const utf8 = new TextDecoder();

/** Members that are looked into: what stands between a request or an answer and the inputs of its calls. */
const LOOKED_INTO = new Set(
  'messages message content content_block choices delta tool_calls function input arguments'.split(' '),
);

/** The JSON text that `value`, an object or array, was parsed from, as it stood there; undefined where that is not known. */
export function sourceOf(value: unknown): string | undefined {
  const source = isContainer(value) ? SOURCES.get(value) : undefined;
  return source && utf8.decode(source.bytes.subarray(source.from, source.to));
}

/**
 * From now on `sourceOf` knows the text of `value` and of the objects and arrays within it, as deep as `depth`; the
 * outermost has depth 0. Only where messages, blocks and inputs are is it looked further than the first level. One pass, in
 * which strings are jumped over.
 * @param json valid JSON (RFC 8259), a byte order mark allowed, which JSON.parse made `value` of. Kept as long as `value`,
 *   and not to be changed.
 * @throws SyntaxError where it is none
 */
export function keepSources(value: unknown, json: Uint8Array | string, depth: number): void {
  const bytes = typeof json === 'string' ? encoder.encode(json) : json;
  let at = matches(bytes, 0, BOM) ? BOM.length : 0;

  /** To the next token; a comma and a colon say nothing that is not known from where they stand. */
  function next(): number {
    let byte = bytes[at];
    while (isSpace(byte) || byte === COMMA || byte === COLON) byte = bytes[++at];
    if (byte === undefined) throw notItsJson();
    return byte;
  }

  /** @param left how many levels more are known. */
  function walk(parsed: unknown, left: number): void {
    const from = at;
    const isObject = bytes[at] === OPEN_BRACE;
    if (left < 0 || !isContainer(parsed)) at = containerEnd(bytes, at);
    else {
      at += 1;
      if (isObject) walkMembers(parsed, left - 1);
      else walkItems(parsed, left - 1);
      at += 1;
      SOURCES.set(parsed, { bytes, from, to: at });
    }
  }

  function walkMembers(parsed: object, left: number): void {
    while (next() === QUOTE) {
      const from = at;
      at = endOfString(bytes, at);
      const to = at;
      if (skipScalar()) continue;
      const key = keyOf(bytes, from, to);
      const value = member(parsed, key);
      if (LOOKED_INTO.has(key)) walk(value, left);
      else {
        const start = at;
        at = containerEnd(bytes, at);
        if (left >= 0 && isContainer(value)) SOURCES.set(value, { bytes, from: start, to: at });
      }
    }
  }

  function walkItems(parsed: object, left: number): void {
    for (let index = 0; next() !== CLOSE_BRACKET; index += 1) {
      if (!skipScalar()) walk(member(parsed, index), left);
    }
  }

  /** Whether what comes is neither an object nor an array; then it is passed. */
  function skipScalar(): boolean {
    const byte = next();
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return false;
    at = scalarEnd(bytes, at, byte);
    if (at === -1) throw notItsJson();
    return true;
  }

  if (!skipScalar()) walk(value, depth);
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Of a key that stands twice the last value counts: what is found for the first is either nothing, or is told its text again.
 */
function member(parsed: unknown, key: string | number): unknown {
  return isContainer(parsed) && Object.hasOwn(parsed, key)
    ? (parsed as Record<string | number, unknown>)[key]
    : undefined;
}

function keyOf(bytes: Uint8Array, from: number, to: number): string {
  const text = utf8.decode(bytes.subarray(from, to));
  return text.includes(String.fromCharCode(BACKSLASH)) ? (JSON.parse(text) as string) : text.slice(1, -1);
}

/** The end of the object or array that opens at `from`. */
function containerEnd(bytes: Uint8Array, from: number): number {
  let depth = 0;
  let at = from;
  do {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    else if (byte === undefined) throw notItsJson();
    at += 1;
  } while (depth > 0);
  return at;
}

function endOfString(bytes: Uint8Array, from: number): number {
  const end = stringEnd(bytes, from);
  if (end === -1) throw notItsJson();
  return end;
}

function notItsJson(): SyntaxError {
  return new SyntaxError('not the JSON of this value');
}
