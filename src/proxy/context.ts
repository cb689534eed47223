import type { Calibration } from '../core/calibration.ts';
import type { Ms } from '../core/failure.ts';
import type { Runtime } from '../core/runtime.ts';
import type { MidStream } from '../core/splice.ts';
import type { Chain, Upstream } from '../core/upstream.ts';
import type { CredentialNames } from './credential-names.ts';
import type { Gates } from './gate.ts';
import type { Lessons } from './lessons.ts';
import type { Recent } from './recent.ts';
import type { RejectedCredentials } from './rejected.ts';
import type { RetryBudgets } from './retry-budget.ts';
import type { Sessions } from './sessions.ts';

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
  /** An upstream silent for so long gets company: the next one is asked too. Null: never. */
  hedgeMs: Ms | null;
  /** How long an upstream that recovered stays well before it serves again; doubles with flapping. */
  returnAfterMs: Ms;
}

/** What the user prefers, by command. */
export interface Preference {
  /** The upstream that is asked first for every request; null: the chain's own order. */
  readonly preferred: string | null;
}

/** What a prober hears of the requests. */
export interface Hearing {
  /** A request came. */
  active(): void;
  /** One has just failed there, in a way that is counted. */
  doubt(upstream: Upstream): void;
  /** One has gone well there that began at this moment. */
  well(upstream: Upstream, startedAt: Ms): void;
}

/** What every request shares. */
export interface RelayContext {
  chain: Chain;
  failover: Failover;
  runtime: Runtime;
  rejected: RejectedCredentials;
  credentials: CredentialNames;
  /** The upstream that died under a session's last answer, by session: asked last for its next request. */
  deserters: Recent<string>;
  sessions: Sessions;
  gates: Gates;
  retries: RetryBudgets;
  preference: Preference;
  prober: Hearing;
  calibration: Calibration;
  lessons: Lessons;
  /** Upstreams that were well but too slow for the shorter time of a trial, by name. */
  slowOnTrial: Set<string>;
}
