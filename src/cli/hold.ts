import { field } from '../core/json.ts';
import { STOPPING } from '../server/holders.ts';
import { linesOf } from './lines.ts';
import { control, findRunning, type Running, tokenOf } from './running.ts';

/** A ccproxy that somebody here needs: it tells when it ends, and one that is there for commands alone stays as long. */
export interface Hold {
  /** False where it does not know of us, and would not stay. */
  readonly isKnown: boolean;
  /** How it ended, once it has: because it was told to, or nobody knows why. Settles for `release`, too. */
  readonly ended: Promise<Ended>;
  /** Lets go. Gives whether that was its end, which it waits for then, unless that is told to be enough. */
  release(enough: AbortSignal): Promise<boolean>;
}

export type Ended = 'stopped' | 'lost';

/** How often is looked whether it is still there, where it cannot be held. */
const LOOK_MS = 1000;

/** Holds on to it. Null: it is gone, or about to be. */
export async function holdOn(running: Running): Promise<Hold | null> {
  const token = tokenOf(running);
  if (token === undefined) return watch(running);
  const leaving = new AbortController();
  const answer = await begin(running, token, leaving.signal);
  if (answer === null || answer.status === 503) return null;
  // One of an earlier version.
  if (!answer.ok || answer.body === null) return watch(running);

  const lines = linesOf(answer.body);
  const name = await lines.next().catch(() => null);
  if (name === null || name.done) return null;
  const ended = howItEnds(lines);
  return {
    isKnown: true,
    ended,
    async release(enough) {
      if (enough.aborted) leaving.abort();
      enough.addEventListener('abort', () => leaving.abort());
      const request = { method: 'POST', body: JSON.stringify({ holder: name.value }) };
      const answered = control(running, '/admin/api/release', request).then((response) => response.json());
      const said = await answered.catch(() => null);
      if (said === null) leaving.abort();
      await ended;
      return field(said, 'ending') === true;
    },
  };
}

function begin({ host, port }: Running, token: string, signal: AbortSignal): Promise<Response | null> {
  return fetch(`http://${host}:${port}/admin/api/hold`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    redirect: 'manual',
    proxy: false,
    timeout: false,
    signal,
  } as RequestInit).catch(() => null);
}

async function howItEnds(lines: AsyncIterable<string>): Promise<Ended> {
  try {
    for await (const line of lines) if (line === STOPPING) return 'stopped';
  } catch {
    // It was cut, which says nothing.
  }
  return 'lost';
}

/** Another user's, or one of an earlier version: it does not stay for us, but that it is gone can be seen. */
function watch({ host, port }: Running): Hold {
  const released = Promise.withResolvers<'released'>();
  async function look(): Promise<Ended> {
    while ((await Promise.race([pause(LOOK_MS), released.promise])) !== 'released') {
      if ((await findRunning(host, port)) === null) break;
    }
    return 'lost';
  }
  return {
    isKnown: false,
    ended: look(),
    async release() {
      released.resolve('released');
      return false;
    },
  };
}

/** Does not keep the process alive. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs).unref());
}
