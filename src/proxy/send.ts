import { AttemptError, type Ms } from '../core/failure.ts';
import type { Clock, Outgoing, Send } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';
import { codeOf } from './transport-failure.ts';

/** How long an idle connection is kept for the next request. */
const IDLE_S = 50;

/** What sending needs from outside. */
export interface SendOptions {
  clock: Clock;
  /** Header and value that let this process recognise its own requests; sent to addresses without TLS only. */
  mark: readonly [name: string, value: string];
  /** Whether requests to this URL go through an outbound proxy: then nothing can be learned from a direct connection. */
  isProxied(url: URL): boolean;
}

/** One upstream's connections. */
interface Line {
  session: Bun.FetchSession;
  /** When an answer last came over one of them. */
  usedAt: Ms;
}

/**
 * Requests over one pool of connections per upstream. Redirects are answers, not followed: they would carry credentials
 * along. fetch's own limit is off; the caller's signal is the only one, but for the time to a connection.
 */
export function createSend({ clock, mark, isProxied }: SendOptions): Send {
  const lines = new Map<string, Line>();

  function lineOf({ name }: Upstream): Line {
    const known = lines.get(name);
    if (known !== undefined) return known;
    const fresh = { session: new Bun.FetchSession({ keepAlive: { idleTimeout: IDLE_S } }), usedAt: 0 };
    lines.set(name, fresh);
    return fresh;
  }

  return async (upstream, outgoing) => {
    const url = new URL(outgoing.url);
    const line = lineOf(upstream);
    if (url.protocol === 'http:') outgoing.headers.set(...mark);
    const mayBeStale = clock.now() - line.usedAt < 2 * IDLE_S * 1000;
    const control = new AbortController();
    const leave = () => control.abort(outgoing.signal.reason);
    if (outgoing.signal.aborted) leave();
    outgoing.signal.addEventListener('abort', leave, { once: true });
    const check = isProxied(url) ? null : watchConnection(url, upstream.timeouts.connectMs, clock, control);
    try {
      const response = await fetchOnce(line, outgoing, control.signal).catch((error: unknown) => {
        // The server had closed an idle connection; the request reached nobody, a fresh connection may do.
        if (!mayBeStale || codeOf(error) !== 'ECONNRESET') throw error;
        line.session.close();
        return fetchOnce(line, outgoing, control.signal);
      });
      line.usedAt = clock.now();
      return response;
    } finally {
      check?.cancel();
    }
  };
}

function fetchOnce(
  { session }: Line,
  { url, method, headers, body }: Outgoing,
  signal: AbortSignal,
): Promise<Response> {
  return session.fetch(url, {
    method,
    headers,
    signal,
    redirect: 'manual',
    timeout: false,
    ...(body === undefined ? {} : { body: body as Bun.BodyInit }),
    ...(isLoopback(new URL(url).hostname) ? { proxy: false } : {}),
  });
}

/**
 * fetch does not say when it is connected. So when nothing has come after half the limit, a second connection is tried; if
 * that fails within the other half, there is nobody to wait for.
 */
function watchConnection(url: URL, connectMs: Ms, clock: Clock, control: AbortController) {
  return clock.after(connectMs / 2, () => {
    const failed = () => {
      const message = `no connection within ${connectMs} ms`;
      control.abort(new AttemptError({ kind: 'unreachable', message }));
    };
    const limit = clock.after(connectMs / 2, failed);
    const done = () => limit.cancel();
    Bun.connect({
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
      socket: {
        open(socket) {
          done();
          socket.end();
        },
        data() {},
        error: done,
      },
      // A refusal is fetch's to report; it has the better words.
    }).catch(done);
  });
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
