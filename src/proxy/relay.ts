import { clientCredentials } from '../auth/credential.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Inbound } from '../core/upstream.ts';
import { candidates, permitted } from './candidates.ts';
import {
  because,
  conclude,
  isOwnRejected,
  isRefusal,
  lastWord,
  sameAnswer,
  type Try,
  type WholeReply,
} from './conclude.ts';
import type { RelayContext } from './context.ts';
import { serve } from './hop.ts';
import { ask } from './permits.ts';
import { mark, type Piece } from './reply.ts';

/**
 * Answers one request from the first upstream that can, in chain order. Yields the head, then the body; the head is
 * decided only when an upstream has begun to answer or nothing can. Ending it early, or aborting `client`, frees the
 * upstream and its permit.
 * @throws ResetConnection as its last act where a cut answer must look cut.
 */
export async function* relay(
  inbound: Inbound,
  context: RelayContext,
  client: AbortSignal,
): AsyncGenerator<Piece, void> {
  const { runtime, failover } = context;
  const contentBy = runtime.clock.now() + failover.budgetMs;
  const { chain, order, barred } = candidates(inbound, context);
  const tries: Try[] = [];

  for (const { upstream, leave } of permitted(order, context)) {
    if (client.aborted) return leave.settle(NOT_ASKED);
    if (inbound.stream && runtime.clock.now() >= contentBy) {
      leave.settle(NOT_ASKED);
      break;
    }
    const hop = { upstream, leave, inbound, context, client, contentBy, tries, barred };
    let failure = yield* serve(hop);
    const again = failure?.amend === undefined || upstream.native ? null : ask(upstream, runtime);
    if (again !== null) failure = yield* serve({ ...hop, leave: again, amend: failure?.amend ?? {} });
    if (failure === null) return;
    const one = { upstream, failure };
    tries.push(one);
    if (!movesOn(one, inbound, context)) return yield* passOn(one, inbound, tries, runtime);
  }
  const last = lastWord(inbound, tries);
  if (last !== null) return yield* passOn(last, inbound, tries, runtime);
  yield* whole(conclude(inbound, chain, tries, barred, runtime), inbound, tries, null, runtime);
}

/** An upstream's own refusal as it came. */
function* passOn(
  one: Try,
  inbound: Inbound,
  tries: readonly Try[],
  runtime: Runtime,
): Generator<Piece, void> {
  const same = sameAnswer(one, inbound.id);
  if (same !== null) yield* whole(same, inbound, tries, one.upstream.name, runtime);
}

const NOT_ASKED = { ok: false, failure: { kind: 'cancelled', message: 'it was not asked' } } as const;

/**
 * Whether the next upstream is asked. A backup's failure always moves on. Of Anthropic's answers those do that are
 * triggers, and those that are no answers or are about money; the others are the client's to see: it repairs several of
 * them by itself, by their wording.
 */
function movesOn(one: Try, inbound: Inbound, context: RelayContext): boolean {
  const { upstream, failure } = one;
  const { answer } = failure;
  if (!upstream.native || answer === undefined || !isRefusal(one)) return true;
  if (isOwnRejected(one, inbound)) return true;
  if (!context.failover.enabled) return false;
  if (failure.kind === 'exhausted') return true;
  if (answer.status === 401) return !refreshes(inbound, context);
  return context.failover.triggers(answer.status);
}

/** A subscription's client refreshes its token at the first 401; an API key has nothing to refresh. */
function refreshes({ headers }: Inbound, { rejected, runtime, failover }: RelayContext): boolean {
  const news = rejected.note(headers, runtime.clock.now());
  return (
    (news && clientCredentials(headers).every(({ kind }) => kind === 'bearer')) || !failover.triggers(401)
  );
}

/** A whole answer as pieces. `upstream` is whose answer it is; null for ccproxy's own. */
function* whole(
  { status, headers, body }: WholeReply,
  inbound: Inbound,
  tries: readonly Try[],
  upstream: string | null,
  runtime: Runtime,
): Generator<Piece, void> {
  mark(headers, inbound.id, upstream, tries.length);
  runtime.journal.request({
    requestId: inbound.id,
    upstream,
    attempts: tries.length,
    outcome: 'failed',
    because: because(tries),
  });
  yield { head: { status, headers } };
  yield { bytes: body };
}
