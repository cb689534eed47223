import type { Amendment } from '../core/failure.ts';
import type { ModelFacts } from '../core/model-facts.ts';
import type { Inbound, Target, Upstream } from '../core/upstream.ts';
import type { RelayContext } from './context.ts';
import { mostTokens, quirksFor } from './fitting.ts';

/** What is asked of an upstream, as far as its dialect has to know. */
export interface Wanted {
  inbound: Inbound;
  context: Pick<RelayContext, 'calibration' | 'lessons' | 'runtime'>;
  /** How the request is changed, because this upstream refused it as it was. */
  amend?: Amendment;
}

/** What the dialect of `upstream` is told of it for one request. */
export function targetFor(
  upstream: Upstream,
  { inbound, context, amend = {} }: Wanted,
  answerId: string,
): Target {
  const { native, provider, writer = provider } = upstream;
  const { maxTokens: least, overTokens, minuteTokens: _, images, documents, ...quirkAmendments } = amend;
  const model = upstream.model(inbound.model);
  const facts = upstream.facts?.(model) ?? {};
  const known = native ? {} : context.lessons.of(upstream.name, model, context.runtime.clock.now());
  const { minuteTokens, ...learned } = known;
  const tokenFactor = context.calibration.factor(upstream.name, model);
  const most = native ? undefined : mostTokens(inbound, within(facts, minuteTokens), tokenFactor);
  const own = [upstream.maxTokens, least, most].filter((limit) => limit !== undefined);
  const limits = overTokens === undefined ? own : shortened(own, inbound, overTokens);
  return {
    model,
    asked: inbound.model,
    stream: inbound.stream,
    native,
    provider: writer,
    quirks: {
      ...quirksFor(upstream, facts),
      ...learned,
      ...quirkAmendments,
      ...(images === false ? { vision: false } : {}),
      ...(documents === false ? { files: false } : {}),
    },
    facts,
    answerId,
    inbound,
    ...(tokenFactor === undefined ? {} : { tokenFactor }),
    ...(limits.length > 0 ? { maxTokens: Math.min(...limits) } : {}),
  };
}

/** What a server adds to a conversation of its own: of a short one an estimate does not know it. */
const TEMPLATE_TOKENS = 256;

/** What is taken of conversation and answer together is at most the tokens of a minute. */
function within(facts: ModelFacts, minuteTokens: number | undefined): ModelFacts {
  if (minuteTokens === undefined) return facts;
  const most = Math.max(minuteTokens - TEMPLATE_TOKENS, 1);
  return { ...facts, context: Math.min(most, facts.context ?? most) };
}

/** A smaller answer is not worth having: the conversation has to be compacted. */
const LEAST_ANSWER = 1024;
/** Servers count a little differently from what they say. */
const SLACK_TOKENS = 64;

/** `limits` of the answer with so many tokens less; as they are where that leaves too little. */
function shortened(limits: readonly number[], { request }: Inbound, overTokens: number): readonly number[] {
  const rest = Math.min(request.max_tokens, ...limits) - overTokens - SLACK_TOKENS;
  return rest >= LEAST_ANSWER ? [rest] : limits;
}

/** What an upstream minded before, and what it minds now. Of an answer that is too much as well when it is shorter no more is taken. */
export function both(before: Amendment | undefined, now: Amendment): Amendment {
  const overTokens = before?.overTokens ?? now.overTokens;
  return { ...before, ...now, ...(overTokens === undefined ? {} : { overTokens }) };
}

/**
 * Whether `upstream` would be sent another request, changed so as well: one that holds no images cannot be sent without
 * them.
 */
export function isOther(
  upstream: Upstream,
  { inbound, context, amend: as }: Wanted,
  amend: Amendment,
): boolean {
  const [before, other] = [{ ...as }, both(as, amend)].map((changes) => {
    const { body } = upstream.dialect.encode(
      inbound,
      targetFor(upstream, { inbound, context, amend: changes }, ''),
    );
    return typeof body === 'string' ? body : Buffer.from(body).toString('latin1');
  });
  return before !== other;
}
