import { createServer, type Server, type Socket } from 'node:net';

/** Servers of which every connection is handled by hand. */
export interface RawServers {
  /** Starts one on a port of this machine; its address, up to the version. */
  listen(serve: (socket: Socket) => void): Promise<string>;
  /** Ends all of them, and every connection. */
  close(): void;
}

export function rawServers(): RawServers {
  const open: Server[] = [];
  const sockets = new Set<Socket>();
  return {
    async listen(serve) {
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        serve(socket);
      });
      open.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      for (const server of open.splice(0)) server.close();
      sockets.clear();
    },
  };
}
