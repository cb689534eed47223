import { type Configuration, configure } from '../../src/config/build.ts';
import { describeProblems } from '../../src/config/problem.ts';
import type { Clock, Journal } from '../../src/core/runtime.ts';
import type { Chain, Upstream } from '../../src/core/upstream.ts';
import { credentialNames } from '../../src/proxy/credential-names.ts';
import { createGates } from '../../src/proxy/gate.ts';
import { watchNetwork } from '../../src/proxy/network-watch.ts';
import { createSend } from '../../src/proxy/send.ts';
import { createHolders, type Holders } from '../../src/server/holders.ts';
import { type Listener, listen } from '../../src/server/listen.ts';
import { createServing, type Serving } from '../../src/server/serving.ts';
import { type Stats, stats } from '../../src/server/stats.ts';
import { type Health, openHealth } from '../../src/store/health-file.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';

export const CONTROL_TOKEN = 'control-token-of-the-test';

export interface AppOptions {
  /** The text of the configuration file; without one, and without PROVIDER in `env`, it is standing mode. */
  file?: string;
  env?: Readonly<Record<string, string>>;
  journal?: Journal;
  draining?: () => boolean;
  /** Told when nobody holds on any more; gives whether it ends because of that. */
  left?: () => boolean;
  /** How much faster its timers run than the machine's; default 1. */
  haste?: number;
  /** What listens: default both loopback addresses. */
  host?: string;
  /** Where what is known of the upstreams is kept; default: nowhere. */
  healthPath?: string;
  /** Told of what is wrong with that file. */
  warn?: (line: string) => void;
  /** Requests of clients that it has at once; default 100. */
  mostInFlight?: number;
}

/** The real app on a free port of this machine, in this process. */
export interface RunningApp {
  readonly port: number;
  readonly url: string;
  readonly counters: Stats;
  readonly configuration: Configuration;
  readonly listener: Listener;
  readonly serving: Serving;
  readonly health: Health;
  /** What the prober was told: `nudge`, `active`, `doubt NAME`, `watch NAMES`. */
  readonly told: string[];
  readonly holders: Holders;
  /** How often it was told to stop. */
  readonly stops: number;
  [Symbol.asyncDispose](): Promise<void>;
}

const SILENT: Journal = { attempt() {}, serving() {}, request() {}, probe() {}, breaker() {} };

/** A clock whose timers run faster than the machine's. */
function hasty(haste: number): Clock {
  return {
    now: Date.now,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / haste);
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

/** A prober that sends nothing and writes down what it is told. */
function deafProber(told: string[]) {
  return {
    active: () => void told.push('active'),
    well: () => {},
    doubt: ({ name }: Upstream) => void told.push(`doubt ${name}`),
    nudge: () => void told.push('nudge'),
    watch: (chain: Chain) => void told.push(`watch ${chain.map(({ name }) => name).join(' ')}`),
  };
}

export async function startApp(options: AppOptions = {}): Promise<RunningApp> {
  const configuration = await configurationOf(options);
  const { settings, chain } = configuration;
  const clock = hasty(options.haste ?? 1);
  let stops = 0;
  const told: string[] = [];
  const unexpected: unknown[] = [];
  const instance = `instance-${crypto.randomUUID()}`;
  const counters = stats(clock, options.journal ?? SILENT);
  const health = openHealth({
    path: options.healthPath ?? null,
    clock,
    random: () => crypto.randomUUID().replaceAll('-', ''),
    upstreams: chain,
    warn: options.warn ?? (() => {}),
  });
  const runtime = {
    clock,
    random: Math.random,
    id: (prefix: string) => `${prefix}${crypto.randomUUID().replaceAll('-', '')}`,
    send: createSend({ clock, instance, isProxied: () => false }),
    breakers: health.breakers,
    network: watchNetwork({ clock, isConnected: () => true }),
    journal: counters,
  };
  const holders = createHolders({ name: () => crypto.randomUUID(), left: options.left ?? (() => false) });
  const serving = createServing({
    configuration,
    identity: { version: '1.2.3', instance, startedAt: clock.now() },
    runtime,
    stats: counters,
    health,
    tested: { dates: () => () => null },
    credentials: credentialNames(health.salt),
    gates: createGates(clock),
    mostInFlight: options.mostInFlight ?? 100,
    prober: deafProber(told),
    secret: 'secret-of-the-test',
    controlToken: CONTROL_TOKEN,
    holders,
    listening: () => open,
    draining: options.draining ?? (() => false),
    stop() {
      stops += 1;
    },
    unexpected(_, error) {
      unexpected.push(error);
    },
  });
  const open: Listener = listen(options.host ?? 'localhost', settings.server.port, serving.answer);
  return {
    port: open.port,
    url: `http://127.0.0.1:${open.port}`,
    counters,
    configuration,
    listener: open,
    serving,
    health,
    holders,
    told,
    get stops() {
      return stops;
    },
    async [Symbol.asyncDispose]() {
      open.close();
      health.close();
      if (unexpected.length > 0)
        throw new AggregateError(unexpected, 'the app met errors that nobody foresaw');
    },
  };
}

/** The configuration that a file or an environment gives. */
export async function configurationOf({
  file,
  env = {},
}: Pick<AppOptions, 'file' | 'env'>): Promise<Configuration> {
  const result = await configure({
    env: { CCPROXY_PORT: '0', ...env },
    read: async (path) => (path === '/config/ccproxy.toml' ? (file ?? null) : null),
    keychain: async () => null,
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
