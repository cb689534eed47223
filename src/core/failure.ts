/** Milliseconds: of a duration, or since the Unix epoch for an instant (names ending in `At`). */
export type Ms = number;

/**
 * Why an attempt gave no whole answer.
 * - `unreachable`: no connection (refused, DNS, TLS, reset before the headers)
 * - `slow`: nothing came before the first-event limit
 * - `stalled`: the stream fell silent
 * - `cut`: the body ended before the answer did
 * - `garbled`: the answer is not what the dialect says (HTML, a redirect, broken JSON, a stream without its grammar)
 * - `empty`: a whole answer without content, or with thinking alone
 * - `server_error`: 5xx, or an error event of that kind
 * - `overloaded`: 529 or its equivalent
 * - `rate_limited`: 429, or an error event of that kind
 * - `exhausted`: the money or the subscription's limit is used up
 * - `unauthorized`: 401 or 403
 * - `no_such_model`: 404
 * - `unsupported`: the upstream cannot do what the request asks (a feature, a field)
 * - `too_long`: the request does not fit the model's context
 * - `rejected`: any other 4xx: the request itself is at fault
 * - `cancelled`: the client left
 * - `offline`: our own network is gone
 */
export type FailureKind =
  | 'unreachable'
  | 'slow'
  | 'stalled'
  | 'cut'
  | 'garbled'
  | 'empty'
  | 'server_error'
  | 'overloaded'
  | 'rate_limited'
  | 'exhausted'
  | 'unauthorized'
  | 'no_such_model'
  | 'unsupported'
  | 'too_long'
  | 'rejected'
  | 'cancelled'
  | 'offline';

/** What the same upstream would take the request with, by its own refusal. */
export interface Amendment {
  /** Without its images. */
  vision?: false;
  /** With at most so many tokens of answer. */
  maxTokens?: number;
  /** With the limit of the answer in the newer field. */
  maxTokensField?: 'max_completion_tokens';
  /** Without `stream_options`. */
  streamUsage?: false;
  /** Without `parallel_tool_calls`. */
  parallelToolCalls?: false;
  /** Without sampling parameters. */
  fixedSampling?: () => true;
  /** Without `reasoning_effort`. */
  reasoningEffort?: () => false;
}

/** How an attempt failed. */
export interface Failure {
  kind: FailureKind;
  /** For logs and for the final error: what happened, in words, without secrets and without message content. */
  message: string;
  /** Set when `message` repeats words of the upstream's own: they may quote a key or the request. */
  quotes?: true;
  /** The HTTP status of the upstream's answer, where it sent one that was an error. */
  status?: number;
  /** That answer as it came, for passing it on unchanged. */
  answer?: { status: number; headers: Headers; body: Uint8Array };
  /** When the upstream says it will serve again. */
  retryAt?: Ms;
  /** Set when the request is worth repeating at the same upstream, so changed. */
  amend?: Amendment;
  /** Set when the upstream had less time than it is given otherwise: then the failure says nothing about it. */
  excused?: true;
  /** Tokens of the request and the model's limit, where a `too_long` refusal names them. */
  tokens?: { asked: number; limit: number };
}

/** What an attempt came to in the end; known only when its stream is over. */
export type Outcome = { ok: true } | { ok: false; failure: Failure };

/** What a failure does: whether the next upstream is asked, and what the breaker makes of it. */
export interface Verdict {
  failover: boolean;
  /** `count`: one counted failure · `trip`: open at once · `cooldown`: not asked until its known end · `exclude`: says nothing about the upstream. */
  breaker: 'count' | 'trip' | 'cooldown' | 'exclude';
}

/**
 * Failure kind → verdict, for failures of any upstream. Which HTTP statuses of Anthropic move on is configuration
 * (`failover.triggers`) and is decided before this table is asked.
 */
export const VERDICTS: Record<FailureKind, Verdict> = {
  unreachable: { failover: true, breaker: 'count' },
  slow: { failover: true, breaker: 'count' },
  stalled: { failover: true, breaker: 'count' },
  cut: { failover: true, breaker: 'count' },
  garbled: { failover: true, breaker: 'count' },
  empty: { failover: true, breaker: 'count' },
  server_error: { failover: true, breaker: 'count' },
  overloaded: { failover: true, breaker: 'count' },
  rate_limited: { failover: true, breaker: 'cooldown' },
  exhausted: { failover: true, breaker: 'cooldown' },
  unauthorized: { failover: true, breaker: 'count' },
  no_such_model: { failover: true, breaker: 'exclude' },
  unsupported: { failover: true, breaker: 'exclude' },
  too_long: { failover: true, breaker: 'exclude' },
  rejected: { failover: true, breaker: 'exclude' },
  cancelled: { failover: false, breaker: 'exclude' },
  offline: { failover: true, breaker: 'exclude' },
};

/**
 * Thrown through a transducer or a body to end an attempt: the failure is the value, the stack is for debugging only.
 */
export class AttemptError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}
