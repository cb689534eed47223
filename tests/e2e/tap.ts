import { connect, createServer, type Socket } from 'node:net';
import { createReader, type Incoming } from '../../src/drill/incoming.ts';

/** A wire between a client and a server that passes every byte on and writes down the requests. */
export interface Tap {
  readonly url: string;
  /** Every request the client sent, oldest first. */
  readonly requests: readonly Incoming[];
  /** Those that asked for an answer. */
  readonly posts: readonly Incoming[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Taps the server on `port` of this machine. */
export async function tap(port: number): Promise<Tap> {
  const requests: Incoming[] = [];
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const read = createReader(() => {});
    client.on('data', (bytes: Buffer) => {
      requests.push(...read(bytes));
      far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => client.write(bytes));
    for (const [from, to] of [
      [client, far],
      [far, client],
    ] as const) {
      open.add(from);
      from.setNoDelay(true);
      from.on('end', () => to.end());
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const own = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${own}`,
    requests,
    get posts() {
      return requests.filter(({ method }) => method === 'POST');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
