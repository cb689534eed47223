import { writeJson } from '../../core/write-json.ts';

/** Text that every JSON parser takes: no lone surrogates, which strict ones answer with 400, and no NUL. */
export function clean(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole;
}

/** How NUL and a half of a pair are written in JSON; also found where someone writes about that. */
const BROKEN = /\\u(?:0000|d[89a-f])/;

/**
 * `value` as JSON in which all strings are clean, those of a tool's input and description among them; where none had to be
 * cleaned, what came as JSON stands as it came.
 */
export function cleanJson(value: object): string {
  const json = writeJson(value);
  if (!BROKEN.test(json)) return json;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? clean(part) : part));
}

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
