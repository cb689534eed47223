import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { printedBy } from './printed.ts';

/** Long enough for a machine that is busy; nothing is measured by it. */
const LIMIT_MS = 20_000;
const LOOK_MS = 10;

/** The compiled program under test. */
export function binaryPath(): string {
  const path = resolve(process.env.CCPROXY_BINARY ?? 'dist/ccproxy');
  if (!existsSync(path)) throw new Error(`${path} does not exist: run \`npm run build\``);
  return path;
}

/** Folders of its own for one process: nothing of the developer's machine is seen or touched. */
export interface Folders {
  home: string;
  runtime: string;
  cwd: string;
  /** Everything that lies in `home` now, as paths relative to it. */
  inHome(): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function makeFolders(): Promise<Folders> {
  const base = await mkdtemp(join(tmpdir(), 'ccproxy-e2e-'));
  const [home, runtime, cwd] = [join(base, 'home'), join(base, 'run'), join(base, 'cwd')];
  await mkdir(home);
  await mkdir(runtime, { mode: 0o700 });
  await mkdir(cwd);
  return {
    home,
    runtime,
    cwd,
    inHome: () => readdir(home, { recursive: true }),
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  };
}

export interface BinaryOptions {
  args?: readonly string[];
  /** Its whole environment, but for HOME and XDG_RUNTIME_DIR. */
  env?: Readonly<Record<string, string>>;
  /** Default: fresh ones, removed at the end. */
  folders?: Folders;
  /** Default: a free one, given by `--port`. */
  port?: number | 'default';
}

/** A ccproxy that runs. */
export interface Binary {
  readonly port: number;
  readonly url: string;
  readonly folders: Folders;
  readonly pid: number;
  /** What it has printed so far. */
  printed(): { stdout: string; stderr: string };
  /** Resolves once it has printed these words; rejects when it ends without. */
  says(words: string): Promise<void>;
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGHUP'): void;
  /** Its exit code, once it has ended. */
  readonly exited: Promise<number>;
  /** Ends it by SIGTERM; throws unless it exits 0 in time. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a command ended. */
export interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Nothing listens there: what a provider's own address is asked for, by a probe above all, leaves no machine. */
export const NOWHERE = { HTTPS_PROXY: 'http://127.0.0.1:1' };

/** Starts the compiled ccproxy and waits until it answers. */
export async function startBinary(options: BinaryOptions = {}): Promise<Binary> {
  const folders = options.folders ?? (await makeFolders());
  const port = options.port === 'default' ? 3456 : (options.port ?? (await freePort()));
  const flag = options.port === 'default' ? [] : ['--port', String(port)];
  const child = spawn([...(options.args ?? []), ...flag], { ...NOWHERE, ...options.env }, folders);
  const printed = printedBy(child);
  const url = `http://127.0.0.1:${port}`;

  async function dispose(): Promise<void> {
    child.kill('SIGKILL');
    await child.exited;
    await printed.ended;
    if (options.folders === undefined) await folders[Symbol.asyncDispose]();
  }

  try {
    await ready(url, child);
  } catch (error) {
    await dispose();
    throw new Error(`${String(error)}\n${printed.stdout}${printed.stderr}`);
  }
  return {
    port,
    url,
    folders,
    pid: child.pid,
    printed: () => ({ stdout: printed.stdout, stderr: printed.stderr }),
    says: printed.says,
    signal: (name) => child.kill(name),
    exited: child.exited,
    async stop() {
      child.kill('SIGTERM');
      const code = await Promise.race([child.exited, timeUp()]);
      await printed.ended;
      if (code !== 0) throw new Error(`ended with ${code} after SIGTERM\n${printed.stderr}`);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Runs a command of the compiled ccproxy to its end. */
export async function runToEnd(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  folders?: Folders,
  limitMs = LIMIT_MS,
): Promise<Ended> {
  const own = folders ?? (await makeFolders());
  const child = spawn(args, env, own);
  const killer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  try {
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr };
  } finally {
    clearTimeout(killer);
    if (folders === undefined) await own[Symbol.asyncDispose]();
  }
}

/** A port that nothing listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((found, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

function spawn(args: readonly string[], env: Readonly<Record<string, string>>, folders: Folders) {
  return Bun.spawn({
    cmd: [binaryPath(), ...args],
    cwd: folders.cwd,
    env: { HOME: folders.home, XDG_RUNTIME_DIR: folders.runtime, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

async function ready(
  url: string,
  child: { exited: Promise<number>; exitCode: number | null },
): Promise<void> {
  const until = performance.now() + LIMIT_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} before it was ready`);
    const answer = await fetch(`${url}/health`).catch(() => null);
    if (answer?.status === 200) return;
    await Promise.race([Bun.sleep(LOOK_MS), child.exited]);
  }
  throw new Error('was not ready in time');
}

async function timeUp(): Promise<string> {
  await Bun.sleep(LIMIT_MS);
  return 'no exit in time';
}
