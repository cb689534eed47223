import type { Answer } from './app.ts';

/** A port that could not be had. */
export class PortTaken extends Error {
  constructor(
    readonly host: string,
    readonly port: number,
  ) {
    super(`${host}:${port} is taken`);
  }
}

/** What is listened on. */
export interface Listener {
  readonly port: number;
  /** `http://127.0.0.1:3456`, … */
  readonly addresses: readonly string[];
  /** Requests whose answer has not gone out to its last byte. */
  readonly pending: number;
  /** Refuses new connections and ends idle ones; requests that run go on. */
  drain(): void;
  /** Ends everything at once. */
  close(): void;
}

type Server = ReturnType<typeof Bun.serve>;

/**
 * Listens on `host`; `localhost` means 127.0.0.1 and ::1, of which only the second may be missing.
 * @throws PortTaken when something else listens there; nothing is left half open.
 */
export function listen(host: string, port: number, answer: Answer): Listener {
  const servers: Server[] = [];
  try {
    if (host === 'localhost') {
      const first = serve('127.0.0.1', port, answer);
      servers.push(first);
      const second = serveIpv6(first.port ?? port, answer);
      if (second !== null) servers.push(second);
    } else {
      servers.push(serve(host, port, answer));
    }
  } catch (error) {
    for (const server of servers) void server.stop(true);
    throw error;
  }
  return {
    port: servers[0]?.port ?? port,
    addresses: servers.map((server) => server.url.origin),
    get pending() {
      return servers.reduce((sum, server) => sum + server.pendingRequests, 0);
    },
    drain() {
      for (const server of servers) void server.stop();
    },
    close() {
      for (const server of servers) void server.stop(true);
    },
  };
}

/** A machine without IPv6 is served on IPv4 alone. */
function serveIpv6(port: number, answer: Answer): Server | null {
  try {
    return serve('::1', port, answer);
  } catch (error) {
    if (error instanceof PortTaken) throw error;
    return null;
  }
}

/** How long a connection may take to send the head of its first request. */
const HEAD_S = 60;

/**
 * Settings that differ from Bun's and Elysia's defaults for a reason: a silent answer is not idle (`timeout`), a second
 * process must not share the port unseen (`reusePort`), and the body's size is ours to refuse, with an error that has a
 * body (`maxRequestBodySize`).
 */
function serve(hostname: string, port: number, answer: Answer): Server {
  try {
    return Bun.serve({
      hostname,
      port,
      idleTimeout: HEAD_S,
      reusePort: false,
      development: false,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch(request, server) {
        server.timeout(request, 0);
        return answer(request);
      },
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EADDRINUSE') throw new PortTaken(hostname, port);
    throw error;
  }
}
