import type { Ms } from '../core/failure.ts';
import type { Runtime } from '../core/runtime.ts';
import type { MidStream } from '../core/splice.ts';
import type { Chain } from '../core/upstream.ts';
import type { Recent } from './recent.ts';
import type { RejectedCredentials } from './rejected.ts';

/** When and how a request moves on to the next upstream. */
export interface Failover {
  enabled: boolean;
  /** Whether this status of Anthropic's moves on; what is no answer always does. */
  triggers(status: number): boolean;
  /** Upstreams asked after the first; ≥ 0. */
  maxFailoverAttempts: number;
  /** From the request to the first content of a stream, all attempts together. */
  budgetMs: Ms;
  midStream: MidStream;
}

/** What every request shares. */
export interface RelayContext {
  chain: Chain;
  failover: Failover;
  runtime: Runtime;
  rejected: RejectedCredentials;
  /** The upstream that died under a session's last answer, by session id: asked last for its next request. */
  deserters: Recent<string>;
}
