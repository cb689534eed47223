import { namedByConnection } from '../../../core/named-by-connection.ts';
import { VERSION } from './version.ts';

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
/** Of ccproxy itself, or of proxies on the way here. */
const STAYS_BY_PREFIX = /^x-(?:ccproxy|forwarded)-/;

/**
 * The client's headers as Anthropic gets them. The answer is asked for uncompressed, so that its bytes can be passed on
 * as they come.
 */
export function nativeHeaders(inbound: Headers): Headers {
  // Copied whole and then thinned out: that is native work, a header at a time is not.
  const headers = new Headers(inbound);
  for (const name of namedByConnection(inbound)) headers.delete(name);
  for (const name of inbound.keys()) {
    if (STAYS.has(name) || (name.startsWith('x-') && STAYS_BY_PREFIX.test(name))) headers.delete(name);
  }
  headers.set('accept-encoding', 'identity');
  for (const [name, value] of Object.entries(VERSION)) if (!headers.has(name)) headers.set(name, value);
  return headers;
}
