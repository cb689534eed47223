import {
  BACKSLASH,
  BOM,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  matches,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  scalarEnd,
  stringEnd,
} from './json-token.ts';

/** What the proxy has to know about a request body before it sends it on, found without parsing it. */
export type Scan =
  | {
      ok: true;
      /** The model asked for, decoded; not empty. */
      model: string;
      /** Where its JSON string stands in the bytes, quotes included: [from, to). */
      modelSpan: readonly [from: number, to: number];
      /** Where the value of `messages` stands; absent where the body has none. */
      messagesSpan?: readonly [from: number, to: number];
      /** Whether a stream is asked for; false where the body does not say. */
      stream: boolean;
    }
  | {
      ok: false;
      /** In words for the client: what is wrong. */
      reason: string;
      /** The byte at which it is wrong; the end of the body where something is missing. */
      at: number;
    };

type Field = 'model' | 'stream' | 'messages';
type Span = readonly [from: number, to: number];

/** What may come next, outside of strings. */
const VALUE = 0;
const FIRST_ITEM = 1;
const FIRST_KEY = 2;
const KEY = 3;
const AFTER_KEY = 4;
const NEXT = 5;
const EXPECTED = ['a value', 'a value or ]', 'a key or }', 'a key', 'a colon', 'a comma or the end'] as const;

/** Containers inside each other; more are refused, as JSON parsers refuse them for want of stack. */
const MAX_DEPTH = 10_000;
const utf8 = new TextDecoder();
const encoder = new TextEncoder();
const [T, F] = [0x74, 0x66];
const [MODEL_KEY, STREAM_KEY] = [encoder.encode('"model"'), encoder.encode('"stream"')];
const MESSAGES_KEY = encoder.encode('"messages"');

/**
 * Finds the outermost object's `model`, `stream` and `messages` in a JSON body (RFC 8259) and checks the JSON's structure on the
 * way; of duplicate keys the last one wins, as with JSON.parse. A UTF-8 byte order mark at the start is tolerated.
 *
 * What stands inside strings is jumped over: raw control characters, escapes that do not exist and malformed UTF-8 are
 * left to whoever parses the body. Everything else that JSON.parse refuses is refused here.
 */
export function scanRequest(bytes: Uint8Array): Scan {
  const closers: number[] = [];
  const found: { [field in Field]?: Span } = {};
  let messagesAt = -1;
  let expected: number = VALUE;
  let field: Field | undefined;
  let at = matches(bytes, 0, BOM) ? BOM.length : 0;
  let start = -1;

  for (; ; at++) {
    let byte = bytes[at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at];
    if (byte === undefined) break;
    if (start === -1) start = at;

    if (expected === NEXT) {
      const closer = closers.at(-1);
      if (byte === closer) closers.pop();
      else if (byte === COMMA && closer !== undefined) expected = closer === CLOSE_BRACE ? KEY : VALUE;
      else return malformed(closer === undefined ? 'the end' : EXPECTED[NEXT], at);
    } else if (expected === AFTER_KEY) {
      if (byte !== COLON) return malformed(EXPECTED[AFTER_KEY], at);
      expected = VALUE;
    } else if (expected === KEY || expected === FIRST_KEY) {
      if (byte === QUOTE) {
        const to = stringEnd(bytes, at);
        if (to === -1) return malformed('a closing quote', bytes.length);
        if (closers.length === 1) field = fieldOf(bytes, at, to);
        expected = AFTER_KEY;
        at = to - 1;
      } else if (byte === CLOSE_BRACE && expected === FIRST_KEY) {
        closers.pop();
        expected = NEXT;
      } else return malformed(EXPECTED[expected], at);
    } else if (byte === CLOSE_BRACKET && expected === FIRST_ITEM) {
      closers.pop();
      expected = NEXT;
    } else {
      const opens = byte === OPEN_BRACE || byte === OPEN_BRACKET;
      const to = opens ? at + 1 : scalarEnd(bytes, at, byte);
      if (to === -1)
        return malformed(byte === QUOTE ? 'a closing quote' : 'a value', byte === QUOTE ? bytes.length : at);
      if (field !== undefined) {
        found[field] = [at, to];
        if (opens && field === 'messages') messagesAt = at;
        field = undefined;
      }
      expected = NEXT;
      if (opens) {
        if (closers.length === MAX_DEPTH)
          return fail(`the request body is nested deeper than ${MAX_DEPTH}`, at);
        closers.push(byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET);
        expected = byte === OPEN_BRACE ? FIRST_KEY : FIRST_ITEM;
      }
      at = to - 1;
    }
    if (messagesAt !== -1 && closers.length === 1) {
      found.messages = [messagesAt, at + 1];
      messagesAt = -1;
    }
  }
  if (expected !== NEXT) return malformed(EXPECTED[expected] ?? 'more', bytes.length);
  if (closers.length > 0) return malformed(EXPECTED[NEXT], bytes.length);
  if (bytes[start] !== OPEN_BRACE) return fail('the request body is not a JSON object', start);
  return judge(bytes, found);
}

/**
 * The same body with another model: only the bytes of that one value change.
 * @param span the model's JSON string in `bytes`, quotes included, as `scanRequest` found it
 */
export function replaceModel(bytes: Uint8Array, span: Span, model: string): Uint8Array {
  const [from, to] = span;
  const value = encoder.encode(JSON.stringify(model));
  const replaced = new Uint8Array(from + value.length + bytes.length - to);
  replaced.set(bytes.subarray(0, from));
  replaced.set(value, from);
  replaced.set(bytes.subarray(to), from + value.length);
  return replaced;
}

function judge(bytes: Uint8Array, { model, stream, messages }: { [field in Field]?: Span }): Scan {
  if (model === undefined) return fail('model: Field required', bytes.length);
  if (bytes[model[0]] !== QUOTE) return fail('model: Input should be a valid string', model[0]);
  const name = decoded(bytes, model[0], model[1]);
  if (name === undefined)
    return malformed('a string without raw control characters or unknown escapes', model[0]);
  if (name === '') return fail('model: String should have at least 1 character', model[0]);
  const first = stream && bytes[stream[0]];
  if (stream && first !== T && first !== F) return fail('stream: Input should be a valid boolean', stream[0]);
  const scan = { ok: true as const, model: name, modelSpan: model, stream: first === T };
  return messages === undefined ? scan : { ...scan, messagesSpan: messages };
}

function fail(reason: string, at: number): Scan {
  return { ok: false, reason, at };
}

function malformed(expected: string, at: number): Scan {
  return fail(`the request body is not valid JSON: expected ${expected} at byte ${at}`, at);
}

/** Which field a key of the outermost object is. One that is broken inside is none, like any other unknown key. */
function fieldOf(bytes: Uint8Array, from: number, to: number): Field | undefined {
  if (matches(bytes, from, MODEL_KEY)) return 'model';
  if (matches(bytes, from, STREAM_KEY)) return 'stream';
  if (matches(bytes, from, MESSAGES_KEY)) return 'messages';
  if (!bytes.subarray(from, to).includes(BACKSLASH)) return undefined;
  const key = decoded(bytes, from, to);
  return key === 'model' || key === 'stream' || key === 'messages' ? key : undefined;
}

/** The string whose JSON spans [from, to), or undefined when something inside it is not JSON. */
function decoded(bytes: Uint8Array, from: number, to: number): string | undefined {
  try {
    return String(JSON.parse(utf8.decode(bytes.subarray(from, to))));
  } catch {
    return undefined;
  }
}
