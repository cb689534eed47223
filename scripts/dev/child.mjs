/** Runs a child as if it were this process: its terminal, the signals meant for it, its exit code. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ROOT, Trouble } from './project.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A signal to the whole process group also comes in through npm, which passes it on: the echo within this time is the same signal. */
const ECHO_MS = 500;

/** Ctrl-C at a terminal reaches the child by itself; passing it on would be the second one, which means "at once". */
function reachesChildByItself(signal) {
  return signal === 'SIGINT' && (process.stdin.isTTY || process.platform === 'win32');
}

function forwardSignals(child) {
  const lastAt = new Map();
  const handlers = FORWARDED.map((signal) => [
    signal,
    () => {
      const now = Date.now();
      const isEcho = now - (lastAt.get(signal) ?? Number.NEGATIVE_INFINITY) < ECHO_MS;
      lastAt.set(signal, now);
      if (!isEcho && !reachesChildByItself(signal)) child.kill(signal);
    },
  ]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/**
 * npm hands SIGTERM to the shell that it starts scripts with, and some shells die of it without a word. Then nobody is
 * left to end the child but this: once the shell is gone, the child is told. Not after a signal of our own, which has been
 * passed on; after a SIGHUP the shell is gone because its terminal is, which is no reason to stop.
 */
function followNpmsShell(child) {
  if (!process.env.npm_lifecycle_event || process.platform === 'win32') return () => {};
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    stop();
    child.kill('SIGTERM');
  }, 100);
  const stop = () => {
    clearInterval(watch);
    for (const signal of FORWARDED) process.off(signal, stop);
  };
  for (const signal of FORWARDED) process.on(signal, stop);
  return stop;
}

/** The child's exit code; 128 + n where signal n ended it. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
    const untie = [forwardSignals(child), followNpmsShell(child)];
    const ended = () => {
      for (const undo of untie) undo();
    };
    child.on('error', (error) => {
      ended();
      reject(new Trouble(`cannot run ${command}: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      ended();
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
