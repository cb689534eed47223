import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../core/json-token.ts';

/** The input of a call on its way to the client, piece by piece. */
export interface Members {
  /** What of it can go on. */
  push(piece: string): string;
  /** What was kept back. */
  end(): string;
}

/** Whether a member of a call's input says nothing: `value` is the JSON text that it has. */
export type IsSpare = (name: string, value: 'null' | '""') => boolean;

/** Where in a member the text has come to; what was read of it is kept back. */
type Place = 'name' | 'in name' | 'colon' | 'value' | 'null' | 'string' | 'end';

/**
 * Leaves the spare members out of a JSON object, whose text comes in pieces. All else goes on byte by byte: order, numbers
 * and escapes are the model's. Kept back is no more than a member's name. What is no object goes on as it is.
 */
export function withoutMembers(isSpare: IsSpare): Members {
  /** Opened and not closed; -1 before anything was. */
  let depth = -1;
  let inString = false;
  let escaped = false;
  /** Undefined while text goes on. */
  let place: Place | undefined;
  let held = '';
  let name = '';
  /** Of a member whose text is at its end. */
  let value: string;

  /** Whether `code` ends the text that goes on: what follows it, or begins with it, is a member of the object itself. */
  function passes(code: number): boolean {
    if (inString) {
      if (escaped) escaped = false;
      else if (code === BACKSLASH) escaped = true;
      else if (code === QUOTE) inString = false;
      return true;
    }
    switch (code) {
      case QUOTE:
        inString = true;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (depth === -1) depth = code === OPEN_BRACE ? 0 : OTHER;
        depth += 1;
        return depth !== 1;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        if (depth === 0) depth = OTHER;
        break;
      case COMMA:
        return depth !== 1;
    }
    if (depth === -1 && !isSpace(code)) depth = OTHER;
    return true;
  }

  function begin(text: string): undefined {
    place = 'name';
    held = text;
    name = '';
  }

  /** Takes one character of a member. False: it is not spare, and goes on with this character. */
  function takes(code: number, character: string): boolean {
    switch (place) {
      case 'in name':
        if (code === QUOTE) place = isSpare(name, 'null') || isSpare(name, '""') ? 'colon' : undefined;
        // No name that is looked for is written with an escape.
        else if (code === BACKSLASH) return release(true);
        else name += character;
        if (place !== undefined) return true;
        return release(true);
      case 'null':
        value += character;
        if (!'null'.startsWith(value)) return release(false);
        if (value === 'null') place = 'end';
        return true;
      case 'string':
        if (code !== QUOTE) return release(true);
        value = '""';
        place = 'end';
        return true;
    }
    if (isSpace(code)) return true;
    if (place === 'name' && code === QUOTE) place = 'in name';
    else if (place === 'colon' && code === COLON) place = 'value';
    else if (place === 'value' && code === QUOTE) place = 'string';
    else if (place === 'value' && code === LOWER_N) {
      place = 'null';
      value = character;
    } else return release(false);
    return true;
  }

  function release(isString: boolean): false {
    place = undefined;
    inString = isString;
    return false;
  }

  /** Whether the member that is read ends before `code` and says nothing. */
  function isOver(code: number): boolean {
    const ends = place === 'end' && (code === COMMA || code === CLOSE_BRACE);
    return ends && isSpare(name, value as 'null' | '""');
  }

  function push(piece: string): string {
    let out = '';
    /** What goes on begins here, unless a member is read. */
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const code = piece.charCodeAt(at);
      if (place === undefined) {
        if (passes(code)) continue;
        const isNext = code === COMMA;
        out += piece.slice(from, isNext ? at : at + 1);
        begin(isNext ? ',' : '');
      } else if (isOver(code)) {
        // Behind one that was the first the next is, and has no comma before it.
        begin(code === COMMA && held.startsWith(',') ? ',' : '');
        if (code === CLOSE_BRACE) {
          release(false);
          from = at;
          at -= 1;
          continue;
        }
      } else if (takes(code, piece.charAt(at))) held += piece.charAt(at);
      else {
        out += held;
        held = '';
        // Read once more, as the text that goes on.
        from = at;
        at -= 1;
        continue;
      }
      from = at + 1;
    }
    return from === 0 ? out + piece : out + piece.slice(from);
  }

  return {
    push,
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** As deep as nothing ever gets: in what is no object there are no members. */
const OTHER = 1 << 30;

/** The first character of `null`. */
const LOWER_N = 0x6e;
