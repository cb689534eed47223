import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { text } from './answers.ts';
import { aside } from './aside.ts';
import { reasonOf, serve } from './connection.ts';
import { spoil } from './faults.ts';
import type { Incoming } from './incoming.ts';
import { perform } from './perform.ts';
import { type Plan, streamed, whole } from './plan.ts';
import { type Recorded, record } from './recorded.ts';
import { faultsOf, type Reply, replies, type Script } from './script.ts';
import { anthropicVoice } from './voices/anthropic.ts';

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
  /** Answers by `script` from now on; opens or closes the port as it says. Requests under way are not touched. */
  play(script: Script): Promise<void>;
  /** The first `count` requests that asked a model, once there are so many; rejects when the upstream stops first. */
  seen(count: number): Promise<readonly Recorded[]>;
  /** Ends every connection and every wait, and closes the port. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Waiter {
  count: number;
  settle: PromiseWithResolvers<readonly Recorded[]>;
}

/** Starts a scripted upstream. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<ScriptedUpstream> {
  const { script = {}, host = '127.0.0.1', keep = Number.POSITIVE_INFINITY } = options;
  const requests: Recorded[] = [];
  const waiters = new Set<Waiter>();
  const connections = new Set<AbortController>();
  const counts = { requests: 0, connections: 0 };
  let next: (request: Recorded) => Reply = () => ({});
  let server: Server | null = null;

  const asked = () => requests.filter((request) => request.ask !== null);

  function note(incoming: Incoming, connection: number): ReturnType<typeof record> {
    counts.requests += 1;
    const noted = record(incoming, { number: counts.requests, connection, at: Date.now() });
    requests.push(noted.recorded);
    if (requests.length > keep) requests.shift();
    if (waiters.size === 0) return noted;
    const sofar = asked();
    for (const waiter of waiters) {
      if (sofar.length < waiter.count) continue;
      waiters.delete(waiter);
      waiter.settle.resolve(sofar.slice(0, waiter.count));
    }
    return noted;
  }

  function plan(request: Recorded): Plan {
    const { ask } = request;
    const wording = { id: `drill${port}x${request.number}`, model: ask?.model ?? 'none' };
    const voice = ask?.voice ?? anthropicVoice;
    const reply: Reply = ask === null ? asideReply(options) : scripted(request);
    const said = reply.answer ?? text('All is well.');
    const healthy =
      ask === null
        ? aside(request)
        : ask.stream
          ? streamed(voice.events(said, wording), voice.headers(wording))
          : whole(200, voice.whole(said, wording), voice.headers(wording));
    return faultsOf(reply).reduce((spoiled, fault) => spoil(spoiled, fault, voice, wording), healthy);
  }

  /** The script's reply; a script that throws answers 500 and says why. */
  function scripted(request: Recorded): Reply {
    try {
      return next(request);
    } catch (error) {
      return { fault: { kind: 'status', status: 500, message: `the script threw: ${String(error)}` } };
    }
  }

  async function answer(
    incoming: Incoming,
    connection: number,
    socket: Socket,
    gone: AbortSignal,
  ): Promise<boolean> {
    const { recorded, finish } = note(incoming, connection);
    const left = () => finish({ how: reasonOf(gone), at: Date.now() });
    gone.addEventListener('abort', left, { once: true });
    const reusable = await perform(plan(recorded), socket, gone, incoming.method === 'HEAD');
    finish({ how: gone.aborted ? reasonOf(gone) : 'answered', at: Date.now() });
    gone.removeEventListener('abort', left);
    return reusable && recorded.header('connection')?.toLowerCase() !== 'close';
  }

  function accept(socket: Socket): void {
    counts.connections += 1;
    const connection = counts.connections;
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

  async function play(wanted: Script): Promise<void> {
    if (wanted === 'refuse') return close();
    next = replies(wanted);
    if (server === null) await open(port);
  }

  async function stop(): Promise<void> {
    for (const { settle } of waiters) settle.reject(new Error('the scripted upstream was stopped'));
    waiters.clear();
    await close();
  }

  const port = await open(options.port ?? 0);
  await play(script);

  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    requests,
    get asked() {
      return asked();
    },
    play,
    seen(count) {
      const sofar = asked();
      if (sofar.length >= count) return Promise.resolve(sofar.slice(0, count));
      const settle = Promise.withResolvers<readonly Recorded[]>();
      waiters.add({ count, settle });
      return settle.promise;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function asideReply({ asideFault }: UpstreamOptions): Reply {
  return asideFault === undefined ? {} : { fault: asideFault };
}
