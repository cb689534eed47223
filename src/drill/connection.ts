import type { Socket } from 'node:net';
import { createReader, type Incoming } from './incoming.ts';
import type { Ended } from './recorded.ts';

/** Answers one request on a socket; true: the connection may carry another. Never rejects. */
export type Answer = (incoming: Incoming, socket: Socket, gone: AbortSignal) => Promise<boolean>;

/**
 * Serves one connection, its requests one after another. The result ends it when aborted with `stopped`, and is
 * aborted with `left` when the client goes away first: `onGone` is called once in either case.
 */
export function serve(socket: Socket, answer: Answer, onGone: () => void): AbortController {
  const gone = new AbortController();
  const { signal } = gone;
  const read = createReader(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'));
  const leave = () => gone.abort('left' satisfies Ended['how']);
  const take = async (incoming: Incoming): Promise<boolean> => {
    if (signal.aborted) return false;
    const reusable = await answer(incoming, socket, signal);
    if (!reusable && !socket.destroyed) socket.end();
    return reusable;
  };

  signal.addEventListener('abort', () => {
    onGone();
    socket.destroy();
  });
  socket.setNoDelay(true);
  socket.on('error', leave);
  socket.on('end', leave);
  socket.on('close', leave);
  let queue = Promise.resolve(true);
  socket.on('data', (bytes: Buffer) => {
    const incoming = requestsIn(read, bytes);
    if (incoming === null) {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    for (const each of incoming) queue = queue.then((open) => open && take(each));
  });
  return gone;
}

/** How a connection ended, by what its signal was aborted with. */
export function reasonOf(gone: AbortSignal): Ended['how'] {
  return gone.reason === 'stopped' ? 'stopped' : 'left';
}

/** Null for bytes that are no request: they end the connection, not the upstream. */
function requestsIn(read: (bytes: Uint8Array) => Incoming[], bytes: Uint8Array): Incoming[] | null {
  try {
    return read(bytes);
  } catch {
    return null;
  }
}
