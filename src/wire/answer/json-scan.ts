/** Follows one JSON value as its text arrives in pieces, without keeping the text: linear, however many pieces. */
export interface JsonScan {
  push(piece: string): void;
  /** An object or array was opened, and everything that was opened is closed. */
  readonly complete: boolean;
}

export function jsonScan(): JsonScan {
  let depth = 0;
  let opened = false;
  let inString = false;
  let escaped = false;
  return {
    push(piece) {
      for (let i = 0; i < piece.length; i++) {
        const code = piece.charCodeAt(i);
        if (inString) {
          if (escaped) escaped = false;
          else if (code === BACKSLASH) escaped = true;
          else if (code === QUOTE) inString = false;
        } else if (code === QUOTE) inString = true;
        else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
          depth += 1;
          opened = true;
        } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
      }
    },
    get complete() {
      return opened && depth <= 0 && !inString;
    },
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
