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

/** The child's exit code; 128 + n where signal n ended it. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
    const stopForwarding = forwardSignals(child);
    child.on('error', (error) => {
      stopForwarding();
      reject(new Trouble(`cannot run ${command}: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      stopForwarding();
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
