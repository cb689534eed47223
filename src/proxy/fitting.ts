import { estimateTokens } from '../core/estimate.ts';
import type { MessagesRequest } from '../core/messages.ts';
import type { ModelFacts } from '../core/model-facts.ts';
import type { Quirks } from '../core/quirks.ts';
import type { Inbound, Upstream } from '../core/upstream.ts';
import { readable } from './readable.ts';

/** The quirks of an upstream as they are for a model of which this is known. */
export function quirksFor({ quirks }: Upstream, facts: ModelFacts): Quirks {
  const { files, fixedSampling } = quirks;
  const vision = facts.vision ?? quirks.vision;
  const isFixed = fixedSampling === undefined && facts.temperature === false;
  return {
    ...quirks,
    ...(vision === undefined ? {} : { vision }),
    ...(files === 'seeing' ? { files: facts.pdf === true || vision !== false } : {}),
    ...(isFixed ? { fixedSampling: () => true } : {}),
  };
}

/** A smaller room for the answer is not worth having: a conversation that leaves no more has to be compacted. */
const LEAST_ROOM = 4096;
/** Of small windows it is this share. */
const LEAST_SHARE = 1 / 8;
/**
 * So much of an estimate a prompt likely has, where the upstream has counted none yet: estimates are a quarter above what the
 * vocabularies of backups make of English and programs, and what is reserved for a prompt in vain the answer lacks. A server
 * that counts more and refuses is asked again for less.
 */
const LIKELY_SHARE = 0.85;

/**
 * The most output tokens that the model can give in answer to a request: its limit, and what the prompt leaves of its window.
 * Undefined where nothing is known, or the request asks for no more than that.
 * @param tokenFactor by how much estimates of its prompt are multiplied, as the upstream counted before; by default as is
 *   likely
 */
export function mostTokens(
  inbound: Inbound,
  facts: ModelFacts,
  tokenFactor = LIKELY_SHARE,
): number | undefined {
  const { context, input = 0, output = Number.POSITIVE_INFINITY } = facts;
  if (context === undefined && output === Number.POSITIVE_INFINITY) return undefined;
  const request = readable(inbound);
  const asked = request?.max_tokens;
  if (request === null || typeof asked !== 'number') return undefined;
  const room = context === undefined ? output : roomIn(Math.max(context, input), request, tokenFactor);
  const most = Math.min(output, room);
  return most < asked ? most : undefined;
}

function roomIn(context: number, request: MessagesRequest, tokenFactor: number): number {
  const rest = context - Math.ceil(estimateTokens(request) * tokenFactor);
  return Math.max(rest, Math.min(LEAST_ROOM, Math.ceil(context * LEAST_SHARE)));
}
