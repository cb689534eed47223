import type { Ms } from '../core/failure.ts';
import { cutsOff, saw, UNSEEN, unsure } from '../core/network.ts';
import type { Clock, NetworkWatch } from '../core/runtime.ts';

/** What watching the network needs from outside. */
export interface NetworkWatchOptions {
  clock: Clock;
  /** Whether this machine has a network at all, however bad. */
  isConnected(): boolean;
}

/** A network watch, and what its prober tells it and wants to know. */
export interface WatchedNetwork extends NetworkWatch {
  /** Runs `then` whenever being offline begins or ends. */
  onChange(then: (offline: boolean) => void): void;
  /** The machine has slept: for a while failures to connect say nothing. */
  woke(): void;
  /** Those of these hosts that were not lost just now: they are worth a look. */
  unsure(hosts: readonly string[]): readonly string[];
}

/** How long after waking failures say nothing: connections from before are dead, and the new network comes up. */
const WAKING_MS: Ms = 5_000;

/** Begins with nothing seen, online. */
export function watchNetwork({ clock, isConnected }: NetworkWatchOptions): WatchedNetwork {
  const listeners: ((offline: boolean) => void)[] = [];
  let network = UNSEEN;
  let wokeAt: Ms | null = null;
  let backAt: Ms | null = null;

  return {
    get offline() {
      return network.offline;
    },
    cutsOff: (host) => cutsOff(network, host),
    get backAt() {
      return backAt;
    },
    get justWoken() {
      return wokeAt !== null && Math.abs(clock.now() - wokeAt) < WAKING_MS;
    },
    saw(host, reached) {
      const before = network.offline;
      network = saw(network, host, reached, clock.now(), reached || isConnected());
      if (network.offline === before) return;
      if (before) backAt = clock.now();
      for (const listener of listeners) listener(network.offline);
    },
    onChange: (then) => void listeners.push(then),
    woke() {
      wokeAt = clock.now();
    },
    unsure: (hosts) => unsure(network, hosts, clock.now()),
  };
}
