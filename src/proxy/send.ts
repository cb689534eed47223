import { AttemptError, type Failure, type Ms } from '../core/failure.ts';
import { isLoopback } from '../core/loopback.ts';
import { type Clock, INSTANCE_HEADER, type Outgoing, type Send } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';
import { type Dial, dialTcp, watchConnection } from './dial.ts';
import { codeOf } from './transport-failure.ts';

/** How long an idle connection is kept for the next request. */
const IDLE_S = 50;
/** A connection that the server had closed fails at once; a reset that takes longer is the answer to this request. */
const STALE_MS: Ms = 500;

/** What sending needs from outside. */
export interface SendOptions {
  clock: Clock;
  /** The name by which this process recognises its own requests. */
  instance: string;
  /** Whether requests to this URL go through an outbound proxy: then nothing can be learned from a direct connection. */
  isProxied(url: URL): boolean;
  /** How a connection is tried; over TCP unless said otherwise. */
  dial?: Dial;
}

/** Sends over connections that it keeps. */
export type KeepingSend = Send & {
  /**
   * Lets go of the connections to one upstream, or to all: the next request opens a fresh one. What is under way goes on over
   * the connection that it has.
   */
  forget(upstreamName?: string): void;
};

/** One upstream's connections. */
interface Line {
  session: Bun.FetchSession;
  /** An answer came over one of them: the next request may meet one that the server has closed since. */
  isUsed: boolean;
  /** When an answer last came, or 0. */
  answeredAt: Ms;
  /** Requests that wait for their answer's head. */
  underWay: number;
}

/**
 * Requests over one pool of connections per upstream. Redirects are answers, not followed: they would carry credentials
 * along. fetch's own limit is off; the caller's signal is the only one, but for the time to a connection.
 */
export function createSend({ clock, instance, isProxied, dial = dialTcp }: SendOptions): KeepingSend {
  const lines = new Map<string, Line>();

  function lineOf({ name }: Upstream): Line {
    const known = lines.get(name);
    if (known !== undefined) return known;
    const fresh = { session: openSession(), isUsed: false, answeredAt: 0, underWay: 0 };
    lines.set(name, fresh);
    return fresh;
  }

  function forget(upstreamName?: string): void {
    for (const [name, line] of lines) {
      if (upstreamName !== undefined && name !== upstreamName) continue;
      line.session.close();
      // In the old pool connections that are in use now would be used again.
      line.session = openSession();
      line.isUsed = false;
    }
  }

  const send: Send = async (upstream, outgoing) => {
    const url = new URL(outgoing.url);
    const line = lineOf(upstream);
    if (url.protocol === 'http:')
      outgoing.headers.set(INSTANCE_HEADER, passedThrough(outgoing.via, instance));
    if (!outgoing.headers.has('accept-encoding')) outgoing.headers.set('accept-encoding', 'identity');
    if (!outgoing.headers.has('user-agent')) outgoing.headers.set('user-agent', 'ccproxy');
    const { session, isUsed: mayBeStale } = line;
    const sentAt = clock.now();
    const { connectMs } = upstream.timeouts;
    const { abort } = outgoing;
    // A server on this machine that takes no new connection is busy, not gone, where it has lately answered.
    const isBusy =
      isLoopback(url.hostname) && (line.underWay > 0 || clock.now() - line.answeredAt < IDLE_S * 1000);
    const check =
      abort === undefined || isBusy || isProxied(url)
        ? null
        : watchConnection(url, connectMs, clock, dial, () => abort(unconnected(connectMs)));
    line.underWay += 1;
    try {
      const response = await fetchOnce(session, outgoing, url).catch((error: unknown) => {
        // The server had closed an idle connection; the request reached nobody, a fresh connection may do.
        const stale = mayBeStale && codeOf(error) === 'ECONNRESET' && clock.now() - sentAt < STALE_MS;
        if (!stale) throw error;
        session.close();
        return fetchOnce(session, outgoing, url);
      });
      line.answeredAt = clock.now();
      if (line.session === session) line.isUsed = true;
      return response;
    } catch (error) {
      throw isProxied(url) && REFUSALS.has(codeOf(error)) ? new AttemptError(NO_PROXY) : error;
    } finally {
      line.underWay -= 1;
      check?.cancel();
    }
  };
  return Object.assign(send, { forget });
}

/** Connections of their own, which are kept for the next request. */
function openSession(): Bun.FetchSession {
  return new Bun.FetchSession({ keepAlive: { idleTimeout: IDLE_S } });
}

/** Whoever refuses a connection that goes through an outbound proxy is that proxy; the upstream has not been reached. */
const REFUSALS = new Set(['ECONNREFUSED', 'ConnectionRefused']);
const NO_PROXY: Failure = { kind: 'unreachable', message: 'the outbound proxy refused the connection' };

function passedThrough(via: string | null | undefined, instance: string): string {
  return via ? `${via}, ${instance}` : instance;
}

function fetchOnce(
  session: Bun.FetchSession,
  { method, headers, body, signal }: Outgoing,
  url: URL,
): Promise<Response> {
  return session.fetch(url, {
    method,
    headers,
    signal,
    redirect: 'manual',
    timeout: false,
    ...(body === undefined ? {} : { body: body as Bun.BodyInit }),
    ...(isLoopback(url.hostname) ? { proxy: false } : {}),
  });
}

function unconnected(connectMs: Ms): AttemptError {
  return new AttemptError({ kind: 'unreachable', message: `no connection within ${connectMs} ms` });
}
