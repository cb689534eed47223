import { dialTcp } from './dial.ts';

/** Opens a connection to the URL's host, for https with its TLS handshake, and closes it again; rejects where that fails. */
export type Handshake = (url: URL, signal: AbortSignal) => Promise<void>;

/** Over TCP. Once the signal aborts nobody waits for it any more, and what is open then is closed. */
export const shakeHands: Handshake = (url, signal) =>
  url.protocol === 'https:' ? shakeHandsOverTls(url, signal) : dialTcp(url);

function shakeHandsOverTls(url: URL, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const connecting = Bun.connect({
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || 443,
      tls: true,
      socket: {
        open(socket) {
          if (signal.aborted) socket.terminate();
          else signal.addEventListener('abort', () => void socket.terminate(), { once: true });
        },
        handshake(socket, _, problem) {
          if (problem) reject(problem);
          else resolve();
          socket.end();
        },
        error: (_, error) => reject(error),
        close: () => reject(new ClosedEarly()),
        data() {},
      },
    });
    connecting.catch(reject);
  });
}

/** The other side hung up in the middle of the handshake. */
class ClosedEarly extends Error {
  readonly code = 'ECONNRESET';
}
