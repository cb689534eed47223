import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../core/json-token.ts';

/** Follows one JSON value as its text arrives in pieces, without keeping the text: linear, however many pieces. */
export interface JsonScan {
  push(piece: string): void;
  /** An object or array was opened, and everything that was opened is closed. */
  readonly complete: boolean;
  /** It begins as an object with something in it. */
  readonly filling: boolean;
  /** Characters of white space between values since anything was said. */
  readonly blank: number;
}

export function jsonScan(): JsonScan {
  let depth = 0;
  let opened = false;
  let inString = false;
  let escaped = false;
  let blank = 0;
  /** The first two characters that are not white space; 0 while they have not come. */
  let first = 0;
  let second = 0;

  function see(code: number): void {
    if (first === 0) first = code;
    else if (second === 0) second = code;
    if (code === QUOTE) inString = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
      opened = true;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
  }

  return {
    push(piece) {
      for (let i = 0; i < piece.length; i++) {
        const code = piece.charCodeAt(i);
        if (inString) {
          if (escaped) escaped = false;
          else if (code === BACKSLASH) escaped = true;
          else if (code === QUOTE) inString = false;
        } else if (isSpace(code)) blank += 1;
        else {
          blank = 0;
          see(code);
        }
      }
    },
    get complete() {
      return opened && depth <= 0 && !inString;
    },
    get filling() {
      return first === OPEN_BRACE && second !== 0 && second !== CLOSE_BRACE;
    },
    get blank() {
      return inString ? 0 : blank;
    },
  };
}
