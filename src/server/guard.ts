import { timingSafeEqual } from 'node:crypto';
import { bearerToken } from '../auth/credential.ts';
import { INSTANCE_HEADER } from '../core/runtime.ts';
import { errorReply, type WholeReply } from '../proxy/conclude.ts';
import { pathOf } from './path.ts';

/** Header in which a client presents one of `server.tokens` and keeps its own credential. */
export const TOKEN_HEADER = 'x-ccproxy-token';

/** What the guard of a listener knows. */
export interface GuardSettings {
  /** The port that is listened on. */
  port: number;
  /** Names beside loopback that a request's Host may carry, in lower case; one with a port only with that port. */
  allowedHosts: readonly string[];
  /** What clients must present; empty means none is asked for. */
  tokens: readonly string[];
  /** Tokens that control this process; they open everything. */
  controlTokens: readonly string[];
  /** This process, as it names itself to upstreams. */
  instance: string;
}

/** Paths that answer without a token: liveness and start-up probes. */
const FREE = new Set(['/', '/health', '/api/hello']);
/** Below this path the control token is asked for instead. */
const CONTROL = '/admin/';

/**
 * Who may talk to this listener. Other programs of this machine may; a web page in its browser may not, by whatever name
 * it reached the port (DNS rebinding), and nobody without a token where tokens are configured. Null lets the request in.
 */
export function refuse(request: Request, settings: GuardSettings, requestId: string): WholeReply | null {
  const { headers } = request;
  const host = headers.get('host');
  if (!isOwnHost(host, settings)) {
    return denied('this Host is not served here; allow it with server.allowed_hosts', requestId);
  }
  const origin = headers.get('origin');
  if (origin !== null && !isOwnOrigin(origin, host ?? '', settings)) {
    return denied('requests from other origins are refused', requestId);
  }
  if (headers.get(INSTANCE_HEADER)?.split(/,\s*/).includes(settings.instance)) {
    const message =
      'this request came back to the ccproxy that sent it: one of its upstreams points at ccproxy itself';
    return errorReply(400, 'invalid_request_error', message, requestId);
  }
  const path = pathOf(request);
  if (settings.tokens.length === 0 || FREE.has(path) || path.startsWith(CONTROL)) return null;
  const { tokens, controlTokens } = settings;
  if (presented(headers).some((token) => isOneOf(token, tokens) || isOneOf(token, controlTokens)))
    return null;
  return errorReply(
    401,
    'authentication_error',
    `present one of server.tokens in ${TOKEN_HEADER}`,
    requestId,
  );
}

function denied(message: string, requestId: string): WholeReply {
  return errorReply(403, 'permission_error', `ccproxy: ${message}`, requestId);
}

/** `localhost`, 127.0.0.0/8, `[::1]` or an allowed name, with or without a port. Two Host headers arrive joined by a comma. */
function isOwnHost(host: string | null, { allowedHosts }: GuardSettings): boolean {
  const asked = host?.toLowerCase();
  const [, name, port = '0'] = /^(\[[0-9a-f:.]+\]|[^:[\],\s]+)(?::(\d{1,5}))?$/.exec(asked ?? '') ?? [];
  if (asked === undefined || name === undefined || Number(port) > 65_535) return false;
  return isLoopback(name) || allowedHosts.includes(name) || allowedHosts.includes(asked);
}

function isLoopback(name: string): boolean {
  if (name === 'localhost' || name === '[::1]') return true;
  // A leading zero is octal to some and decimal to others: no address that both would take for the same.
  const octets = /^127\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(name);
  return octets?.slice(1).every((octet) => Number(octet) <= 255) ?? false;
}

/** The listener itself by one of its names: its port on loopback, or the very host that was asked. */
function isOwnOrigin(origin: string, host: string, settings: GuardSettings): boolean {
  const match = /^(https?):\/\/([^/?#@]+)$/i.exec(origin);
  const theirs = match?.[2]?.toLowerCase();
  if (theirs === undefined || !isOwnHost(theirs, settings)) return false;
  const port = /:(\d+)$/.exec(theirs)?.[1];
  const name = port === undefined ? theirs : theirs.slice(0, -port.length - 1);
  if (!isLoopback(name)) return theirs === host.toLowerCase();
  // Nothing here speaks TLS: by that scheme another program of this machine is meant.
  return match?.[1]?.toLowerCase() === 'http' && Number(port ?? 80) === settings.port;
}

function presented(headers: Headers): string[] {
  return [headers.get(TOKEN_HEADER), headers.get('x-api-key'), bearerToken(headers)].filter(
    (token) => token !== null,
  );
}

/** Whether it is one of the tokens; the comparison tells nothing but whether the lengths are the same. */
export function isOneOf(token: string, tokens: readonly string[]): boolean {
  if (tokens.length === 0) return false;
  const asked = Buffer.from(token);
  return tokens.filter((one) => isSame(asked, Buffer.from(one))).length > 0;
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * The client's headers without the proxy's own token: what is left in x-api-key or Bearer is the client's credential. A
 * header that came twice arrives joined by a comma.
 */
export function withoutToken(headers: Headers, tokens: readonly string[]): Headers {
  const found = ['x-api-key', 'authorization'].filter((name) => {
    const values = headers.get(name)?.split(',') ?? [];
    return values.some((value) => isOneOf(value.replace(/^\s*(?:Bearer\s+)?/i, '').trimEnd(), tokens));
  });
  if (found.length === 0) return headers;
  const rest = new Headers(headers);
  for (const name of found) rest.delete(name);
  return rest;
}
