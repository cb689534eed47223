import type { Quirks } from './quirks.ts';

/** Milliseconds: of a duration, or since the Unix epoch for an instant (names ending in `At`). */
export type Ms = number;

/**
 * Why an attempt, or a probe, gave no whole answer.
 * - `refused`: something at that address said no before any answer (refused, reset before the head, TLS handshake)
 * - `unreachable`: there is no way to that address (DNS, no route, no connection in time): the upstream's fault or our network's
 * - `untrusted`: the TLS identity is not that of the host that was asked
 * - `unresponsive`: it took a probe and did not answer in time
 * - `slow`: nothing came before the first-event limit
 * - `stalled`: the stream fell silent
 * - `cut`: the body ended before the answer did
 * - `garbled`: the answer is not what the dialect says (a page with an error status, broken JSON, a stream without its grammar)
 * - `misdirected`: what answers there is not the API at all (a page with 200, a redirect, not HTTP)
 * - `empty`: a whole answer without content, or with thinking alone
 * - `server_error`: 5xx, or an error event of that kind
 * - `overloaded`: 529 or its equivalent
 * - `transient`: 408, 409 or 425: the same request may pass a moment later
 * - `fumbled`: the model wrote a call or a form that its own server could not read: it may do better the next time
 * - `rate_limited`: 429, or an error event of that kind
 * - `exhausted`: the money or the subscription's limit is used up
 * - `model_exhausted`: the subscription's limit of this model alone is used up
 * - `unauthorized`: 401: the credential is not accepted
 * - `forbidden`: 403: the credential is known and may not do this
 * - `no_such_model`: 404
 * - `unsupported`: the upstream cannot do what the request asks (a feature, a field)
 * - `too_long`: the request does not fit the model's context, or is more than may be asked for in a minute
 * - `rejected`: any other 4xx: the request itself is at fault
 * - `cancelled`: the client left
 * - `offline`: our own network is gone
 */
export type FailureKind =
  | 'refused'
  | 'unreachable'
  | 'untrusted'
  | 'unresponsive'
  | 'slow'
  | 'stalled'
  | 'cut'
  | 'garbled'
  | 'misdirected'
  | 'empty'
  | 'server_error'
  | 'overloaded'
  | 'transient'
  | 'fumbled'
  | 'rate_limited'
  | 'exhausted'
  | 'model_exhausted'
  | 'unauthorized'
  | 'forbidden'
  | 'no_such_model'
  | 'unsupported'
  | 'too_long'
  | 'rejected'
  | 'cancelled'
  | 'offline';

/**
 * What the same upstream would take the request with, by its own refusal: quirks of it that nobody knew of, and with at most
 * so many tokens of answer.
 */
export interface Amendment extends Quirks {
  maxTokens?: number;
  /** The conversation and the answer that it asks for are so many tokens more than is taken of both together. */
  overTokens?: number;
  /** So many tokens it takes in a minute, conversation and answer together. Learned; the request that told so goes by `overTokens`. */
  minuteTokens?: number;
  /** One of the images of this request cannot be read, or there are too many of them: others it may well see. */
  images?: false;
  /** The same of its documents. */
  documents?: false;
}

/** How an attempt failed. */
export interface Failure {
  kind: FailureKind;
  /** For logs and for the final error: what happened, in words, without secrets and without message content. */
  message: string;
  /** Set when `message` repeats words of the upstream's own: they may quote a key or the request. */
  quotes?: true;
  /** The HTTP status of the upstream's answer, where it sent one that was an error; 200 where that stood in a stream. */
  status?: number;
  /** Set when the request could not be put into the upstream's dialect: nothing was sent. */
  unsent?: true;
  /** That answer as it came, for passing it on unchanged. */
  answer?: { status: number; headers: Headers; body: Uint8Array };
  /** How long the upstream says it will not serve, counted from its answer; ≥ 0. */
  waitMs?: Ms;
  /** Set when the request is worth repeating at the same upstream, so changed. */
  amend?: Amendment;
  /** Set when the upstream had less time than it is given otherwise: then the failure says nothing about it. */
  excused?: true;
  /** The model's limit, and the request's tokens, where a `too_long` refusal names them. */
  tokens?: { asked?: number; limit: number };
}

/** What an attempt came to in the end; known only when its stream is over. */
export type Outcome = { ok: true } | { ok: false; failure: Failure };

/**
 * Thrown through a transducer or a body to end an attempt: the failure is the value, the stack is for debugging only.
 */
export class AttemptError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}
