/** A proxy under test. */
export interface Rival {
  readonly name: string;
  readonly version: string;
  /** How the backup must speak. */
  readonly backupDialect: 'anthropic' | 'openai-chat';
  /** Where the upstreams have to listen, for a proxy that was configured beforehand; default: anywhere. */
  readonly ports?: { readonly primary: number; readonly backup: number };
  /** Installs what is missing; takes minutes the first time. */
  prepare(): Promise<void>;
  /** Starts it in front of these upstreams; resolves when it takes requests. */
  start(upstreams: Upstreams): Promise<RunningRival>;
}

export interface Upstreams {
  /** Addresses without a path. The primary speaks the Messages API. */
  readonly primary: string;
  readonly backup: string;
  /**
   * How long a silent upstream is waited for, in milliseconds, wherever the proxy has a setting for it: shorter than
   * anyone would have it, so that an outage can be watched to its end, and the same for all.
   */
  readonly patienceMs: number;
}

export interface RunningRival {
  /** What ANTHROPIC_BASE_URL would say. */
  readonly baseUrl: string;
  /** What every request needs besides what its client sends. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends it and everything that it started. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The model that requests have to name: a proxy that routes by model is told that both upstreams have it. */
export const MODEL = 'claude-sonnet-4-5';

/** The client's credential, which a proxy with keys of its own takes as one of them. */
export const CLIENT_KEY = 'sk-client';
