import type { Configuration } from '../config/build.ts';
import type { ServerSettings } from '../config/settings.ts';
import { calibration } from '../core/calibration.ts';
import { isLoopback } from '../core/loopback.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Chain } from '../core/upstream.ts';
import type { Hearing, Preference, RelayContext } from '../proxy/context.ts';
import type { CredentialNames } from '../proxy/credential-names.ts';
import type { Gates } from '../proxy/gate.ts';
import { lessons } from '../proxy/lessons.ts';
import { recent } from '../proxy/recent.ts';
import { type RejectedCredentials, rejectedCredentials } from '../proxy/rejected.ts';
import { retryBudgets } from '../proxy/retry-budget.ts';
import { createSessions } from '../proxy/sessions.ts';
import type { Health } from '../store/health-file.ts';
import type { Tested } from '../store/tested-file.ts';
import { type Answer, createApp } from './app.ts';
import { createCommands } from './commands.ts';
import type { Holders } from './holders.ts';
import { inFlight as counted } from './in-flight.ts';
import type { Listener } from './listen.ts';
import type { Stats } from './stats.ts';
import { type Identity, type Status, statusOf } from './status.ts';

/** What serving is made of. */
export interface ServingParts {
  configuration: Configuration;
  identity: Identity;
  runtime: Runtime;
  /** Also the journal of `runtime`. */
  stats: Stats;
  health: Health;
  tested: Tested;
  credentials: CredentialNames;
  gates: Gates;
  /** At most so many requests of clients at once; ≥ 1. */
  mostInFlight: number;
  prober: Hearing & {
    /** Probes these upstreams from now on, and no others. */
    watch(chain: Chain): void;
    /** Something changed: looks at every upstream soon. */
    nudge(): void;
  };
  /** Random, of this process. */
  secret: string;
  /** Opens everything, beside `server.admin_token`. */
  controlToken: string;
  holders: Pick<Holders, 'hold' | 'release'>;
  listening(): Pick<Listener, 'port' | 'addresses'>;
  draining(): boolean;
  /** Begins to drain; returns at once. */
  stop(): void;
  unexpected(requestId: string, error: unknown): void;
}

/** Everything between the listener and the upstreams, with a configuration that can be replaced while it runs. */
export interface Serving {
  answer: Answer;
  readonly configuration: Configuration;
  /**
   * Takes another configuration for requests that come from now on; those under way keep what they began with. Upstreams of
   * the same name and address keep what is known of them, and those of the same name stay held out. Returns what the user
   * should know.
   */
  replace(configuration: Configuration): string[];
  /** Why the file as it stands now is not in use; null when it is. Shown by `status`. */
  complain(error: string | null): void;
}

/** A session's last deserter is remembered until its next request, but not for ever. */
const DESERTER_MS = 10 * 60_000;
const DESERTERS = 1000;

export function createServing(parts: ServingParts): Serving {
  const { identity, runtime, stats, health, credentials, prober } = parts;
  const rejected = rejectedCredentials(parts.secret);
  const { host, port } = parts.configuration.settings.server;
  let configuration = parts.configuration;
  const preference: Preference = {
    get preferred() {
      return isIn(configuration.chain, health.preferred) ? health.preferred : null;
    },
  };
  let relay = firstRelay(parts, rejected, preference);
  const inFlight = counted(parts.mostInFlight);
  let error: string | null = null;

  const own = () => configuration.settings.server;
  const controlTokens = () => {
    const { adminToken } = own();
    return adminToken === null ? [parts.controlToken] : [parts.controlToken, adminToken];
  };

  function status(): Status {
    const { mode, configPath } = configuration.settings;
    return statusOf({
      identity,
      mode,
      config: { path: configPath, error },
      listen: parts.listening().addresses,
      chain: configuration.chain,
      preferred: preference.preferred,
      credentials,
      stats,
      runtime,
      returnAfterMs: configuration.settings.failover.returnAfterMs,
      tested: parts.tested,
    });
  }

  const answer = createApp({
    messages: () => {
      const { tokens, maxBodyBytes } = own();
      return { relay, maxBodyBytes, tokens: [...tokens, ...controlTokens()], inFlight };
    },
    guard: () => ({
      port: parts.listening().port,
      allowedHosts: [...own().allowedHosts, ...ownName(host)],
      tokens: own().tokens,
      controlTokens: controlTokens(),
      instance: identity.instance,
    }),
    admin: {
      commands: createCommands({
        chain: () => configuration.chain,
        runtime,
        credentials,
        rejected,
        health,
        nudge: () => prober.nudge(),
      }),
      fingerprint: () => configuration.fingerprint(parts.controlToken),
      holders: parts.holders,
      stop: parts.stop,
    },
    runtime,
    draining: parts.draining,
    version: identity.version,
    startedAt: identity.startedAt,
    status,
    greeted: () => prober.nudge(),
    unexpected: parts.unexpected,
  });

  return {
    answer,
    get configuration() {
      return configuration;
    },
    replace(next) {
      const { server, notes } = serverFrom(next.settings.server, own(), { host, port });
      const wasPreferred = preference.preferred !== null;
      configuration = { ...next, settings: { ...next.settings, server } };
      const { chain, settings } = configuration;
      health.meet(chain);
      relay = { ...relay, chain, failover: settings.failover };
      prober.watch(chain);
      return wasPreferred ? [...notes, ...missingPreferred(health, chain)] : notes;
    },
    complain(words) {
      error = words;
    },
  };
}

/** What the user should know of a preference that cannot be followed at the moment. */
export function missingPreferred({ preferred }: Preference, chain: Chain): string[] {
  if (preferred === null || isIn(chain, preferred)) return [];
  return [`${preferred} is preferred and not in the chain: until it is, the chain's own order counts`];
}

function isIn(chain: Chain, name: string | null): boolean {
  return chain.some((upstream) => upstream.name === name);
}

function firstRelay(
  { configuration, runtime, credentials, gates, prober }: ServingParts,
  rejected: RejectedCredentials,
  preference: Preference,
): RelayContext {
  return {
    chain: configuration.chain,
    failover: configuration.settings.failover,
    runtime,
    rejected,
    credentials,
    deserters: recent(DESERTER_MS, DESERTERS),
    sessions: createSessions(),
    gates,
    retries: retryBudgets(runtime.clock),
    calibration: calibration(),
    lessons: lessons(),
    slowOnTrial: new Set(),
    preference,
    prober,
  };
}

/** The new settings, but for what a listener that is open cannot take; and what the user should know of that. */
function serverFrom(
  next: ServerSettings,
  before: ServerSettings,
  open: Pick<ServerSettings, 'host' | 'port'>,
): { server: ServerSettings; notes: string[] } {
  const moved = (['host', 'port'] as const).filter((key) => next[key] !== open[key]);
  const notes = moved.map((key) => `server.${key} takes effect when ccproxy is started again`);
  // Other machines can connect for as long as it listens where it does.
  if (isLoopback(open.host) || next.tokens.length > 0) return { server: { ...next, ...open }, notes };
  const note = `server.tokens stay as they were while ccproxy listens on ${open.host}`;
  return { server: { ...next, ...open, tokens: before.tokens }, notes: [...notes, note] };
}

/** The address that is listened on is a name of ours, unless it stands for all of them. */
function ownName(host: string): string[] {
  if (host === '0.0.0.0' || host === '::') return [];
  return [host.includes(':') ? `[${host}]` : host.toLowerCase()];
}
