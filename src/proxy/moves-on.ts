import { clientCredentials } from '../auth/credential.ts';
import type { Inbound } from '../core/upstream.ts';
import { VERDICTS } from '../core/verdict.ts';
import { isOwnRejected, isRefusal, type Try } from './conclude.ts';
import type { RelayContext } from './context.ts';

/** Where a failure came from: the request, and what all requests share. */
interface Origin {
  inbound: Inbound;
  context: RelayContext;
}

/**
 * Whether the next upstream is asked. A backup's failure always moves on. Of Anthropic's answers those do that are
 * triggers, and those that are no answers or are about money; the others are the client's to see: it repairs several of
 * them by itself, by their wording.
 */
export function movesOn(one: Try, origin: Origin): boolean {
  if (!VERDICTS[one.failure.kind].failover) return false;
  if (isClientsToSee(one, origin)) return false;
  return one.failure.answer?.status !== 401 || !isRefusal(one) || !isFirstRejection(one, origin);
}

/**
 * Whether a failure says nothing about the upstream: a client's own credential that is rejected, a model that the client
 * made up, and what the client is to see, because the user does not want others asked for it.
 */
export function isNeutral(one: Try, origin: Origin): boolean {
  const isClientsModel = one.upstream.native && one.failure.kind === 'no_such_model';
  return isClientsModel || isClientsToSee(one, origin) || isClientsCredential(one, origin.inbound);
}

function isClientsToSee(one: Try, { inbound, context }: Origin): boolean {
  const { upstream, failure } = one;
  const { answer } = failure;
  if (!upstream.native || answer === undefined || !isRefusal(one)) return false;
  if (isOwnRejected(one, inbound)) return false;
  if (!context.failover.enabled) return true;
  const isUsedUp = failure.kind === 'exhausted' || failure.kind === 'model_exhausted';
  return !isUsedUp && !context.failover.triggers(answer.status);
}

/** A subscription's client refreshes its token at the first 401; an API key has nothing to refresh. */
function isFirstRejection({ upstream }: Try, { inbound, context }: Origin): boolean {
  const { headers } = inbound;
  const credentials = clientCredentials(headers);
  if (!upstream.native || !upstream.takesClientCredential || credentials.length === 0) return false;
  const isNews = context.rejected.note(headers, context.runtime.clock.now());
  return isNews && credentials.every(({ kind }) => kind === 'bearer');
}

function isClientsCredential({ upstream, failure }: Try, { headers }: Inbound): boolean {
  if (failure.kind !== 'unauthorized' && failure.kind !== 'forbidden') return false;
  return upstream.takesClientCredential && clientCredentials(headers).length > 0;
}
