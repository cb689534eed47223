/** What a request asks for, as routes and upstreams see it. */
export interface Target {
  pathname: string;
  /** With its question mark; empty without a query. */
  search: string;
}

/** A target that a URL parser would leave as it is. */
const PLAIN = /^https?:\/\/[^/?#]+((?:\/[\w-]+)+)(\?[\w.~%&=+-]+)?$/;

/**
 * Path and query that were asked for. The host that was given stands in a request's URL and may be none, so it is left
 * out of what is parsed.
 */
export function targetOf({ url }: Pick<Request, 'url'>): Target {
  const [, plain, query = ''] = PLAIN.exec(url) ?? [];
  if (plain !== undefined) return { pathname: plain, search: query };
  const target = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
  const { pathname = '/', search = '' } = URL.parse(`http://localhost${target}`) ?? {};
  return { pathname, search };
}

/** The path that was asked for, as routes and guard see it; slashes at its end do not count. */
export function pathOf(request: Pick<Request, 'url'>): string {
  return targetOf(request).pathname.replace(/(?<=.)\/+$/, '');
}
