import type { Ms } from '../core/failure.ts';
import type { Clock, Timer } from '../core/runtime.ts';

/** Opens a connection to the URL's host and closes it again; rejects where that is refused. */
export type Dial = (url: URL) => Promise<void>;

/** Over TCP alone: whoever accepts is there. */
export function dialTcp(url: URL): Promise<void> {
  return Bun.connect({
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    socket: {
      open(socket) {
        socket.end();
      },
      data() {},
    },
  }).then(() => {});
}

/**
 * fetch does not say when it is connected. So when nothing has come after half the limit, a second connection is tried; if
 * that hangs for the other half, there is nobody to wait for and `hangs` is called. A refusal is fetch's to report; it has
 * the better words.
 */
export function watchConnection(url: URL, connectMs: Ms, clock: Clock, dial: Dial, hangs: () => void): Timer {
  let limit = clock.after(connectMs / 2, () => {
    limit = clock.after(connectMs / 2, hangs);
    const done = () => limit.cancel();
    dial(url).then(done, done);
  });
  return { cancel: () => limit.cancel() };
}
