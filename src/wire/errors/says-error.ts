import { isObject } from '../history/json.ts';

/** Whether an `error` field says that there is one: some servers fill it in everywhere, with `""`, `false`, `{}` or `[]`. */
export function saysError(error: unknown): boolean {
  if (Array.isArray(error)) return error.length > 0;
  if (isObject(error)) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== '' && error !== false;
}
