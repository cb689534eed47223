import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { isLoopback } from '../core/loopback.ts';
import type { BreakerStore, Clock, Journal, Runtime } from '../core/runtime.ts';
import { type WatchedNetwork, watchNetwork } from '../proxy/network-watch.ts';
import { createSend, type KeepingSend } from '../proxy/send.ts';

/** The clock of the machine. Its timers do not keep the process alive. */
export const machineClock: Clock = {
  now: Date.now,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** `bytes` random bytes as letters and digits. */
export function randomName(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** Ids of one process: its own random part, and a number. */
function idMaker(process: string): (prefix: string) => string {
  let number = 0;
  return (prefix) => {
    number += 1;
    return `${prefix}${process}${number.toString(36).padStart(8, '0')}`;
  };
}

/** Everything impure, for this process. */
export interface ProcessRuntime extends Runtime {
  send: KeepingSend;
  network: WatchedNetwork;
}

export function createRuntime(instance: string, breakers: BreakerStore, journal: Journal): ProcessRuntime {
  return {
    clock: machineClock,
    random: Math.random,
    id: idMaker(randomName(8)),
    send: createSend({ clock: machineClock, instance, isProxied }),
    breakers,
    network: watchNetwork({ clock: machineClock, isConnected }),
    journal,
  };
}

/** Whether the environment sends requests to this URL through a proxy; NO_PROXY may still except it. */
export function isProxied({ protocol, hostname }: URL): boolean {
  if (isLoopback(hostname)) return false;
  const names = protocol === 'https:' ? ['HTTPS_PROXY', 'ALL_PROXY'] : ['HTTP_PROXY', 'ALL_PROXY'];
  return names.some((name) => Boolean(process.env[name] || process.env[name.toLowerCase()]));
}

/** Interfaces of containers and virtual machines: they come and go by themselves. Docker's networks are named by 12 digits. */
const BY_THEMSELVES = /^(?:docker|veth|br-[0-9a-f]{12}$|virbr|cni|flannel|tap)/;
/** Addresses that a machine gives itself, and no network: RFC 3927 and RFC 4291. */
const LINK_LOCAL = /^(?:169\.254\.|fe[89ab][0-9a-f]:)/i;

/**
 * The addresses by which this machine is in a network, in one text: another text means another network, none that there is
 * no network.
 */
export function addresses(interfaces: Interfaces = networkInterfaces()): string {
  return Object.entries(interfaces)
    .filter(([name]) => !BY_THEMSELVES.test(name))
    .flatMap(([, entries]) => entries ?? [])
    .filter(({ internal, address }) => !internal && !LINK_LOCAL.test(address))
    .map(({ address }) => address)
    .sort()
    .join(' ');
}

type Interfaces = Readonly<Record<string, readonly { address: string; internal: boolean }[] | undefined>>;

/** Where the interfaces cannot be listed, nothing says that there is no network. */
function isConnected(): boolean {
  try {
    return addresses() !== '';
  } catch {
    return true;
  }
}
