/**
 * The path that was asked for, as routes and guard see it; slashes at its end do not count. The host that was given stands
 * in a request's URL and may be none, so it is left out of what is parsed.
 */
/** A path that a URL parser would leave as it is. */
const PLAIN = /^https?:\/\/[^/?#]+((?:\/[\w-]+)+)(?:\?|$)/;

export function pathOf({ url }: Pick<Request, 'url'>): string {
  const plain = PLAIN.exec(url)?.[1];
  if (plain !== undefined) return plain;
  const target = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
  const path = URL.parse(`http://localhost${target}`)?.pathname ?? '/';
  return path.replace(/(?<=.)\/+$/, '');
}
