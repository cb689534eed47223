import { closeSync, writeSync } from 'node:fs';
import { variable } from '../config/references.ts';
import { isObject, parseJson } from '../core/json.ts';
import { descriptorOf } from './descriptor.ts';
import { EXIT, Exit } from './exit.ts';
import { linesOf } from './lines.ts';
import { manyRequests } from './many-requests.ts';
import { openRunLog } from './run-log.ts';
import { selfCommand } from './self.ts';
import { serve } from './serve.ts';
import type { CommonFlags } from './sources.ts';

/** A ccproxy that was started for a command, as a process of its own. */
export interface StartedHeld {
  port: number;
  /** Lets go; whoever else holds it keeps it. */
  letGo(): void;
  /** Settles once nothing is left of it. That it runs keeps this process until then, or until that is told to be enough. */
  gone(enough: AbortSignal): Promise<void>;
}

/**
 * Starts a ccproxy that ends when nobody holds on to it: this process does so by a pipe, which the system closes however it
 * ends. It is a session of its own, so that neither Ctrl-C nor Ctrl-Z at the command reaches it, and writes to a file what
 * would disturb the command's terminal.
 * @throws Exit as it would end itself: 1 for a port that is taken, 2 for a wrong configuration, or one that only this process can read.
 */
export async function startHeld(flags: CommonFlags, port: number, logPath: string): Promise<StartedHeld> {
  const config = flags.config ?? variable(process.env, 'CCPROXY_CONFIG');
  if (config !== undefined && descriptorOf(config) !== null)
    throw new Exit(EXIT.usage, `${config} cannot be handed on to the ccproxy of a command: name a file`);
  const log = openRunLog(logPath);
  const child = Bun.spawn({
    cmd: selfCommand(['serve', '--held', ...wordsOf({ ...flags, port: String(port) })]),
    env: manyRequests(process.env),
    detached: true,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: log ?? 'ignore',
  });
  if (log !== null) closeSync(log);
  const lines = linesOf(child.stdout);
  const said = parseJson((await lines.next()).value ?? '');
  // It says no more, and that it runs keeps nobody here.
  await lines.return();
  await child.stdout.cancel();
  child.unref();
  if (isObject(said) && typeof said.port === 'number') {
    return {
      port: said.port,
      letGo: () => void child.stdin.end(),
      async gone(enough) {
        if (enough.aborted) return;
        child.ref();
        enough.addEventListener('abort', () => child.unref());
        await child.exited;
      },
    };
  }
  child.stdin.end();
  if (isObject(said) && typeof said.code === 'number' && typeof said.message === 'string') {
    throw new Exit(said.code, said.message);
  }
  throw new Exit(EXIT.failed, 'ccproxy could not be started');
}

/** `ccproxy serve --held`, as `startHeld` starts it: says on stdout, in one line of JSON, where it listens or why it does not. */
export async function serveHeld(flags: CommonFlags): Promise<never> {
  try {
    return await serve(flags, {
      ready: (port) => answer({ port }),
      starterGone: endOfInput(),
    });
  } catch (error) {
    process.stdin.destroy();
    if (error instanceof Exit) answer({ code: error.code, message: error.message });
    throw error;
  }
}

/** Whoever started it may be gone: that is seen elsewhere, and is no reason to end without putting things in order. */
function answer(said: { port: number } | { code: number; message: string }): void {
  try {
    writeSync(1, `${JSON.stringify(said)}\n`);
  } catch {
    // Nobody reads it.
  }
}

function endOfInput(): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) process.stdin.on(event, () => resolve());
    process.stdin.resume();
  });
}

function wordsOf({ config, host, port, logLevel }: CommonFlags): string[] {
  const flags = { '--config': config, '--host': host, '--port': port, '--log-level': logLevel };
  return Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [`${flag}=${value}`]));
}
