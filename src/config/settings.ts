import type { BreakerSettings } from '../core/breaker.ts';
import type { Ms } from '../core/failure.ts';
import type { MidStream } from '../core/splice.ts';
import type { ProbeSettings, Timeouts } from '../core/upstream.ts';
import { matchTriggers, type Trigger } from './trigger.ts';

/** The listener. */
export interface ServerSettings {
  /** A name or address without brackets; `localhost` means 127.0.0.1 and ::1. */
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** More names that a request's Host may carry, in lower case. */
  allowedHosts: readonly string[];
  /** What clients must present; empty means that none is needed. */
  tokens: readonly string[];
  adminToken: string | null;
  drainTimeoutMs: Ms;
  maxBodyBytes: number;
}

/** When the next upstream is asked. */
export interface FailoverSettings {
  enabled: boolean;
  /** Whether a status of Anthropic fails over. */
  triggers: (status: number) => boolean;
  /** The triggers as they were written. */
  triggerList: readonly Trigger[];
  /** Upstreams tried after the first. */
  maxFailoverAttempts: number;
  /** Streaming: from the request to the first content, all attempts together. */
  budgetMs: Ms;
  midStream: MidStream;
  /** After so long without a first content the next upstream is started, too; null: never. < budgetMs */
  hedgeMs: Ms | null;
  /** How long a recovered upstream must stay well before it serves again, if it does not flap; ≥ 0. */
  returnAfterMs: Ms;
}

/** Everything but the chain. */
export interface Settings {
  /** How the chain came about: from PROVIDER, from keys in the environment, or from a file. */
  mode: 'emergency' | 'standing' | 'file';
  /** The absolute path of the file in use. */
  configPath: string | null;
  server: ServerSettings;
  failover: FailoverSettings;
}

export const DEFAULT_SERVER: ServerSettings = {
  host: 'localhost',
  port: 3456,
  allowedHosts: [],
  tokens: [],
  adminToken: null,
  drainTimeoutMs: 30_000,
  maxBodyBytes: 64_000_000,
};

const DEFAULT_TRIGGERS: readonly Trigger[] = [401, 402, 403, 404, 408, 409, 429, '5xx'];

export const DEFAULT_FAILOVER: FailoverSettings = {
  enabled: true,
  triggers: matchTriggers(DEFAULT_TRIGGERS),
  triggerList: DEFAULT_TRIGGERS,
  maxFailoverAttempts: 8,
  budgetMs: 120_000,
  midStream: 'resume',
  hedgeMs: null,
  returnAfterMs: 30_000,
};

export const DEFAULT_TIMEOUTS: Timeouts = {
  connectMs: 3_000,
  firstEventMs: 45_000,
  idleMs: 90_000,
  responseMs: 240_000,
};

/** Of a remote host that is probed as `DEFAULT_PROBE` says. */
export const DEFAULT_BREAKER: BreakerSettings = {
  failures: 2,
  windowMs: 60_000,
  ratio: 0.5,
  minSamples: 5,
  openMs: 15_000,
  openMaxMs: 300_000,
  connection: { openMs: 10_000, openMaxMs: 300_000 },
  prober: 'connection',
};

/** For failures to connect to this machine: whoever starts the server again waits for it. */
export const LOOPBACK_CONNECTION: BreakerSettings['connection'] = { openMs: 5_000, openMaxMs: 30_000 };

/** Of an upstream that is not the first, where its preset says nothing else. */
export const DEFAULT_PROBE: ProbeSettings = {
  enabled: true,
  method: 'head',
  path: '/models',
  intervalMs: 30_000,
  timeoutMs: 3_000,
};

/** Between two probes of the first upstream of the chain. */
export const FIRST_PROBE_INTERVAL_MS: Ms = 10_000;
