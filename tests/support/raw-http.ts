import { connect, type Socket } from 'node:net';

/** How a connection came to its end. */
export type Ending = 'end' | 'reset' | 'open';

/** A connection whose every byte is the test's own: requests no HTTP library would send, and answers as they came. */
export interface RawConnection {
  /** Sends bytes as they are. */
  send(bytes: string | Uint8Array): void;
  /** Resolves with everything received so far, once `wanted` says so of it; rejects when the connection ends first. */
  until(wanted: (received: string) => boolean): Promise<string>;
  /** Resolves when the other side has closed: everything received, and whether by FIN or by RST. */
  closed(): Promise<{ received: string; bytes: Buffer; how: Exclude<Ending, 'open'> }>;
  /** Leaves as a client that goes away does. */
  hangUp(): void;
  /** Leaves with RST. */
  reset(): void;
}

/** Opens a connection to `port`. */
export async function rawConnection(port: number, host = '127.0.0.1'): Promise<RawConnection> {
  const parts: Buffer[] = [];
  const watchers = new Set<() => void>();
  let how: Ending = 'open';
  const socket = await dial(port, host);
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  socket.on('data', (bytes: Buffer) => {
    parts.push(bytes);
    changed();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    how = error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'end';
    changed();
  });
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    if (how === 'open') how = 'end';
    changed();
  });
  const received = () => Buffer.concat(parts).toString('utf8');

  return {
    send: (bytes) => void socket.write(bytes),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const sofar = received();
          if (!wanted(sofar) && how === 'open') return;
          watchers.delete(look);
          if (wanted(sofar)) resolve(sofar);
          else reject(new Error(`closed (${how}) after: ${sofar}`));
        };
        watchers.add(look);
        look();
      }),
    closed: () =>
      new Promise((resolve) => {
        const look = () => {
          if (how === 'open') return;
          watchers.delete(look);
          resolve({ received: received(), bytes: Buffer.concat(parts), how });
        };
        watchers.add(look);
        look();
      }),
    hangUp: () => socket.destroy(),
    reset: () => void socket.resetAndDestroy(),
  };
}

/** Sends one raw request and returns the whole answer as text: the head, and the body where it has a known length. */
export async function rawRequest(port: number, request: string, host?: string): Promise<string> {
  const connection = await rawConnection(port, host);
  connection.send(request);
  try {
    return await connection.until(isWhole);
  } finally {
    connection.hangUp();
  }
}

/** A request as text. Headers stand exactly as given, so that one may be missing, doubled or malformed. */
export function requestText(line: string, headers: readonly string[], body = ''): string {
  const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  return [`${line} HTTP/1.1`, ...headers, ...length, '', body].join('\r\n');
}

/** The status of a raw answer. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = answer.slice(0, end).toLowerCase();
  if (head.includes('transfer-encoding: chunked')) return answer.endsWith('0\r\n\r\n');
  const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
  return Buffer.byteLength(answer.slice(end + 4)) >= length;
}

function dial(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
