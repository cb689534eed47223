import type { Amendment } from '../core/failure.ts';
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
  const { maxTokens: least, ...quirkAmendments } = amend;
  const model = upstream.model(inbound.model);
  const facts = upstream.facts?.(model) ?? {};
  const learned = native ? {} : context.lessons.of(upstream.name, model, context.runtime.clock.now());
  const tokenFactor = context.calibration.factor(upstream.name, model);
  const most = native ? undefined : mostTokens(inbound, facts, tokenFactor);
  const limits = [upstream.maxTokens, least, most].filter((limit) => limit !== undefined);
  return {
    model,
    asked: inbound.model,
    stream: inbound.stream,
    native,
    provider: writer,
    quirks: { ...quirksFor(upstream, facts), ...learned, ...quirkAmendments },
    facts,
    answerId,
    inbound,
    ...(tokenFactor === undefined ? {} : { tokenFactor }),
    ...(limits.length > 0 ? { maxTokens: Math.min(...limits) } : {}),
  };
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
  const [before, other] = [{ ...as }, { ...as, ...amend }].map((changes) => {
    const { body } = upstream.dialect.encode(
      inbound,
      targetFor(upstream, { inbound, context, amend: changes }, ''),
    );
    return typeof body === 'string' ? body : Buffer.from(body).toString('latin1');
  });
  return before !== other;
}
