import { type Configuration, configure } from '../../src/config/build.ts';
import { describeProblems } from '../../src/config/problem.ts';
import type { Journal } from '../../src/core/runtime.ts';
import { recent } from '../../src/proxy/recent.ts';
import { rejectedCredentials } from '../../src/proxy/rejected.ts';
import { createSend } from '../../src/proxy/send.ts';
import { createApp } from '../../src/server/app.ts';
import { type Listener, listen } from '../../src/server/listen.ts';
import { type Stats, stats } from '../../src/server/stats.ts';
import { type Identity, statusOf } from '../../src/server/status.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';

export const CONTROL_TOKEN = 'control-token-of-the-test';

export interface AppOptions {
  /** The text of the configuration file; without one, and without PROVIDER in `env`, it is standing mode. */
  file?: string;
  env?: Readonly<Record<string, string>>;
  journal?: Journal;
  draining?: () => boolean;
  /** How much faster its timers run than the machine's; default 1. */
  haste?: number;
  /** What listens: default both loopback addresses. */
  host?: string;
}

/** The real app on a free port of this machine, in this process. */
export interface RunningApp {
  readonly port: number;
  readonly url: string;
  readonly counters: Stats;
  readonly configuration: Configuration;
  readonly listener: Listener;
  /** How often it was told to stop. */
  readonly stops: number;
  [Symbol.asyncDispose](): Promise<void>;
}

const SILENT: Journal = { attempt() {}, serving() {}, request() {} };

export async function startApp(options: AppOptions = {}): Promise<RunningApp> {
  const configuration = await configurationOf(options);
  const { settings, chain } = configuration;
  const { adminToken, tokens, allowedHosts, maxBodyBytes } = settings.server;
  const clock = {
    now: Date.now,
    after(delayMs: number, run: () => void) {
      const timer = setTimeout(run, delayMs / (options.haste ?? 1));
      return { cancel: () => clearTimeout(timer) };
    },
  };
  let stops = 0;
  const unexpected: unknown[] = [];
  let listener: Listener | null = null;
  const instance = `instance-${crypto.randomUUID()}`;
  const counters = stats(clock, options.journal ?? SILENT);
  const runtime = {
    clock,
    random: Math.random,
    id: (prefix: string) => `${prefix}${crypto.randomUUID().replaceAll('-', '')}`,
    send: createSend({ clock, instance, isProxied: () => false }),
    breakers: memoryStore(),
    journal: counters,
  };
  const identity: Identity = {
    version: '1.2.3',
    instance,
    startedAt: clock.now(),
    mode: settings.mode,
    configPath: settings.configPath,
  };
  const controlTokens = adminToken === null ? [CONTROL_TOKEN] : [CONTROL_TOKEN, adminToken];
  const answer = createApp({
    messages: {
      relay: {
        chain,
        failover: settings.failover,
        runtime,
        rejected: rejectedCredentials('salt'),
        deserters: recent(60_000, 100),
      },
      maxBodyBytes,
      tokens: [...tokens, ...controlTokens],
    },
    guard: () => ({ port: listener?.port ?? 0, allowedHosts, tokens, controlTokens, instance }),
    runtime,
    draining: options.draining ?? (() => false),
    version: identity.version,
    startedAt: identity.startedAt,
    status: () => statusOf(identity, listener?.addresses ?? [], chain, counters, runtime),
    controlTokens,
    stop() {
      stops += 1;
    },
    unexpected(_, error) {
      unexpected.push(error);
    },
  });
  const open = listen(options.host ?? 'localhost', settings.server.port, answer);
  listener = open;
  return {
    port: open.port,
    url: `http://127.0.0.1:${open.port}`,
    counters,
    configuration,
    listener: open,
    get stops() {
      return stops;
    },
    async [Symbol.asyncDispose]() {
      open.close();
      if (unexpected.length > 0)
        throw new AggregateError(unexpected, 'the app met errors that nobody foresaw');
    },
  };
}

async function configurationOf({ file, env = {} }: AppOptions): Promise<Configuration> {
  const result = await configure({
    env: { CCPROXY_PORT: '0', ...env },
    read: async (path) => (path === '/config/ccproxy.toml' ? (file ?? null) : null),
    cwd: '/nowhere',
    home: '/nowhere/home',
    answers: async () => false,
    dialects: { anthropic, 'openai-chat': openaiChat },
    ...(file === undefined ? {} : { configFlag: '/config/ccproxy.toml' }),
  });
  if (!result.ok) throw new Error(describeProblems(result.problems));
  return result.configuration;
}

/** The body of an error answer. */
export interface ErrorBody {
  type: string;
  error: { type: string; message: string };
  request_id: string;
}

/** The body of an answer, taken for what the test expects it to be. */
export function bodyOf<T>(answer: Response): Promise<T> {
  return answer.json() as Promise<T>;
}

/** A file with Anthropic at `anthropic` and, behind it, a backup that speaks openai-chat at `backup`. */
export function chainFile(places: { anthropic?: string; backup?: string }, more = ''): string {
  const tables = [
    places.anthropic === undefined
      ? ''
      : `[upstreams.anthropic]\nprovider = "anthropic"\nbase_url = "${places.anthropic}"\n`,
    places.backup === undefined
      ? ''
      : `[upstreams.backup]\nprovider = "openai-compatible"\nbase_url = "${places.backup}/v1"\napi_key = "backup-key"\nmodels = { "*" = "backup-model" }\n`,
  ];
  return `${more}\n${tables.join('\n')}`;
}
