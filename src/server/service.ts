import type { Configuration } from '../config/build.ts';
import type { ServerSettings } from '../config/settings.ts';
import { isLoopback } from '../core/loopback.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Chain } from '../core/upstream.ts';
import type { Hearing, RelayContext } from '../proxy/context.ts';
import type { CredentialNames } from '../proxy/credential-names.ts';
import type { Gates } from '../proxy/gate.ts';
import { recent } from '../proxy/recent.ts';
import { type RejectedCredentials, rejectedCredentials } from '../proxy/rejected.ts';
import { retryBudgets } from '../proxy/retry-budget.ts';
import { createSessions } from '../proxy/sessions.ts';
import type { Health } from '../store/health-file.ts';
import { type Answer, createApp } from './app.ts';
import { createCommands } from './commands.ts';
import type { Listener } from './listen.ts';
import type { Stats } from './stats.ts';
import { type Identity, type Status, statusOf } from './status.ts';

/** What a service is made of. */
export interface ServiceParts {
  configuration: Configuration;
  identity: Identity;
  runtime: Runtime;
  /** Also the journal of `runtime`. */
  stats: Stats;
  health: Health;
  credentials: CredentialNames;
  gates: Gates;
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
  listening(): Pick<Listener, 'port' | 'addresses'>;
  draining(): boolean;
  /** Begins to drain; returns at once. */
  stop(): void;
  unexpected(requestId: string, error: unknown): void;
}

/** Everything between the listener and the upstreams, with a configuration that can be replaced while it runs. */
export interface Service {
  answer: Answer;
  readonly configuration: Configuration;
  /**
   * Takes another configuration for requests that come from now on; those under way keep what they began with, and upstreams
   * of the same name and address keep what is known of them. Returns what the user should know.
   */
  replace(configuration: Configuration): string[];
  /** Why the file as it stands now is not in use; null when it is. Shown by `status`. */
  complain(error: string | null): void;
}

/** A session's last deserter is remembered until its next request, but not for ever. */
const DESERTER_MS = 10 * 60_000;
const DESERTERS = 1000;

export function createService(parts: ServiceParts): Service {
  const { identity, runtime, stats, health, credentials, prober } = parts;
  const rejected = rejectedCredentials(parts.secret);
  const { host, port } = parts.configuration.settings.server;
  let configuration = parts.configuration;
  let relay = firstRelay(parts, rejected);
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
      preferred: health.preferred,
      credentials,
      stats,
      runtime,
    });
  }

  const answer = createApp({
    messages: () => {
      const { tokens, maxBodyBytes } = own();
      return { relay, maxBodyBytes, tokens: [...tokens, ...controlTokens()] };
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
        prefer: (name) => health.prefer(name),
        nudge: () => prober.nudge(),
      }),
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
      configuration = { ...next, settings: { ...next.settings, server } };
      const { chain, settings } = configuration;
      relay = { ...relay, chain, failover: settings.failover };
      prober.watch(chain);
      return [...notes, ...forgetMissing(health, chain)];
    },
    complain(words) {
      error = words;
    },
  };
}

/** Takes back the preference for an upstream that does not exist any more. Returns what the user should know of it. */
export function forgetMissing(health: Pick<Health, 'preferred' | 'prefer'>, chain: Chain): string[] {
  const { preferred } = health;
  if (preferred === null || chain.some(({ name }) => name === preferred)) return [];
  health.prefer(null);
  return [`${preferred} was preferred and is not in the chain any more: the chain's own order counts again`];
}

function firstRelay(
  { configuration, runtime, health, credentials, gates, prober }: ServiceParts,
  rejected: RejectedCredentials,
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
    retries: retryBudgets(),
    slowOnTrial: new Set(),
    preference: health,
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
