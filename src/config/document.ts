import { type KeyPath, keyText, valueAt } from './key-path.ts';
import type { Locate } from './locate.ts';
import type { Place } from './problem.ts';
import { looksLikeSecret } from './secret-text.ts';

/** A parsed file: as it was written, with its references resolved, and where its keys are. */
export interface Document {
  /** As the user would name it. */
  file: string;
  /** References unresolved: the only values that messages may show. */
  raw: unknown;
  /** References resolved. */
  resolved: unknown;
  locate: Locate;
}

/** Keys whose value is a secret, or may be. */
const SECRET_KEYS = ['api_key', 'tokens', 'admin_token', 'headers'];

/** Where a key of the file is. */
export function placeOf(document: Document, path: KeyPath): Place {
  const line = document.locate(path);
  return { file: document.file, ...(line !== undefined && { line }), key: keyText(path) };
}

/** A value as messages may show it: as written in the file, and never where it could be a secret. */
export function showValue(document: Document, path: KeyPath): string {
  const value = valueAt(document.raw, path);
  if (typeof value === 'string') {
    const secret = path.some((part) => SECRET_KEYS.includes(String(part))) || looksLikeSecret(value);
    return secret ? 'a string' : `${JSON.stringify(value.slice(0, 60))} (a string)`;
  }
  if (typeof value === 'number')
    return `${value} (${Number.isInteger(value) ? 'a whole number' : 'a number'})`;
  if (typeof value === 'boolean') return `${value} (a boolean)`;
  if (Array.isArray(value)) return 'a list';
  return value instanceof Date ? 'a date' : 'a table';
}
