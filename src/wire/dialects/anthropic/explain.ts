import type { Failure, FailureKind } from '../../../core/failure.ts';
import { field, filled, parseJson } from '../../../core/json.ts';
import { spokenWait } from '../../../core/retry-after.ts';
import { subscriptionLimit } from '../../../core/subscription-limit.ts';
import { excerpt } from '../../errors/excerpt.ts';
import { isMoney, NO_MONEY } from '../../errors/money.ts';
import { historyAmendment } from './refused-history.ts';

/** What an error body says, as far as it says it. */
interface Refusal {
  type: string;
  message: string;
  code: string;
}

/**
 * An error answer of Anthropic's own, or of whatever stands before it. It is taken at its word: what its API does not say is
 * not read into it. Of its refusals those alone are acted on that are about the history: thinking which it did not write,
 * calls without results.
 */
export function explainNative(status: number, headers: Headers, body: string): Failure {
  const refusal = read(body);
  const kind = isPage(body) ? kindOfPage(status) : kindOf(status, headers, refusal);
  const amend = status === 400 && kind === 'rejected' ? historyAmendment(refusal.message) : undefined;
  return {
    kind,
    message: describe(status, kind, refusal, headers, body),
    status,
    ...tokensOf(kind, refusal),
    ...waitOf(refusal, headers),
    ...(amend === undefined ? {} : { amend }),
  };
}

/** The data of an `error` event inside a stream that began with 200. */
export function explainNativeEvent(data: string): Failure {
  const refusal = read(data);
  const kind = kindBySaying(refusal) ?? KIND_BY_TYPE.get(refusal.type) ?? 'server_error';
  const said = kind === 'exhausted' ? NO_MONEY : named(refusal);
  const message = `an error event: ${said || 'of no known type'}`;
  return { kind, message, status: 200, ...tokensOf(kind, refusal), ...waitOf(refusal, new Headers()) };
}

/** Error type → kind. Source: the errors page of the API reference. */
const KIND_BY_TYPE = new Map<string, FailureKind>([
  ['invalid_request_error', 'rejected'],
  ['authentication_error', 'unauthorized'],
  ['permission_error', 'forbidden'],
  ['billing_error', 'exhausted'],
  ['not_found_error', 'no_such_model'],
  ['conflict_error', 'transient'],
  ['request_too_large', 'rejected'],
  ['rate_limit_error', 'rate_limited'],
  ['timeout_error', 'server_error'],
  ['api_error', 'server_error'],
  ['overloaded_error', 'overloaded'],
]);

/** Status → kind, for the statuses that mean one thing whatever the body says. */
const KIND_BY_STATUS: Record<number, FailureKind> = {
  401: 'unauthorized',
  402: 'exhausted',
  403: 'forbidden',
  404: 'no_such_model',
  408: 'transient',
  409: 'transient',
  413: 'rejected',
  422: 'rejected',
  425: 'transient',
  429: 'rate_limited',
  529: 'overloaded',
};

/**
 * A page is nobody's answer: something stands in the way, and it does so for every request. But for one that is too large:
 * that is said by whatever stands before a server, and it is about the request.
 */
function kindOfPage(status: number): FailureKind {
  if (status < 400) return 'misdirected';
  return status === 413 ? 'rejected' : 'garbled';
}

function kindOf(status: number, headers: Headers, refusal: Refusal): FailureKind {
  if (status >= 300 && status < 400) return 'misdirected';
  const limit = status === 429 ? subscriptionLimit(headers) : null;
  if (limit !== null) return limit.isOfModel ? 'model_exhausted' : 'exhausted';
  const bySaying = kindBySaying(refusal);
  if (bySaying !== null) return bySaying;
  const byStatus = KIND_BY_STATUS[status];
  if (byStatus !== undefined) return byStatus;
  if (status < 300) return KIND_BY_TYPE.get(refusal.type) ?? 'garbled';
  return status >= 500 ? 'server_error' : 'rejected';
}

/** What the body alone decides, under any status and as an event. */
function kindBySaying(refusal: Refusal): FailureKind | null {
  // Money and spend limits arrive as 400 or 429 as well as 402 (anthropics/claude-code#82991, rate-limits page).
  if (isMoney(`${refusal.type} ${refusal.code} ${refusal.message}`)) return 'exhausted';
  if (TOO_LONG.test(refusal.message)) return 'too_long';
  return refusal.type === 'overloaded_error' ? 'overloaded' : null;
}

/** The wording that clients parse to compact a conversation. */
const TOO_LONG = /prompt is too long/i;

function tokensOf(kind: FailureKind, { message }: Refusal): Pick<Failure, 'tokens'> {
  const match = kind === 'too_long' ? /(\d+)\s*tokens?\s*>\s*(\d+)/.exec(message) : null;
  return match === null ? {} : { tokens: { asked: Number(match[1]), limit: Number(match[2]) } };
}

function waitOf({ message }: Refusal, headers: Headers): Pick<Failure, 'waitMs'> {
  const waitMs = spokenWait(message, headers);
  return waitMs === undefined ? {} : { waitMs };
}

/** The type in words. A client that finds `overloaded_error` anywhere in a body stops trying. */
function named({ type }: Refusal): string {
  return type === 'overloaded_error' ? 'overloaded' : type.replaceAll('_', ' ');
}

function describe(
  status: number,
  kind: FailureKind,
  refusal: Refusal,
  headers: Headers,
  body: string,
): string {
  // The type of such a refusal says nothing: it is one of a request, or of a limit that ends within the minute.
  if (kind === 'model_exhausted') return `${status}: the subscription's limit of this model is reached`;
  if (kind === 'exhausted') {
    const isSubscription = status === 429 && subscriptionLimit(headers) !== null;
    return `${status}: ${isSubscription ? "the subscription's limit is reached" : NO_MONEY}`;
  }
  if (refusal.type !== '') return `${status} ${named(refusal)}`;
  if (isPage(body)) return `${status} with an HTML page`;
  return status < 300 ? `${status} with a body that is no answer` : `status ${status}`;
}

function read(body: string): Refusal {
  const value = parseJson(body);
  const error = field(value, 'error');
  if (typeof error === 'string') return { type: '', message: excerpt(error), code: '' };
  return {
    type: nameIn(field(error, 'type')),
    message: excerpt(filled(field(error, 'message')) ?? filled(field(value, 'message')) ?? ''),
    code: excerpt(filled(field(field(error, 'details'), 'error_code')) ?? filled(field(error, 'code')) ?? ''),
  };
}

/** Types are shown in logs and errors: what does not look like a name is none. */
function nameIn(value: unknown): string {
  return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value) ? value : '';
}

function isPage(body: string): boolean {
  return body.trimStart().startsWith('<');
}
