import { writeJson } from '../../core/write-json.ts';

/** Text that every JSON parser takes: no lone surrogates, which strict ones answer with 400, and no NUL. */
export function clean(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole;
}

/** How NUL and a half of a pair are written in JSON; also found where someone writes about that. */
const BROKEN = /\\u(?:0000|d[89a-f])/i;
/** Escapes that may be one of these, each read from its own backslash: a backslash that is escaped, a whole pair, or what is broken. */
const ESCAPES = /\\\\|\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|\\u0000|\\ud[89a-f][\da-f]{2}/gi;

/**
 * `value` as JSON in which all strings are clean, those of a tool's input and description among them. What came as JSON stands
 * as it came otherwise.
 */
export function cleanJson(value: object): string {
  const json = writeJson(value);
  return BROKEN.test(json) ? json.replace(ESCAPES, cleanEscape) : json;
}

function cleanEscape(found: string): string {
  if (found.length !== SINGLE) return found;
  return found === NUL ? '' : '\uFFFD';
}

const NUL = '\\u0000';
const SINGLE = NUL.length;

/** True for what says nothing: no text at all, or white space and characters that do not survive `clean`. */
export function isBlank(text: unknown): boolean {
  return typeof text !== 'string' || clean(text).trim() === '';
}

/** `text` where it has at most so many characters, otherwise its beginning; no character is cut in half. */
export function cut(text: string, most: number | undefined): string {
  if (most === undefined || text.length <= most) return text;
  return `${text.slice(0, Math.max(0, most - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Stands where a conversation needs words and has none: the client's own for it. */
export const NO_CONTENT = '(no content)';
