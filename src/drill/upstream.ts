import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { reasonOf, serve } from './connection.ts';
import type { Incoming } from './incoming.ts';
import { perform } from './perform.ts';
import type { Recorded } from './recorded.ts';
import type { Lines, Reply, Script } from './script.ts';
import { createScripted } from './scripted.ts';

export interface UpstreamOptions {
  /** What it answers to requests for a model; default: a sentence. */
  script?: Script;
  /** What spoils its answers to everything else (probes, model lists, counts); default: nothing. */
  asideFault?: Reply['fault'];
  host?: string;
  /** Default: any free one. */
  port?: number;
  /** How many requests are kept at most, the newest; default: all. */
  keep?: number;
}

/** A provider of which every byte is decided by a script, on a port of this machine. */
export interface ScriptedUpstream {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Every request, oldest first. */
  readonly requests: readonly Recorded[];
  /** The requests that asked a model. */
  readonly asked: readonly Recorded[];
  /**
   * Answers by `script` from now on, and everything that asks no model by `asides`; opens or closes the port as it says.
   * Requests under way are not touched.
   */
  play(script: Script, asides?: Lines): Promise<void>;
  /** The first `count` requests that asked a model, once there are so many; rejects when the upstream stops first. */
  seen(count: number): Promise<readonly Recorded[]>;
  /** Ends every connection and every wait, and closes the port. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a scripted upstream. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<ScriptedUpstream> {
  const { script = {}, host = '127.0.0.1', asideFault, keep } = options;
  const scripted = createScripted({
    label: () => String(port),
    now: Date.now,
    ...(asideFault === undefined ? {} : { asideFault }),
    ...(keep === undefined ? {} : { keep }),
  });
  const connections = new Set<AbortController>();
  let count = 0;
  let server: Server | null = null;

  async function answer(
    incoming: Incoming,
    connection: number,
    socket: Socket,
    gone: AbortSignal,
  ): Promise<boolean> {
    const { recorded, plan, finish } = scripted.take(incoming, connection);
    const left = () => finish(reasonOf(gone));
    gone.addEventListener('abort', left, { once: true });
    const reusable = await perform(plan, socket, gone, incoming.method === 'HEAD');
    finish(gone.aborted ? reasonOf(gone) : 'answered');
    gone.removeEventListener('abort', left);
    return reusable && recorded.header('connection')?.toLowerCase() !== 'close';
  }

  function accept(socket: Socket): void {
    count += 1;
    const connection = count;
    const gone = serve(
      socket,
      (incoming, ...wire) => answer(incoming, connection, ...wire),
      () => connections.delete(gone),
    );
    connections.add(gone);
  }

  async function open(at: number): Promise<number> {
    const listening = createServer({ allowHalfOpen: true }, accept);
    await new Promise<void>((resolve, reject) => {
      listening.once('error', reject);
      listening.listen(at, host, resolve);
    });
    server = listening;
    const address = listening.address() as AddressInfo;
    return address.port;
  }

  async function close(): Promise<void> {
    const listening = server;
    server = null;
    for (const connection of [...connections]) connection.abort('stopped');
    if (listening !== null) await new Promise<void>((resolve) => listening.close(() => resolve()));
  }

  async function play(wanted: Script, asides?: Lines): Promise<void> {
    if (wanted === 'refuse') return close();
    scripted.follow(wanted, asides);
    if (server === null) await open(port);
  }

  async function stop(): Promise<void> {
    scripted.close();
    await close();
  }

  const port = await open(options.port ?? 0);
  await play(script);

  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    requests: scripted.requests,
    get asked() {
      return scripted.asked;
    },
    play,
    seen: (wanted) => scripted.seen(wanted),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
