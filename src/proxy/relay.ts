import { clientCredentials } from '../auth/credential.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Inbound } from '../core/upstream.ts';
import { candidates, permitted } from './candidates.ts';
import { because, conclude, sameAnswer, type Try, type WholeReply } from './conclude.ts';
import type { RelayContext } from './context.ts';
import { serve } from './hop.ts';
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
  const { runtime, failover, chain } = context;
  const contentBy = runtime.clock.now() + failover.budgetMs;
  const { order, barred } = candidates(inbound, context);
  const tries: Try[] = [];

  for (const { upstream, leave } of permitted(order, context)) {
    if (inbound.stream && runtime.clock.now() >= contentBy) {
      leave.settle(NOT_ASKED);
      break;
    }
    const failure = yield* serve({ upstream, leave, inbound, context, client, contentBy, tries, barred });
    if (failure === null) return;
    const one = { upstream, failure };
    tries.push(one);
    if (!movesOn(one, inbound, context)) {
      const same = sameAnswer(one, inbound.id);
      if (same !== null) return yield* whole(same, inbound, tries, upstream.name, runtime);
    }
  }
  yield* whole(conclude(inbound, chain, tries, barred, runtime), inbound, tries, null, runtime);
}

const NOT_ASKED = { ok: false, failure: { kind: 'cancelled', message: 'the budget was spent' } } as const;

/**
 * Whether the next upstream is asked. A backup's failure always moves on. Of Anthropic's answers those do that are
 * triggers, and those that are no answers or are about money; the others are the client's to see: it repairs several of
 * them by itself, by their wording.
 */
function movesOn({ upstream, failure }: Try, inbound: Inbound, context: RelayContext): boolean {
  const { answer } = failure;
  if (!upstream.native || answer === undefined || failure.kind === 'garbled') return true;
  if (failure.kind === 'exhausted') return true;
  if (answer.status === 401 && upstream.takesClientCredential) return !refreshes(inbound, context);
  return context.failover.triggers(answer.status);
}

/** A subscription's client refreshes its token at the first 401; an API key has nothing to refresh. */
function refreshes({ headers }: Inbound, { rejected, runtime, failover }: RelayContext): boolean {
  const credentials = clientCredentials(headers);
  if (credentials.length === 0) return false;
  const news = rejected.note(headers, runtime.clock.now());
  return (news && credentials.every(({ kind }) => kind === 'bearer')) || !failover.triggers(401);
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
