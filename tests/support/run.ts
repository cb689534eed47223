import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { binaryPath, type Folders, freePort, NOWHERE } from './binary.ts';
import { type Printed, printedBy } from './printed.ts';

const LOOK_MS = 10;
const LIMIT_MS = 20_000;

/** A command that says that it is there, and ends as it is told to. */
export const WAITS = ['sh', '-c', 'echo ready; read code; exit "$code"'];

/** An upstream that is not there. */
export const GROQ = {
  PROVIDER: 'groq',
  GROQ_API_KEY: 'groq-key',
  GROQ_BASE_URL: 'http://127.0.0.1:1/openai/v1',
};

/** One that is. */
export function emergency({ url }: { url: string }): Record<string, string> {
  return { ...GROQ, GROQ_BASE_URL: `${url}/openai/v1` };
}

/** A request for a stream. */
export const ASK = JSON.stringify({
  model: 'claude-sonnet-4-5',
  max_tokens: 64,
  stream: true,
  messages: [{ role: 'user', content: 'hello' }],
});

/** Sends it as a client does that nobody runs. */
export function ask(port: number): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/v1/messages`, { method: 'POST', body: ASK });
}

/** Where commands are run, and with what. */
export interface RunOptions {
  folders: Folders;
  /** Its whole environment, but for HOME, PATH and XDG_RUNTIME_DIR. */
  env?: Readonly<Record<string, string>>;
  port?: number;
  /** More flags of `run`. */
  flags?: readonly string[];
}

/** A command that `ccproxy run` runs. */
export interface RunningCommand extends Printed {
  readonly port: number;
  /** Of `ccproxy run` itself. */
  readonly pid: number;
  readonly exited: Promise<number>;
  /** Writes a line to the command's stdin. */
  write(line: string): void;
  signal(name: NodeJS.Signals): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What `ccproxy run` is spawned with. */
export function runCommandLine(port: number, flags: readonly string[], command: readonly string[]): string[] {
  return [binaryPath(), 'run', '--port', String(port), ...flags, '--', ...command];
}

export function runEnvironment({
  folders,
  env,
}: Pick<RunOptions, 'folders' | 'env'>): Record<string, string> {
  const { PATH = '/usr/bin:/bin' } = process.env;
  return { HOME: folders.home, XDG_RUNTIME_DIR: folders.runtime, PATH, ...NOWHERE, ...env };
}

/** Starts a command through the compiled ccproxy. */
export async function startRun(command: readonly string[], options: RunOptions): Promise<RunningCommand> {
  const port = options.port ?? (await freePort());
  const child = Bun.spawn({
    cmd: runCommandLine(port, options.flags ?? [], command),
    cwd: options.folders.cwd,
    env: runEnvironment(options),
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const printed = printedBy(child);
  return {
    port,
    pid: child.pid,
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
    says: printed.says,
    ended: printed.ended,
    exited: child.exited,
    write(line) {
      child.stdin.write(`${line}\n`);
      child.stdin.flush();
    },
    signal: (name) => child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

/** The processes of ccproxies that were started for commands at this port. */
export function heldProcesses(port: number): number[] {
  const { stdout } = Bun.spawnSync(['ps', '-eo', 'pid,args']);
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.includes('serve --held') && line.includes(`--port=${port}`))
    .map((line) => Number.parseInt(line, 10));
}

/** Everything that a ccproxy at this port has and others could stumble over. */
export async function remains(port: number, { runtime }: Folders): Promise<string[]> {
  const files = await readdir(join(runtime, 'ccproxy')).catch(() => []);
  const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
  return [
    ...heldProcesses(port).map((pid) => `process ${pid}`),
    ...files.map((file) => `file ${file}`),
    ...(answer === null ? [] : [`port ${port}`]),
  ];
}

/** Waits until something is the case; rejects when it does not come to be. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`never: ${what}`);
    await Bun.sleep(LOOK_MS);
  }
}
