/** Whether an `error` field says that there is one: some servers fill it in everywhere, with `""`, `false`, `{}` or `[]`. */
export function saysError(error: unknown): boolean {
  if (typeof error === 'object' && error !== null) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== '' && error !== false;
}
