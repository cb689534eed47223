import { clientCredentials } from '../auth/credential.ts';
import { view } from '../core/breaker.ts';
import type { Amendment, Failure, Ms, Outcome } from '../core/failure.ts';
import type { Runtime } from '../core/runtime.ts';
import { endCut, type MidStream } from '../core/splice.ts';
import type { Inbound, Target, Upstream } from '../core/upstream.ts';
import { type Attempt, attempt } from './attempt.ts';
import { sessionOf } from './candidates.ts';
import { because, type Try } from './conclude.ts';
import type { RelayContext } from './context.ts';
import { keepAlive } from './keep-alive.ts';
import { distrust, type Leave } from './permits.ts';
import { answerHeaders, join, mark, type Piece } from './reply.ts';
import { keysOf, scrub } from './scrub.ts';
import { CANCELLED } from './watch.ts';

/** One upstream asked on behalf of one request. */
export interface Hop {
  upstream: Upstream;
  leave: Leave;
  inbound: Inbound;
  context: RelayContext;
  client: AbortSignal;
  contentBy: Ms;
  /** Upstreams asked before, and how they failed. */
  tries: readonly Try[];
  /** How the request is changed, because this upstream refused it as it was. */
  amend?: Amendment;
  /** Upstreams that could not be asked, and why. */
  barred: ReadonlyMap<string, string>;
}

/** Thrown where a client must see a broken connection instead of an end. */
export class ResetConnection extends Error {}

/**
 * Makes one attempt and passes on what it gives. Returns null when the client has its answer, whole or brought to an end,
 * or has left; the failure when nothing went out, so that another upstream can be asked. However it ends, the permit is
 * settled and the upstream freed.
 * @throws ResetConnection as its last act where a cut answer must look cut.
 */
export async function* serve(hop: Hop): AsyncGenerator<Piece, Failure | null> {
  const { upstream, inbound, context, client, contentBy } = hop;
  const { runtime } = context;
  const target = targetFor(upstream, inbound, runtime, hop.amend ?? {});
  const tried = attempt({ upstream, inbound, target, runtime, contentBy });
  const record = recorder(hop, target);
  // A client that leaves while nobody asks for the next piece must not keep the permit.
  const leave = () => {
    record(CANCELLED_OUTCOME);
    tried.leave();
  };
  if (client.aborted) leave();
  else client.addEventListener('abort', leave, { once: true });
  let outcome: Outcome = CANCELLED_OUTCOME;
  let begun = false;
  try {
    const first = await tried.frames.next();
    if (first.done) {
      outcome = discreet(first.value, hop);
    } else {
      begun = true;
      record.content();
      runtime.journal.serving(inbound.id, upstream.name, whyNotOthers(hop));
      yield { head: { status: 200, headers: headersFor(hop, tried) } };
      yield { bytes: join(first.value) };
      outcome = discreet(yield* rest(tried, runtime), hop);
    }
  } finally {
    client.removeEventListener('abort', leave);
    record(outcome);
    // Whoever ends this early may do so while a read is under way: only an abort ends that at once.
    if (outcome === CANCELLED_OUTCOME) tried.leave();
    await tried.frames.return(outcome);
  }
  if (outcome.ok || outcome.failure.kind === 'cancelled') return null;
  if (!begun) return outcome.failure;
  yield* ending(outcome.failure, tried, hop);
  return null;
}

/** The outcome without keys and quotations in an upstream's words. */
function discreet(outcome: Outcome, { upstream, inbound }: Hop): Outcome {
  if (outcome.ok || outcome.failure.quotes === undefined) return outcome;
  const { failure } = outcome;
  const message = scrub(failure.message, keysOf(upstream, inbound), inbound.bytes);
  return { ok: false, failure: { ...failure, message } };
}

const CANCELLED_OUTCOME: Outcome = { ok: false, failure: CANCELLED };

function targetFor(upstream: Upstream, inbound: Inbound, runtime: Runtime, amend: Amendment): Target {
  const { native, provider } = upstream;
  const { maxTokens: least, ...quirkAmendments } = amend;
  const maxTokens = Math.min(
    upstream.maxTokens ?? Number.POSITIVE_INFINITY,
    least ?? Number.POSITIVE_INFINITY,
  );
  return {
    model: upstream.model(inbound.model),
    asked: inbound.model,
    stream: inbound.stream,
    native,
    provider,
    quirks: { ...upstream.quirks, ...quirkAmendments },
    answerId: runtime.id('msg_'),
    inbound,
    ...(Number.isFinite(maxTokens) ? { maxTokens } : {}),
  };
}

function headersFor({ upstream, inbound, tries }: Hop, tried: Attempt): Headers {
  const headers = answerHeaders(upstream, tried.head.headers, inbound.id);
  if (!inbound.stream) headers.set('content-type', 'application/json');
  else if (!headers.get('content-type')?.startsWith('text/event-stream')) {
    headers.set('content-type', 'text/event-stream; charset=utf-8');
  }
  if (inbound.stream) headers.set('cache-control', 'no-cache');
  mark(headers, inbound.id, upstream.name, tries.length + 1);
  return headers;
}

/** What follows the first frames, with signs of life where the upstream is silent. */
async function* rest(tried: Attempt, runtime: Runtime): AsyncGenerator<Piece, Outcome> {
  const frames = keepAlive(tried.frames, tried.answer, runtime.clock);
  for (;;) {
    const step = await frames.next();
    if (step.done) return step.value;
    yield { bytes: join(step.value) };
  }
}

/** Brings an answer that was cut to the end its client can go on from. */
function* ending(
  failure: Failure,
  tried: Attempt,
  { upstream, inbound, context }: Hop,
): Generator<Piece, void> {
  const { runtime, deserters } = context;
  distrust(upstream, failure.message, runtime);
  const session = sessionOf(inbound);
  if (session !== null) deserters.set(session, upstream.name, runtime.clock.now());
  const mode = modeFor(inbound, context.failover.midStream);
  const { frames, reset } = endCut(
    tried.answer,
    mode,
    `ccproxy: ${upstream.name} broke off: ${failure.message}`,
  );
  if (frames.length > 0) yield { bytes: join(frames) };
  if (reset) throw new ResetConnection(failure.message);
}

/** Only Claude Code goes on by itself after the endings of `resume`; any other client is told plainly. */
function modeFor({ headers }: Inbound, configured: MidStream): MidStream {
  return headers.get('user-agent')?.startsWith('claude-cli/') ? configured : 'stop';
}

/** Settles the permit and writes the attempt down: the first outcome counts, later ones do nothing. */
interface Recorder {
  (outcome: Outcome): void;
  /** The answer has begun. */
  content(): void;
}

function recorder(hop: Hop, target: Target): Recorder {
  const { clock } = hop.context.runtime;
  const startedAt = clock.now();
  let contentAt: Ms | undefined;
  let recorded = false;
  const record = (outcome: Outcome) => {
    if (recorded) return;
    recorded = true;
    settle(hop, target, outcome, startedAt, contentAt);
  };
  const content = () => {
    contentAt = clock.now();
  };
  return Object.assign(record, { content });
}

function settle(hop: Hop, target: Target, outcome: Outcome, startedAt: Ms, contentAt: Ms | undefined): void {
  const { leave, upstream, inbound, tries, context } = hop;
  const { journal, clock } = context.runtime;
  leave.settle(isClientsFault(outcome, hop) ? NO_VERDICT : outcome);
  const number = tries.length + 1;
  journal.attempt({
    requestId: inbound.id,
    upstream: upstream.name,
    model: target.model,
    number,
    startedAt,
    endedAt: clock.now(),
    ...(contentAt === undefined ? {} : { firstContentMs: contentAt - startedAt }),
    ...(outcome.ok ? {} : { failure: outcome.failure }),
  });
  const left = !outcome.ok && outcome.failure.kind === 'cancelled';
  if (!left && contentAt === undefined) return;
  journal.request({
    requestId: inbound.id,
    upstream: contentAt === undefined ? null : upstream.name,
    attempts: number,
    outcome: outcome.ok ? 'ok' : left ? 'cancelled' : 'failed',
    because: because(tries),
  });
}

const NO_VERDICT: Outcome = { ok: false, failure: { kind: 'rejected', message: 'the client is at fault' } };

/** A client's own credential that is rejected says nothing about the upstream. */
function isClientsFault(outcome: Outcome, { upstream, inbound }: Hop): boolean {
  if (outcome.ok || outcome.failure.kind !== 'unauthorized' || !upstream.takesClientCredential) return false;
  return clientCredentials(inbound.headers).length > 0;
}

/** Why the upstreams before this one in the chain do not answer this request; null when there is none. */
function whyNotOthers({ upstream, context, tries, barred }: Hop): string | null {
  const { chain, runtime } = context;
  const reasons = chain.slice(0, chain.indexOf(upstream)).map(({ name }) => {
    const failure = tries.find((one) => one.upstream.name === name)?.failure;
    const breaker = view(runtime.breakers.read(name), runtime.clock.now());
    return `${name}: ${failure?.message ?? barred.get(name) ?? breaker.reason ?? breaker.name}`;
  });
  return reasons.length === 0 ? null : reasons.join('; ');
}
