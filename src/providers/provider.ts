import type { Quirks } from '../core/quirks.ts';
import type { ProbeMethod } from '../core/upstream.ts';
import type { ModelSource } from './model-data.ts';

/** The dialects an upstream can speak. */
export type DialectName = 'anthropic' | 'openai-chat';

/** The Claude families for which every preset names a model. */
export interface FamilyModels {
  opus: string;
  sonnet: string;
  haiku: string;
}

/** A preset: everything ccproxy knows about one kind of place. Data only. */
export interface Provider {
  readonly name: string;
  /** Prefix of its environment variables: `GROQ` for `GROQ_API_KEY`, `GROQ_BASE_URL`, `GROQ_MODEL`, `GROQ_MAX_TOKENS`. */
  readonly env: string;
  /** Dialect, unless the configuration or the path of the base URL says otherwise. */
  readonly dialect: DialectName;
  /** Default address including the version; null when it must be configured. */
  readonly base: string | null;
  /** The same of its Messages API, where that is not below `base`. */
  readonly messagesBase?: string;
  /**
   * `client`: the client's own credential, or ccproxy's where the client has none · `required`: ccproxy's key ·
   * `optional`: ccproxy's key where there is one.
   */
  readonly credential: 'client' | 'required' | 'optional';
  /** Header that carries ccproxy's key; `authorization` sends it as a Bearer token. */
  readonly authHeader: 'authorization' | 'x-api-key';
  /** Default models; null passes the asked name on. */
  readonly models: FamilyModels | null;
  /** Where what is known of its models is taken from. */
  readonly modelData: ModelSource;
  /** Where a person gets a key. */
  readonly keyUrl?: string;
  /** True for Anthropic itself. */
  readonly native: boolean;
  /** True for a server on this machine, asked whether it is there instead of for a key. */
  readonly local: boolean;
  /**
   * How it is probed, unless the configuration says otherwise: the cheapest way that shows something. Where that would take
   * the client's credential, it is `head`. `path`: what `models` asks for below the base, default `/models`.
   */
  readonly probe: { readonly method: ProbeMethod; readonly path?: string };
  /** At most this many output tokens are asked for, unless the user says otherwise; absent passes on what is asked. */
  readonly maxTokens?: number;
  readonly quirks: Quirks;
}
