import { clientCredentials } from '../auth/credential.ts';
import type { BreakerView } from '../core/breaker-view.ts';
import { estimateTokens } from '../core/estimate.ts';
import type { Failure, FailureKind, Ms } from '../core/failure.ts';
import type { ApiErrorType } from '../core/messages.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Inbound, Upstream } from '../core/upstream.ts';
import { span } from '../telemetry/span.ts';
import { answerHeaders } from './reply.ts';
import { standing } from './standing.ts';
import type { Subject } from './subject.ts';

/** An upstream that was asked, and how it failed. */
export interface Try {
  upstream: Upstream;
  failure: Failure;
}

/** Why the upstreams asked so far did not answer, in words; null when none was asked. */
export function because(tries: readonly Try[]): string | null {
  if (tries.length === 0) return null;
  return tries.map(({ upstream, failure }) => `${upstream.name}: ${failure.message}`).join('; ');
}

/** A whole answer: status, headers and body. */
export interface WholeReply {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** An error in the shape of the Messages API. A message at the top level would hide its type from clients. */
export function errorReply(
  status: number,
  type: ApiErrorType,
  message: string,
  requestId: string,
  headers: Record<string, string> = {},
): WholeReply {
  // That word in a message, wherever it came from, makes clients stop after three requests (measured).
  const words = message.replaceAll('overloaded_error', 'overloaded');
  const body = JSON.stringify({ type: 'error', error: { type, message: words }, request_id: requestId });
  return {
    status,
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body: new TextEncoder().encode(body),
  };
}

/** The upstream's own error answer as it came, where it sent one. */
export function sameAnswer({ upstream, failure }: Try, requestId: string): WholeReply | null {
  const { answer } = failure;
  if (answer === undefined) return null;
  return {
    status: answer.status,
    headers: answerHeaders(upstream, answer.headers, requestId),
    body: answer.body,
  };
}

/** Anthropic's own refusal where the client may see one when nothing else could answer. */
export function lastWord(inbound: Inbound, tries: readonly Try[]): Try | null {
  return tries.find((one) => one.upstream.native && mayReachClient(one, inbound)) ?? null;
}

/**
 * ccproxy's own answer to a request that nothing could answer.
 * @param skipped those that were not asked, because they could not have done what it wants
 */
export function conclude(
  inbound: Inbound,
  chain: readonly Subject[],
  tries: readonly Try[],
  barred: ReadonlyMap<string, string>,
  runtime: Runtime,
  skipped: readonly Try[],
): WholeReply {
  // Who cannot do what it wants at all could not do it with less of it either.
  const able = [...skipped.filter(isTooLong), ...tries];
  const others = able.filter((one) => !isTooLong(one));
  if (others.length < able.length && others.every((one) => isOutForLong(one, chain, runtime)))
    return tooLong(inbound, able);
  const unsent = tries.find(isUnsent)?.failure.message;
  if (unsent !== undefined && tries.every(isUnsent)) {
    return errorReply(400, 'invalid_request_error', unsent, inbound.id);
  }
  return unavailable(inbound, chain, [...skipped, ...tries], barred, runtime);
}

/**
 * Whether Anthropic's refusal is the client's to see when nothing else answered: not a rejection of a key that is not the
 * client's, and not a failure of Anthropic's own, which a client takes for "everything is down" and stops at.
 */
function mayReachClient(one: Try, inbound: Inbound): boolean {
  const { answer, kind } = one.failure;
  if (!isRefusal(one) || answer === undefined) return false;
  return answer.status < 500 && kind !== 'overloaded' && !isOwnRejected(one, inbound);
}

/** Whether an upstream said no in words a client can read; a redirect or an error with a status of success is none. */
export function isRefusal({ failure: { answer, kind } }: Try): boolean {
  return answer !== undefined && answer.status >= 400 && kind !== 'garbled';
}

/** Whether it was ccproxy's own credential that was rejected: nothing the client can mend, it would ask for a login. */
export function isOwnRejected({ upstream, failure: { answer } }: Try, inbound: Inbound): boolean {
  if (answer?.status !== 401 && answer?.status !== 403) return false;
  return !upstream.takesClientCredential || clientCredentials(inbound.headers).length === 0;
}

function isTooLong({ failure }: Try): boolean {
  return failure.kind === 'too_long';
}

/**
 * Longer than this nobody waits for an upstream that takes more, where another works and a shorter conversation would be
 * served. As long as an upstream that has only just failed is out at first.
 */
const WORTH_WAITING_MS: Ms = 20_000;

function isOutForLong({ upstream }: Try, chain: readonly Subject[], runtime: Runtime): boolean {
  const subject = chain.find((one) => one.upstream === upstream);
  if (subject === undefined) return false;
  const { name, until } = standing(subject, runtime);
  return STAYS.has(name) || (until !== undefined && until - runtime.clock.now() > WORTH_WAITING_MS);
}

/** The request could not even be put into the upstream's dialect. */
function isUnsent({ failure }: Try): boolean {
  return failure.unsent === true;
}

/** The wording that makes the client compact the conversation; any other is shown and ends the turn (measured). */
function tooLong(inbound: Inbound, tries: readonly Try[]): WholeReply {
  // Whoever takes most can serve it first when it has become shorter.
  const known = tries
    .flatMap(({ failure }) => failure.tokens ?? [])
    .sort((one, other) => other.limit - one.limit)[0];
  const asked = known?.asked ?? Math.max(estimateTokens(inbound.request), (known?.limit ?? 0) + 1);
  const limit = known?.limit ?? asked - 1;
  return errorReply(
    400,
    'invalid_request_error',
    `prompt is too long: ${asked} tokens > ${limit} maximum`,
    inbound.id,
  );
}

/** Failures that trying again within a minute does not mend. */
const LASTING = new Set<FailureKind>([
  'untrusted',
  'unauthorized',
  'forbidden',
  'exhausted',
  'model_exhausted',
  'no_such_model',
  'unsupported',
  'rejected',
  'too_long',
]);

/** Of these, those that may end at a known time. */
const ENDS = new Set<FailureKind>(['exhausted', 'model_exhausted']);

/** States of a breaker that no client should wait for. */
const STAYS = new Set<BreakerView['name']>(['blocked', 'isolated']);

/** Why an upstream was not asked that has more requests waiting than it can take. */
export const BUSY = 'too many requests wait for it';

/** The longest `retry-after` a client obeys; above it, it gives up at once (measured with Claude Code 2.1.197). */
const PATIENCE_MS: Ms = 60_000;

function unavailable(
  inbound: Inbound,
  chain: readonly Subject[],
  tries: readonly Try[],
  barred: ReadonlyMap<string, string>,
  runtime: Runtime,
): WholeReply {
  const now = runtime.clock.now();
  const failures = new Map(tries.map((one) => [one.upstream.name, one.failure]));
  const rows = chain.map((subject) => {
    const { name } = subject.upstream;
    return describe(subject, failures.get(name), barred.get(name), runtime, now);
  });
  const waits = rows.map((row) => row.waitMs).filter((wait) => wait !== null);
  const soonest = waits.length === 0 ? null : Math.min(...waits);
  const hint =
    soonest !== null && soonest <= PATIENCE_MS
      ? { 'retry-after': String(Math.max(1, Math.ceil(soonest / 1000))) }
      : { 'x-should-retry': 'false' };
  const whose = runtime.network.offline ? "This machine's own network is gone. " : '';
  const list = rows.map((row) => row.text).join('; ');
  return errorReply(
    503,
    'api_error',
    `ccproxy: no upstream could answer. ${whose}${list}. See: ccproxy status`,
    inbound.id,
    hint,
  );
}

/** One upstream in words, and how long until it may serve again; null when waiting does not help. */
function describe(
  subject: Subject,
  failure: Failure | undefined,
  reason: string | undefined,
  runtime: Runtime,
  now: Ms,
): { text: string; waitMs: Ms | null } {
  const breaker = standing(subject, runtime);
  const why = failure?.message ?? reason ?? breaker.reason ?? 'not asked';
  const endMs = breaker.until === undefined ? null : Math.max(0, breaker.until - now);
  const waitMs = STAYS.has(breaker.name) ? null : endMs;
  const isBarred = reason !== undefined && reason !== BUSY;
  const lasting = isBarred || STAYS.has(breaker.name) || (failure !== undefined && LASTING.has(failure.kind));
  const isHopeless = lasting && !(failure !== undefined && ENDS.has(failure.kind));
  // Whoever reads that it is back in a moment would wait for it.
  const isSaid = endMs !== null && (!isHopeless || breaker.name === 'blocked');
  const again = breaker.name === 'blocked' ? 'tried again' : 'again';
  const when = isSaid ? `, ${again} in ${span(Math.ceil(endMs / 1000) * 1000)}` : '';
  return {
    text: `${subject.upstream.name}: ${why} (breaker ${breaker.name}${when})`,
    waitMs: isHopeless ? null : (waitMs ?? (lasting ? null : 1000)),
  };
}
