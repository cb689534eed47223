import type { Configuration } from '../config/build.ts';
import type { Ms } from '../core/failure.ts';
import type { Clock, Send } from '../core/runtime.ts';
import type { Handshake } from '../proxy/handshake.ts';
import { createSend } from '../proxy/send.ts';
import type { Answer } from '../server/app.ts';
import { listen } from '../server/listen.ts';
import { type Actor, castInMemory, castOnPorts } from './cast.ts';
import type { Carry, ClaudeOptions } from './client/claude.ts';
import { buildHouse, type House, INSTANCE } from './house.ts';
import { simulatedClock } from './simulated-clock.ts';
import type { Happening } from './timeline.ts';

/** A whole ccproxy in front of actors, and somebody to carry requests to it. */
export interface Stage extends Omit<House, 'answer' | 'end'> {
  /** Whether the proxy is ccproxy: another is judged by what its client sees, and not by what it says of itself. */
  readonly isOurs: boolean;
  /** What its clients say of themselves, where it has to be something else than usual. */
  readonly clients?: Pick<ClaudeOptions, 'model' | 'headers' | 'retries' | 'silenceMs'>;
  readonly clock: Clock;
  /** In the order of the chain. */
  readonly actors: readonly Actor[];
  readonly carry: Carry;
  /** What `done` comes to, in the time of the stage. @throws Error when that takes longer than `limitMs`. */
  run<T>(done: Promise<T>, limitMs?: Ms): Promise<T>;
  /** Lets time go by. */
  pass(ms: Ms): Promise<void>;
  /** From now on connecting to it fails with this code; null: no longer. @throws Error on real sockets. */
  cutOff(actor: Actor, code: string | null): void;
  /** @throws AggregateError of what was thrown in it and never should have been */
  end(): Promise<void>;
}

export interface StageOptions {
  configuration: Configuration;
  /** Told of whatever happens, at once. */
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
  const chain = actors.map(({ upstream }) => upstream);
  const house = buildHouse({ ...options, chain, clock, send, listening: () => listener });
  answer = house.answer;
  return {
    ...house,
    isOurs: true,
    clock,
    actors,
    carry: ({ headers, body, signal }) =>
      fetch(`http://127.0.0.1:${listener.port}${PATH}`, {
        method: 'POST',
        headers,
        body,
        signal,
        proxy: false,
      }),
    run: (done, limitMs = REAL_LIMIT_MS) => inTime(done, limitMs, clock),
    pass: (ms) =>
      new Promise((resolve) => {
        clock.after(ms, resolve);
      }),
    cutOff() {
      throw new Error('a wire can be cut in a simulation only');
    },
    async end() {
      listener.close();
      await Promise.all(actors.map((actor) => actor.stop()));
      house.end();
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
  const chain = actors.map(({ upstream }) => upstream);
  const house = buildHouse({ ...options, chain, clock, send, listening: nowhere, handshake });
  return {
    ...house,
    isOurs: true,
    clock,
    actors,
    carry: carryInside(house),
    run: (done, limitMs = SIMULATED_LIMIT_MS) => clock.runUntil(done, limitMs),
    pass: (ms) => clock.advance(ms),
    cutOff: ({ upstream }, code) => lineOf(upstream.name).cutOff(code),
    async end() {
      house.end();
    },
  };
}

/** What `done` comes to. @throws Error when that takes longer */
export function inTime<T>(done: Promise<T>, limitMs: Ms, clock: Clock): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.after(limitMs, () => reject(new Error(`nothing came of it within ${limitMs} ms`)));
  return Promise.race([done, late]).finally(() => timer.cancel());
}

/** Carries requests to a house that listens nowhere. */
export function carryInside({ answer }: Pick<House, 'answer'>): Carry {
  return ({ headers, body, signal }) => {
    headers.set('host', `localhost:${PORT}`);
    return answer(new Request(`http://localhost:${PORT}${PATH}`, { method: 'POST', headers, body, signal }));
  };
}

/** What a house that listens nowhere says of where it listens. */
export const nowhere = () => ({ port: PORT, addresses: [`http://127.0.0.1:${PORT}`] });

const PATH = '/v1/messages?beta=true';
/** Of no listener: what a simulated one is called. */
const PORT = 3456;
