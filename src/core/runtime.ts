import type { BreakerState } from './breaker.ts';
import type { BreakerView } from './breaker-view.ts';
import type { AttemptError, Failure, Ms } from './failure.ts';
import type { ProbeMethod, Upstream } from './upstream.ts';
import type { Scope } from './verdict.ts';

/** A timer that can be called off; calling it off twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time, as everything below the server sees it: passed in, so that a test can be in charge of it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): Ms;
  after(delayMs: Ms, run: () => void): Timer;
}

/**
 * Header in which a request names the ccproxies it has come through, so that a circle of them is noticed. Sent to
 * addresses without TLS only: that is where another ccproxy listens, and no provider does.
 */
export const INSTANCE_HEADER = 'x-ccproxy-instance';

/** One HTTP exchange with an upstream. */
export interface Outgoing {
  method: string;
  url: string;
  headers: Headers;
  body?: Uint8Array | string;
  signal: AbortSignal;
  /** What the client's request said in INSTANCE_HEADER. */
  via?: string | null;
  /** Ends the exchange, for a sender that finds out that there will be no answer; without it, it does not look. */
  abort?(reason: AttemptError): void;
}

/**
 * Sends a request to an upstream: never follows a redirect, has no limit of its own, and rejects with the signal's
 * reason when that aborts.
 */
export type Send = (upstream: Upstream, outgoing: Outgoing) => Promise<Response>;

/** The state of each breaker, by its key; see `HealthKeys`. */
export interface BreakerStore {
  /** The state as it stands; a closed breaker for a key never seen. */
  read(key: string): BreakerState;
  write(key: string, state: BreakerState): void;
  /** Keys that have been written, the one written last at the end. */
  keys(): Iterable<string>;
}

/** What is known of this machine's own network. */
export interface NetworkWatch {
  /** No remote host can be reached: it is our network, and no upstream's fault. */
  readonly offline: boolean;
  /** A remote host answered, or there was no way to it. */
  saw(host: string, reached: boolean): void;
  /** We are offline, and there is no way to this host either. */
  cutsOff(host: string): boolean;
  /** When it last came back after it was gone; null when it never was. */
  readonly backAt: Ms | null;
  /** Whether failures say nothing at this moment: the machine has just woken from sleep. */
  readonly justWoken: boolean;
}

/** How an attempt went, for logs, counters and (later) history. Holds no credential and no message content. */
export interface AttemptRecord {
  requestId: string;
  upstream: string;
  model: string;
  /** 1 for the first upstream asked for this request. */
  number: number;
  startedAt: Ms;
  endedAt: Ms;
  /** From the start to the first content, where there was any. */
  firstContentMs?: Ms;
  /** Undefined for a success. */
  failure?: Failure;
  /** Set when the failure says nothing about the upstream: the client was at fault, or is to see it. */
  neutral?: true;
}

/** How a request went, as its client saw it. */
export interface RequestRecord {
  requestId: string;
  /** Who answered; null when nothing could. */
  upstream: string | null;
  /** Upstreams asked. */
  attempts: number;
  outcome: 'ok' | 'failed' | 'cancelled';
  /** Why the upstreams before the one that answered did not, in words; null when it was the first choice. */
  because: string | null;
}

/** How a probe went. */
export interface ProbeRecord {
  upstream: string;
  method: ProbeMethod;
  at: Ms;
  tookMs: Ms;
  /** Undefined for a success. */
  failure?: Failure;
}

/** A breaker that has come to stand otherwise. */
export interface BreakerRecord {
  upstream: string;
  scope: Scope;
  /** Of a model's breaker: its name at the upstream. */
  model?: string;
  from: BreakerView['name'];
  to: BreakerView;
}

/** Where what happened is written down. Must not throw: bookkeeping never fails a good answer. */
export interface Journal {
  attempt(record: AttemptRecord): void;
  /** An upstream has begun to answer. */
  serving(requestId: string, upstream: string, because: string | null): void;
  request(record: RequestRecord): void;
  probe(record: ProbeRecord): void;
  breaker(record: BreakerRecord): void;
}

/** Everything impure the proxy needs, in one place. */
export interface Runtime {
  clock: Clock;
  /** Uniform in [0, 1). */
  random(): number;
  /** A fresh id with a prefix, unique in the world: `id('msg_')`. Letters and digits only after the prefix. */
  id(prefix: string): string;
  send: Send;
  breakers: BreakerStore;
  network: NetworkWatch;
  journal: Journal;
}
