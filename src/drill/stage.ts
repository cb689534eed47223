import type { Configuration } from '../config/build.ts';
import type { Ms } from '../core/failure.ts';
import type { Clock, Send } from '../core/runtime.ts';
import { credentialNames } from '../proxy/credential-names.ts';
import { createGates, type Gates } from '../proxy/gate.ts';
import type { Handshake } from '../proxy/handshake.ts';
import { watchNetwork } from '../proxy/network-watch.ts';
import { createProber } from '../proxy/prober.ts';
import { createSend } from '../proxy/send.ts';
import type { Answer } from '../server/app.ts';
import { listen } from '../server/listen.ts';
import { createServing } from '../server/serving.ts';
import { stats } from '../server/stats.ts';
import type { Status } from '../server/status.ts';
import { openHealth } from '../store/health-file.ts';
import { type Actor, castInMemory, castOnPorts } from './cast.ts';
import type { Carry } from './client/claude.ts';
import { simulatedClock } from './simulated-clock.ts';
import { createTimeline, type Happening, type Timeline } from './timeline.ts';

/** A whole ccproxy in front of actors, and somebody to carry requests to it. */
export interface Stage {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** In the order of the chain. */
  readonly actors: readonly Actor[];
  readonly carry: Carry;
  readonly gates: Pick<Gates, 'held' | 'waiting'>;
  status(): Promise<Status>;
  /** What `done` comes to, in the time of the stage. @throws Error when that takes longer than `limitMs`. */
  run<T>(done: Promise<T>, limitMs?: Ms): Promise<T>;
  /** Lets time go by. */
  pass(ms: Ms): Promise<void>;
  /** From now on connecting to it fails with this code; null: no longer. @throws Error on real sockets. */
  cutOff(actor: Actor, code: string | null): void;
  /** Begins to probe the upstreams, and to write down what happens. */
  begin(): Promise<void>;
  end(): Promise<void>;
}

export interface StageOptions {
  configuration: Configuration;
  tell?: (happening: Happening) => void;
}

/** Longer than any scenario in real time. */
const REAL_LIMIT_MS: Ms = 20_000;
/** Longer than any simulated one. */
const SIMULATED_LIMIT_MS: Ms = 3 * 3_600_000;

/** On real sockets, and in real time. @param clock the machine's */
export async function openStage(options: StageOptions, clock: Clock): Promise<Stage> {
  const actors = await castOnPorts(options.configuration.chain);
  const send = createSend({ clock, instance: INSTANCE, isProxied: () => false });
  let answer: Answer = () => Promise.reject(new Error('asked before the stage stands'));
  const listener = listen('127.0.0.1', 0, (request) => answer(request));
  const house = assemble(options, { actors, clock, send, listening: () => listener });
  answer = house.answer;
  return {
    ...house.stage,
    carry: ({ headers, body, signal }) =>
      fetch(`http://127.0.0.1:${listener.port}${PATH}`, {
        method: 'POST',
        headers,
        body,
        signal,
        proxy: false,
      }),
    async run(done, limitMs = REAL_LIMIT_MS) {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = clock.after(limitMs, () => reject(new Error(`nothing came of it within ${limitMs} ms`)));
      return Promise.race([done, late]).finally(() => timer.cancel());
    },
    pass: (ms) =>
      new Promise((resolve) => {
        clock.after(ms, resolve);
      }),
    cutOff() {
      throw new Error('a wire can be cut in a simulation only');
    },
    async end() {
      house.end();
      listener.close();
      await Promise.all(actors.map((actor) => actor.stop()));
    },
  };
}

/** In memory, on a clock of its own that stands still but for what waits for it: hours take a moment. */
export async function openSimulatedStage(options: StageOptions): Promise<Stage> {
  const clock = simulatedClock();
  const actors = castInMemory(options.configuration.chain, clock);
  const lineOf = (name: string) => {
    const line = actors.find(({ upstream }) => upstream.name === name)?.line;
    if (line === undefined) throw new Error(`nobody plays ${name}`);
    return line;
  };
  const send: Send = (upstream, outgoing) => lineOf(upstream.name).send(outgoing);
  const handshake: Handshake = async (url, signal) => {
    const actor = actors.find(({ upstream }) => new URL(upstream.base).host === url.host);
    await actor?.line.connect(signal);
  };
  const listening = () => ({ port: PORT, addresses: [`http://127.0.0.1:${PORT}`] });
  const house = assemble(options, { actors, clock, send, listening, handshake });
  return {
    ...house.stage,
    carry({ headers, body, signal }) {
      headers.set('host', `localhost:${PORT}`);
      return house.answer(
        new Request(`http://localhost:${PORT}${PATH}`, { method: 'POST', headers, body, signal }),
      );
    },
    run: (done, limitMs = SIMULATED_LIMIT_MS) => clock.runUntil(done, limitMs),
    pass: (ms) => clock.advance(ms),
    cutOff: ({ upstream }, code) => lineOf(upstream.name).cutOff(code),
    async end() {
      house.end();
    },
  };
}

const PATH = '/v1/messages?beta=true';
const INSTANCE = 'drill';
/** Of no listener: what a simulated one is called. */
const PORT = 3456;

interface Parts {
  actors: readonly Actor[];
  clock: Clock;
  send: Send & { forget?(): void };
  listening(): { port: number; addresses: readonly string[] };
  handshake?: Handshake;
}

/** The real server over the actors, with the user's settings but for tokens and the address that is listened on. */
function assemble({ configuration: given, tell }: StageOptions, parts: Parts) {
  const { actors, clock, send, listening, handshake } = parts;
  const { settings } = given;
  const server = { ...settings.server, tokens: [], adminToken: null, port: listening().port };
  const chain = actors.map(({ upstream }) => upstream);
  const configuration = { ...given, chain, settings: { ...settings, server } };
  const timeline = createTimeline(clock, tell);
  const counters = stats(clock, timeline.journal);
  const problems: unknown[] = [];
  let ids = 0;
  const health = openHealth({
    path: null,
    clock,
    random: () => 'saltofarehearsal0000',
    upstreams: chain,
    warn() {},
  });
  const network = watchNetwork({ clock, isConnected: () => true });
  const runtime = {
    clock,
    // Every run is like the last.
    random: () => 0.5,
    id(prefix: string) {
      ids += 1;
      return `${prefix}drill${String(ids).padStart(6, '0')}`;
    },
    send,
    breakers: health.breakers,
    network,
    journal: counters,
  };
  const credentials = credentialNames(health.salt);
  const gates = createGates(clock);
  const unexpected = (error: unknown) => void problems.push(error);
  const prober = createProber({
    runtime,
    credentials,
    network,
    forgetConnections: () => send.forget?.(),
    addresses: () => 'here',
    isProxied: () => false,
    isServing: ({ name }) => gates.held(name) > 0,
    unexpected,
    ...(handshake === undefined ? {} : { handshake }),
  });
  const serving = createServing({
    configuration,
    identity: { version: 'drill', instance: INSTANCE, startedAt: clock.now() },
    runtime,
    stats: counters,
    health,
    credentials,
    gates,
    prober,
    secret: 'secret of a rehearsal',
    controlToken: 'control token of a rehearsal',
    listening,
    draining: () => false,
    stop() {},
    unexpected: (_, error) => unexpected(error),
  });

  return {
    answer: serving.answer,
    stage: {
      configuration,
      clock,
      timeline,
      actors,
      gates,
      async status() {
        const headers = { host: `localhost:${listening().port}` };
        const answer = await serving.answer(new Request('http://localhost/status', { headers }));
        return (await answer.json()) as Status;
      },
      async begin() {
        timeline.restart();
        prober.watch(chain);
      },
    },
    end() {
      prober.stop();
      health.close();
      if (problems.length > 0) throw new AggregateError(problems, 'ccproxy met errors that nobody foresaw');
    },
  };
}
