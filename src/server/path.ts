/**
 * The path that was asked for, as routes and guard see it; slashes at its end do not count. The host that was given stands
 * in a request's URL and may be none, so it is left out of what is parsed.
 */
export function pathOf({ url }: Pick<Request, 'url'>): string {
  const target = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
  const path = URL.parse(`http://localhost${target}`)?.pathname ?? '/';
  return path.replace(/(?<=.)\/+$/, '');
}
