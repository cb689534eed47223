import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** What people and programs send to end, to wake or to tell a command, whoever asks for it. */
const SENT = [
  'SIGTERM',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGABRT',
  'SIGXCPU',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
] as const satisfies readonly NodeJS.Signals[];

/** A signal that `run` passes on to its command. */
export type PassedOn = (typeof SENT)[number];

/**
 * The signals that are passed on, where the system has them. What stops and continues a job reaches all of it by itself; what a
 * fault of a program raises means that program.
 */
export const PASSED_ON: readonly PassedOn[] = SENT.filter((name) => constants.signals[name] !== undefined);

/**
 * Those of them that this process was told to ignore before it began, as `nohup` does it, and a shell's script with what it has
 * in the background. To be asked before there is any handler, which would undo it.
 * @param status what the system says of this process; only Linux does
 */
export function ignoredSignals(status = ownStatus()): PassedOn[] {
  const digits = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const mask = BigInt(`0x${digits ?? '0'}`);
  return PASSED_ON.filter((name) => (mask >> BigInt(constants.signals[name] - 1)) & 1n);
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
