/**
 * The tool of `offered` that a model means by `name`: models write `read` or `functions.Read` for `Read`. Taken for it when
 * there is exactly one such tool; undefined otherwise, also for the right name.
 */
export function meantBy(name: string, offered: readonly string[]): string | undefined {
  if (offered.includes(name)) return undefined;
  const bare = name.replace(/^functions?[.:]/, '').toLowerCase();
  const alike = new Set(offered.filter((other) => other.toLowerCase() === bare));
  return alike.size === 1 ? [...alike][0] : undefined;
}
