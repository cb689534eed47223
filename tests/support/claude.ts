import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The clients that the tests run: one of the summer, one of the autumn; they ask differently. */
export const CLAUDE_VERSIONS = ['2.1.197', '2.1.328'] as const;
export type ClaudeVersion = (typeof CLAUDE_VERSIONS)[number];
export const NEWEST: ClaudeVersion = '2.1.328';

/** What a run of the client is given. */
export interface ClaudeRun {
  version?: ClaudeVersion;
  /** What `ANTHROPIC_BASE_URL` says; default: it is not set. */
  baseUrl?: string;
  /** The program and arguments that start it, in the place of its own name; default: it is started itself. */
  through?: readonly string[];
  prompt: string;
  /** More arguments, before the prompt's own. */
  args?: readonly string[];
  /** More variables; without a credential among them the client gets a made-up API key. */
  env?: Readonly<Record<string, string>>;
  /** Its current folder; default: an empty one of its own. */
  cwd?: string;
  /** Where it keeps its conversations, so that a later run can resume one; default: a folder that goes with the run. */
  home?: string;
  /** After which it is killed. */
  limitMs?: number;
}

/** How it went. */
export interface ClaudeResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** What `--output-format json` printed. */
  report: ClaudeReport | null;
}

export interface ClaudeReport {
  result: string;
  is_error: boolean;
  num_turns: number;
  stop_reason: string | null;
  session_id: string;
}

const CREDENTIALS = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'];
const LIMIT_MS = 60_000;

/** Runs the real client, headless, once, in an environment that holds nothing but what is needed. */
export async function runClaude(run: ClaudeRun): Promise<ClaudeResult> {
  const program = await installClaude(run.version ?? NEWEST);
  const folder = await mkdtemp(join(tmpdir(), 'ccproxy-claude-'));
  const home = run.home ?? join(folder, 'home');
  const cwd = run.cwd ?? join(folder, 'work');
  await mkdir(home, { recursive: true });
  await mkdir(cwd, { recursive: true });
  const given = run.env ?? {};
  const key: Record<string, string> = CREDENTIALS.some((name) => name in given)
    ? {}
    : { ANTHROPIC_API_KEY: 'sk-test' };
  const child = Bun.spawn({
    cmd: [...(run.through ?? []), program, '--output-format', 'json', ...(run.args ?? []), '-p', run.prompt],
    cwd,
    env: {
      HOME: home,
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      ...(run.baseUrl === undefined ? {} : { ANTHROPIC_BASE_URL: run.baseUrl }),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
      ...key,
      ...given,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: run.limitMs ?? LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  try {
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr, report: reportOf(stdout) };
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

/** The program of a client version, from the cache, or installed into it. */
export async function installClaude(version: ClaudeVersion): Promise<string> {
  const name = `@anthropic-ai/claude-code-${platformName()}`;
  const folder = join(cacheFolder(), `claude-${version}`);
  const program = join(folder, 'node_modules', name, process.platform === 'win32' ? 'claude.exe' : 'claude');
  if (existsSync(program)) return program;
  await mkdir(cacheFolder(), { recursive: true });
  const building = await mkdtemp(`${folder}-`);
  try {
    const npm = Bun.spawn({
      cmd: [
        'npm',
        'install',
        '--no-save',
        '--no-package-lock',
        '--ignore-scripts',
        '--prefix',
        building,
        `${name}@${version}`,
      ],
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      timeout: 10 * 60_000,
    });
    const [said, exitCode] = await Promise.all([new Response(npm.stderr).text(), npm.exited]);
    if (exitCode !== 0) throw new Error(`cannot install ${name}@${version}: ${said}`);
    // Whoever comes second keeps the first one's.
    await rename(building, folder).catch((error) => {
      if (!existsSync(program)) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return program;
}

function cacheFolder(): string {
  const { CCPROXY_E2E_CACHE, XDG_CACHE_HOME } = process.env;
  return CCPROXY_E2E_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ccproxy-e2e');
}

function platformName(): string {
  // Where both stand side by side the machine is one of glibc.
  const isMusl = process.platform === 'linux' && !existsSync(GLIBC[process.arch] ?? '');
  return `${process.platform}-${process.arch}${isMusl ? '-musl' : ''}`;
}

/** The loader of programs that are linked with glibc, by processor. */
const GLIBC: Readonly<Record<string, string>> = {
  x64: '/lib64/ld-linux-x86-64.so.2',
  arm64: '/lib/ld-linux-aarch64.so.1',
};

function reportOf(stdout: string): ClaudeReport | null {
  try {
    const parsed: unknown = JSON.parse(stdout);
    return isReport(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function isReport(value: unknown): value is ClaudeReport {
  return typeof value === 'object' && value !== null && 'is_error' in value;
}
