/**
 * Headers of the client that stay behind on the way to Anthropic. Everything else goes on: the gateway contract calls
 * `anthropic-*` headers and betas open lists, and the client's own headers are what Anthropic is used to see.
 */
const STAYS = new Set([
  // Of the connection, not of the request (RFC 9110 §7.6.1).
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  // Written anew for the upstream.
  'host',
  'content-length',
  'accept-encoding',
  // Credentials: the upstream's auth puts back the one that may go.
  'authorization',
  'x-api-key',
  // Of the browser or of the way here.
  'cookie',
  'origin',
  'referer',
  'forwarded',
  'via',
]);

/** True for a header that concerns only this hop or ccproxy itself. */
function staysBehind(name: string): boolean {
  return STAYS.has(name) || name.startsWith('x-ccproxy-') || name.startsWith('x-forwarded-');
}

/** Further headers of the hop alone, as its `connection` header names them (RFC 9110 §7.6.1). */
export function namedByConnection(headers: Headers): ReadonlySet<string> {
  const names = headers.get('connection')?.toLowerCase().split(',') ?? [];
  return new Set(names.map((name) => name.trim()));
}

/**
 * The client's headers as Anthropic gets them. The answer is asked for uncompressed, so that its bytes can be passed on
 * as they come.
 */
export function nativeHeaders(inbound: Headers): Headers {
  const headers = new Headers();
  const named = namedByConnection(inbound);
  inbound.forEach((value, name) => {
    if (!staysBehind(name) && !named.has(name)) headers.append(name, value);
  });
  headers.set('accept-encoding', 'identity');
  if (!headers.has('anthropic-version')) headers.set('anthropic-version', '2023-06-01');
  return headers;
}
