/** Starts what is measured, each in an empty environment and a home of its own, looks at it from outside, and ends all of it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Running {
  url: string;
  pid: number;
  /** Milliseconds from the start of the process to its first answer. */
  readyAfter: number;
  /** Everything that it says on stderr, once it has ended. */
  said: Promise<string>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;

const running = new Set<Running>();

/** A port of this machine where nothing listens. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { proxy: false, keepalive: false });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** A program and its arguments; as a list, `--port N` is added to it. */
type Command = string[] | ((port: number) => string[]);

/** Everything that a process has started in turn and that is still there goes with it. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

/**
 * Starts `command` and waits for its first answer to anything.
 * @param files what lies in the folder that it is started in, which is its home, by path
 */
export async function start(
  command: Command,
  env: Record<string, string> = {},
  files: Record<string, string> | ((port: number) => Record<string, string>) = {},
): Promise<Running> {
  const port = freePort();
  const home = mkdtempSync(join(tmpdir(), 'ccproxy-bench-'));
  for (const [name, text] of Object.entries(typeof files === 'function' ? files(port) : files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), text);
  }
  const words = typeof command === 'function' ? command(port) : [...command, '--port', String(port)];
  const startedAt = performance.now();
  const child = Bun.spawn(words, {
    cwd: home,
    env: { HOME: home, PATH: '/usr/bin:/bin', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const started: Running = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    readyAfter: Number.NaN,
    said: new Response(child.stderr).text(),
    async stop() {
      running.delete(started);
      killGroup(child.pid);
      await child.exited;
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  running.add(started);
  while (!(await answers(started.url))) {
    if (child.exitCode !== null || performance.now() - startedAt > READY_WITHIN_MS) {
      await started.stop();
      throw new Error(`${words[0]} does not answer (exit ${child.exitCode}): ${await started.said}`);
    }
    await Bun.sleep(1);
  }
  started.readyAfter = performance.now() - startedAt;
  return started;
}

/** Ends everything that was started. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((started) => started.stop()));
}

/** Resident memory in megabytes. */
export function residentMegabytes({ pid }: Running): number {
  const status = `/proc/${pid}/status`;
  const kilobytes = existsSync(status)
    ? /VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]
    : Bun.spawnSync(['ps', '-o', 'rss=', '-p', String(pid)]).stdout.toString();
  return Number(kilobytes) / 1024;
}

/** Seconds of processor time used so far, where the system tells (Linux, at 100 ticks a second). */
export function processorSeconds({ pid }: Running): number | undefined {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return undefined;
  const fields = readFileSync(stat, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
