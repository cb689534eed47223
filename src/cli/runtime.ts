import { randomBytes } from 'node:crypto';
import { isLoopback } from '../core/loopback.ts';
import type { Clock, Journal, Runtime } from '../core/runtime.ts';
import { createSend } from '../proxy/send.ts';
import { memoryStore } from '../store/memory.ts';

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
export function createRuntime(instance: string, journal: Journal): Runtime {
  return {
    clock: machineClock,
    random: Math.random,
    id: idMaker(randomName(8)),
    send: createSend({ clock: machineClock, instance, isProxied }),
    breakers: memoryStore(),
    journal,
  };
}

/** Whether the environment sends requests to this URL through a proxy; NO_PROXY may still except it. */
function isProxied({ protocol, hostname }: URL): boolean {
  if (isLoopback(hostname)) return false;
  const names = protocol === 'https:' ? ['HTTPS_PROXY', 'ALL_PROXY'] : ['HTTP_PROXY', 'ALL_PROXY'];
  return names.some((name) => Boolean(process.env[name] || process.env[name.toLowerCase()]));
}
