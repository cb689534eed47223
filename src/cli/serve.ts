import type { Configuration } from '../config/build.ts';
import { describeProblems } from '../config/problem.ts';
import { variable } from '../config/references.ts';
import { recent } from '../proxy/recent.ts';
import { rejectedCredentials } from '../proxy/rejected.ts';
import { createApp } from '../server/app.ts';
import { type Listener, listen, PortTaken } from '../server/listen.ts';
import { stats } from '../server/stats.ts';
import { statusOf } from '../server/status.ts';
import { logJournal } from '../telemetry/journal.ts';
import { LOG_LEVELS, type LogLevelName, openLog } from '../telemetry/log.ts';
import { buildInfo } from './build-info.ts';
import { createEnding } from './ending.ts';
import { EXIT, Exit } from './exit.ts';
import { removeInstance, writeInstance } from './instance.ts';
import { tell } from './print.ts';
import { findRunning } from './running.ts';
import { createRuntime, machineClock, randomName } from './runtime.ts';
import { type CommonFlags, configured } from './sources.ts';
import { describeUnforeseen, surviveUnforeseen } from './unforeseen.ts';
import { welcome } from './welcome.ts';

/** A session's last deserter is remembered until its next request, but not for ever. */
const DESERTER_MS = 10 * 60_000;

/**
 * `ccproxy [serve]`: listens until it is told to stop.
 * @throws Exit 2 for a configuration or a log level that is not valid, 1 for a port that is taken.
 */
export async function serve(flags: CommonFlags): Promise<never> {
  const log = openLog(levelOf(flags), tell);
  const result = await configured(flags);
  if (!result.ok) throw new Exit(EXIT.usage, describeProblems(result.problems));
  const { configuration } = result;
  const { settings, chain } = configuration;

  const instance = randomName(8);
  const controlToken = randomName(24);
  const counters = stats(machineClock, logJournal(log));
  const runtime = createRuntime(instance, counters);
  const identity = {
    version: buildInfo.version,
    instance,
    startedAt: machineClock.now(),
    mode: settings.mode,
    configPath: settings.configPath,
  };
  const { adminToken, tokens, allowedHosts, maxBodyBytes, host } = settings.server;
  const controlTokens = adminToken === null ? [controlToken] : [controlToken, adminToken];
  const ending = createEnding(settings.server.drainTimeoutMs);

  const unforeseen = (what: string) => log.error('{line}', { line: `internal error: ${what}` });
  let listener: Listener | null = null;
  const answer = createApp({
    messages: {
      relay: {
        chain,
        failover: settings.failover,
        runtime,
        rejected: rejectedCredentials(randomName(16)),
        deserters: recent(DESERTER_MS, 1000),
      },
      maxBodyBytes,
      tokens: [...tokens, ...controlTokens],
    },
    guard: () => ({
      port: listener?.port ?? settings.server.port,
      allowedHosts: [...allowedHosts, ...ownName(host)],
      tokens,
      controlTokens,
      instance,
    }),
    runtime,
    draining: () => ending.begun(),
    version: buildInfo.version,
    startedAt: identity.startedAt,
    status: () => statusOf(identity, listener?.addresses ?? [], chain, counters, runtime),
    controlTokens,
    stop: () => ending.begin(),
    unexpected: (id, error) => unforeseen(`${id}: ${describeUnforeseen(error)}`),
  });
  surviveUnforeseen(unforeseen);
  listener = await open(configuration, answer);
  const { port } = listener;
  const obstacle = writeInstance({ port, pid: process.pid, instance, token: controlToken });
  ending.arm(listener, () => removeInstance({ port, instance }));
  for (const line of welcome(configuration, listener, obstacle)) tell(line);
  return new Promise<never>(() => {});
}

function levelOf({ logLevel }: CommonFlags): LogLevelName {
  const asked = logLevel ?? variable(process.env, 'CCPROXY_LOG_LEVEL') ?? 'info';
  const level = LOG_LEVELS.find((name) => name === asked);
  if (level !== undefined) return level;
  const key = logLevel === undefined ? 'CCPROXY_LOG_LEVEL' : '--log-level';
  throw new Exit(EXIT.usage, `${key}: found ${JSON.stringify(asked)}; allowed: ${LOG_LEVELS.join(', ')}`);
}

/** The address that is listened on is a name of ours, unless it stands for all of them. */
function ownName(host: string): string[] {
  if (host === '0.0.0.0' || host === '::') return [];
  return [host.includes(':') ? `[${host}]` : host.toLowerCase()];
}

async function open({ settings }: Configuration, answer: Parameters<typeof listen>[2]): Promise<Listener> {
  const { host, port } = settings.server;
  try {
    return listen(host, port, answer);
  } catch (error) {
    if (!(error instanceof PortTaken)) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Exit(EXIT.failed, `cannot listen on ${host}, port ${port}: ${why}`);
    }
    const address = error.host.includes(':') ? `[${error.host}]` : error.host;
    const other = await findRunning(address, port);
    throw new Exit(EXIT.failed, taken(port, other?.version));
  }
}

function taken(port: number, version: string | undefined): string {
  if (version !== undefined) {
    return [
      `port ${port} is taken: ccproxy ${version} is running there already, with the settings it was started with.`,
      `Use it as it is, or for new settings: ccproxy stop --port ${port}, then start again`,
    ].join(' ');
  }
  return `port ${port} is taken by another program, not a ccproxy: choose another with --port, or end that program`;
}
