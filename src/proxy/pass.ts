import type { Outcome } from '../core/failure.ts';
import type { Transcript } from '../core/transcript.ts';
import { isClaudeCode } from './claude-code.ts';
import { type Begun, discreet, LEFT } from './hop.ts';
import { keepAlive, signsOfLife } from './keep-alive.ts';
import { answerHeaders, join, mark, type Piece } from './reply.ts';
import type { Round } from './round.ts';
import { standing } from './standing.ts';

/** Thrown where a client must see a broken connection instead of an end. */
export class ResetConnection extends Error {}

/** What passing on is told beside the answer. */
export interface Passing {
  /** It goes on inside an answer whose head the client has. */
  hasHead?: boolean;
  /** Is shown all that goes to the client. */
  transcript?: Pick<Transcript, 'see'> | null;
}

/**
 * Passes on an answer that has begun: head and body, with signs of life where the upstream is silent. Returns what came of
 * it. However it ends, the permit is settled and the upstream freed.
 */
export async function* pass(
  begun: Begun,
  round: Round,
  { hasHead = false, transcript = null }: Passing = {},
): AsyncGenerator<Piece, Outcome> {
  const { hop, tried, first } = begun;
  const { inbound, context } = round;
  const { runtime, sessions } = context;
  const { upstream } = hop.subject;
  const isHome = round.chain[0] === hop.subject;
  const serving = sessions.note(inbound, upstream.name, isHome, runtime.clock.now());
  let outcome: Outcome = LEFT;
  try {
    runtime.journal.serving(inbound.id, upstream.name, whyNotOthers(begun, round));
    if (!hasHead) yield { head: { status: 200, headers: headersFor(begun, round) } };
    if (transcript !== null) first.forEach(transcript.see);
    yield { bytes: join(first) };
    const signs = signsOfLife(tried.answer, runtime.clock, isClaudeCode(inbound));
    const frames = keepAlive(tried.frames, signs, runtime.clock);
    for (let step = await frames.next(); ; step = await frames.next()) {
      if (step.done) {
        outcome = discreet(step.value, hop);
        break;
      }
      if (transcript !== null) step.value.forEach(transcript.see);
      yield { bytes: join(step.value) };
    }
  } finally {
    begun.over(outcome);
    // Whoever ends this early may do so while a read is under way: only an abort ends that at once.
    if (outcome === LEFT) tried.leave();
    await tried.frames.return(outcome);
    if (!isHome) sessions.renew(inbound, serving, runtime.clock.now());
  }
  return outcome;
}

function headersFor({ hop, tried }: Begun, { inbound, attempts }: Round): Headers {
  const { upstream } = hop.subject;
  const headers = answerHeaders(upstream, tried.head.headers, inbound.id);
  if (!inbound.stream) headers.set('content-type', 'application/json');
  else if (!headers.get('content-type')?.startsWith('text/event-stream')) {
    headers.set('content-type', 'text/event-stream; charset=utf-8');
  }
  if (inbound.stream) headers.set('cache-control', 'no-cache');
  mark(headers, inbound.id, upstream.name, attempts);
  return headers;
}

/** Why the upstreams before this one in the chain do not answer this request; null when there is none. */
function whyNotOthers({ hop }: Begun, { chain, tries, barred, behind, context }: Round): string | null {
  const isPreferred = context.preference.preferred === hop.subject.upstream.name;
  const otherwise = isPreferred ? 'another is preferred' : 'the conversation is in the middle of a turn';
  const reasons = chain.slice(0, chain.indexOf(hop.subject)).map((subject) => {
    const { name } = subject.upstream;
    const failure = tries.find((one) => one.upstream.name === name)?.failure;
    const breaker = standing(subject, context.runtime);
    const why = failure?.message ?? barred.get(name) ?? breaker.reason ?? behind.get(name);
    return `${name}: ${why ?? otherwise}`;
  });
  return reasons.length === 0 ? null : reasons.join('; ');
}
