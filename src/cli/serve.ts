import { type Configuration, configure } from '../config/build.ts';
import { describeProblems } from '../config/problem.ts';
import { variable } from '../config/references.ts';
import { credentialNames } from '../proxy/credential-names.ts';
import { createGates } from '../proxy/gate.ts';
import { createProber } from '../proxy/prober.ts';
import type { Answer } from '../server/app.ts';
import { createHolders } from '../server/holders.ts';
import { inherited } from '../server/inherited.ts';
import { type Listener, listen, PortTaken } from '../server/listen.ts';
import { createServing, missingPreferred, type Serving } from '../server/serving.ts';
import { stats } from '../server/stats.ts';
import { openHealth } from '../store/health-file.ts';
import { openTested } from '../store/tested-file.ts';
import { logJournal } from '../telemetry/journal.ts';
import { LOG_LEVELS, type LogLevelName, openLog } from '../telemetry/log.ts';
import { buildInfo } from './build-info.ts';
import { createEnding, type Ending } from './ending.ts';
import { EXIT, Exit } from './exit.ts';
import type { Watched } from './file-changes.ts';
import { removeInstance, writeInstance } from './instance.ts';
import { mostInFlight } from './many-requests.ts';
import { tell } from './print.ts';
import { createReading, type Reading } from './reading.ts';
import { createReload } from './reload.ts';
import { findRunning } from './running.ts';
import { addresses, createRuntime, isProxied, machineClock, randomName } from './runtime.ts';
import { describeSilent } from './silent.ts';
import { type CommonFlags, homeFolder, sourcesOf } from './sources.ts';
import { healthPath, stateFolder, testedPath } from './state-folder.ts';
import { describeUnforeseen, surviveUnforeseen } from './unforeseen.ts';
import { welcome } from './welcome.ts';

/** A server that lives no longer than somebody holds on to it. */
export interface Held {
  /** Told once requests are accepted. */
  ready(port: number): void;
  /** Settles when the process that started it is gone: it is the first holder. */
  starterGone: Promise<unknown>;
}

/**
 * `ccproxy [serve]`: listens until it is told to stop, or nobody holds on to it.
 * @throws Exit 2 for a configuration or a log level that is not valid, 1 for a port that is taken.
 */
export async function serve(flags: CommonFlags, held?: Held): Promise<never> {
  const log = openLog(levelOf(flags), tell);
  const reading = createReading((files) => configure({ ...sourcesOf(flags), ...files }), machineClock);
  const result = await reading.configured();
  if (!result.ok) throw new Exit(EXIT.usage, describeProblems(result.problems));
  const { configuration } = result;
  const { settings, chain } = configuration;

  const unforeseen = (what: string) => log.error('{line}', { line: `internal error: ${what}` });
  const warn = (line: string) => tell(`ccproxy: warning: ${line}`);
  const instance = randomName(8);
  const controlToken = randomName(24);
  const ending = createEnding();
  const holders = createHolders({
    name: () => randomName(8),
    left() {
      if (held !== undefined) ending.begin();
      return held !== undefined;
    },
  });
  if (held !== undefined) void held.starterGone.then(holders.add());

  let answer: Answer = () => Promise.reject(new Error('asked before there is anything to answer with'));
  const listener = await open(configuration, (request) => answer(request));
  // From here on the port is ours, and with it the file. No request comes before this is done: nothing waits in between.
  const folder = stateFolder(process.env, homeFolder(), process.platform);
  const health = openHealth({
    path: healthPath(folder, settings.server.port),
    clock: machineClock,
    random: () => randomName(16),
    upstreams: chain,
    warn,
  });
  const counters = stats(machineClock, logJournal(log));
  const runtime = createRuntime(instance, health.breakers, counters);
  const credentials = credentialNames(health.salt);
  const gates = createGates(machineClock);
  const prober = createProber({
    runtime,
    credentials,
    network: runtime.network,
    // All of them: to look once more than is needed costs a connection, and only after a loss.
    forgetConnections: () => runtime.send.forget(),
    addresses,
    isProxied,
    isServing: ({ name }) => gates.held(name) > 0,
    unexpected: (error) => unforeseen(`probes: ${describeUnforeseen(error)}`),
  });
  const serving = createServing({
    configuration,
    identity: { version: buildInfo.version, instance, startedAt: machineClock.now() },
    runtime,
    stats: counters,
    health,
    tested: openTested(testedPath(folder), () => randomName(16)),
    credentials,
    gates,
    mostInFlight: mostInFlight(process.env),
    prober,
    secret: randomName(16),
    controlToken,
    holders,
    listening: () => listener,
    draining: () => ending.begun(),
    stop: () => ending.begin(),
    unexpected: (id, error) => unforeseen(`${id}: ${describeUnforeseen(error)}`),
  });
  answer = serving.answer;
  surviveUnforeseen(unforeseen);

  const { port } = listener;
  const obstacle = writeInstance({ port, pid: process.pid, instance, token: controlToken });
  const watched = watchConfiguration(reading, serving, ending);
  ending.arm(listener, {
    drainMs: () => serving.configuration.settings.server.drainTimeoutMs,
    pending: () => listener.pending - holders.streams,
    beforeDrain() {
      holders.dismiss();
      watched.stop();
      prober.stop();
      health.close();
    },
    atExit: () => removeInstance({ port, instance }),
  });
  for (const line of missingPreferred(health, chain)) warn(line);
  const left = inherited(chain, health, credentials, runtime);
  for (const line of welcome(configuration, listener, left, obstacle)) tell(line);
  held?.ready(port);
  prober.watch(chain);
  return new Promise<never>(() => {});
}

/** Reads the configuration again at SIGHUP, and when its file has changed. A closed terminal ends nothing, file or not. */
function watchConfiguration(reading: Reading, serving: Serving, ending: Ending): Watched {
  const reload = createReload({
    serving,
    read: reading.configured,
    draining: () => ending.begun(),
    tell,
  });
  process.on('SIGHUP', () => void reload());
  const path = serving.configuration.settings.configPath;
  return path === null ? { stop() {} } : reading.watch(path, () => void reload());
}

function levelOf({ logLevel }: CommonFlags): LogLevelName {
  const asked = logLevel ?? variable(process.env, 'CCPROXY_LOG_LEVEL') ?? 'info';
  const level = LOG_LEVELS.find((name) => name === asked);
  if (level !== undefined) return level;
  const key = logLevel === undefined ? 'CCPROXY_LOG_LEVEL' : '--log-level';
  throw new Exit(EXIT.usage, `${key}: found ${JSON.stringify(asked)}; allowed: ${LOG_LEVELS.join(', ')}`);
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
    const silent = other === null ? await describeSilent(address, port) : null;
    throw new Exit(EXIT.failed, silent ?? taken(port, other?.version));
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
