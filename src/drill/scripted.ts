import type { Ms } from '../core/failure.ts';
import { text } from './answers.ts';
import { aside } from './aside.ts';
import { spoil } from './faults.ts';
import type { Incoming } from './incoming.ts';
import { type Plan, streamed, whole } from './plan.ts';
import { type Ended, type Recorded, record } from './recorded.ts';
import { faultsOf, type Lines, type Reply, replies } from './script.ts';
import { anthropicVoice } from './voices/anthropic.ts';

export interface ScriptedOptions {
  /** Unique among the upstreams that one client meets; letters and digits. It is part of every id that is given out. */
  label(): string;
  now(): Ms;
  /** What spoils its answers to everything that asks no model (probes, model lists, counts); default: nothing. */
  asideFault?: Reply['fault'];
  /** How many requests are kept at most, the newest; default: all. */
  keep?: number;
}

/** One request, what is to be said to it, and the end of its record. */
export interface Taken {
  recorded: Recorded;
  plan: Plan;
  /** Only the first call counts. */
  finish(how: Ended['how']): void;
}

/** What a scripted upstream makes of requests, whatever carries them: it keeps the record and reads the script. */
export interface Scripted {
  readonly requests: readonly Recorded[];
  /** The requests that asked a model. */
  readonly asked: readonly Recorded[];
  /** Answers by `lines` from now on, and everything that asks no model by `asides`; default: as it was told at its start. */
  follow(lines: Lines, asides?: Lines): void;
  take(incoming: Incoming, connection: number): Taken;
  /** The first `count` requests that asked a model, once there are so many; rejects when it is closed first. */
  seen(count: number): Promise<readonly Recorded[]>;
  /** Nobody is waited for any more. */
  close(): void;
}

interface Waiter {
  count: number;
  settle: PromiseWithResolvers<readonly Recorded[]>;
}

/** Answers with a short sentence until it is given a script. */
export function createScripted(options: ScriptedOptions): Scripted {
  const { now, keep = Number.POSITIVE_INFINITY } = options;
  const requests: Recorded[] = [];
  const waiters = new Set<Waiter>();
  let count = 0;
  const healthy = options.asideFault === undefined ? {} : { fault: options.asideFault };
  let next: (request: Recorded) => Reply = () => ({});
  let nextAside: (request: Recorded) => Reply = () => healthy;

  const asked = () => requests.filter((request) => request.ask !== null);

  function tellWaiters(): void {
    if (waiters.size === 0) return;
    const sofar = asked();
    for (const waiter of waiters) {
      if (sofar.length < waiter.count) continue;
      waiters.delete(waiter);
      waiter.settle.resolve(sofar.slice(0, waiter.count));
    }
  }

  /** The script's reply; a script that throws answers 500 and says why. */
  function replyTo(request: Recorded): Reply {
    try {
      return request.ask === null ? nextAside(request) : next(request);
    } catch (error) {
      return { fault: { kind: 'status', status: 500, message: `the script threw: ${String(error)}` } };
    }
  }

  function planFor(request: Recorded): Plan {
    const { ask } = request;
    const wording = { id: `drill${options.label()}x${request.number}`, model: ask?.model ?? 'none' };
    const voice = ask?.voice ?? anthropicVoice;
    const reply = replyTo(request);
    const said = reply.answer ?? text('All is well.');
    const well =
      ask === null
        ? aside(request)
        : ask.stream
          ? streamed(voice.events(said, wording), voice.headers(wording))
          : whole(200, voice.whole(said, wording), voice.headers(wording));
    return faultsOf(reply).reduce((spoiled, fault) => spoil(spoiled, fault, voice, wording), well);
  }

  return {
    requests,
    get asked() {
      return asked();
    },
    follow(lines, asides = healthy) {
      next = replies(lines);
      nextAside = replies(asides);
    },
    take(incoming, connection) {
      count += 1;
      const { recorded, finish } = record(incoming, { number: count, connection, at: now() });
      requests.push(recorded);
      if (requests.length > keep) requests.shift();
      tellWaiters();
      return { recorded, plan: planFor(recorded), finish: (how) => finish({ how, at: now() }) };
    },
    seen(wanted) {
      const sofar = asked();
      if (sofar.length >= wanted) return Promise.resolve(sofar.slice(0, wanted));
      const settle = Promise.withResolvers<readonly Recorded[]>();
      waiters.add({ count: wanted, settle });
      return settle.promise;
    },
    close() {
      for (const { settle } of waiters) settle.reject(new Error('the scripted upstream was stopped'));
      waiters.clear();
    },
  };
}
