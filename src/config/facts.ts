import type { ModelFacts } from '../core/model-facts.ts';
import type { Upstream } from '../core/upstream.ts';
import { factsOf } from '../providers/model-data.ts';
import type { Draft } from './draft.ts';
import type { UpstreamTable } from './schema.ts';

/** Clients name models as they like, and some upstreams are asked for just those. */
const MOST_MODELS = 500;

/**
 * What is known of the models of an upstream, each looked up once: the data, and before it what the user says of all of them.
 * @param maxTokens the longest answer, where the user names one
 */
export function knownFacts(
  { provider, table }: Draft,
  maxTokens: number | undefined,
): NonNullable<Upstream['facts']> {
  const own = { ...ownFacts(table), ...(maxTokens !== undefined && { output: maxTokens }) };
  const known = new Map<string, ModelFacts>();
  return (model) => {
    const before = known.get(model);
    if (before !== undefined) return before;
    if (known.size >= MOST_MODELS) known.clear();
    const facts = { ...withoutInput(factsOf(provider.modelData, model), own), ...own };
    known.set(model, facts);
    return facts;
  };
}

function ownFacts({ context_window: context, vision, tools }: UpstreamTable): ModelFacts {
  const own = {
    ...(context !== undefined && { context }),
    ...(vision !== undefined && { vision }),
    ...(tools !== undefined && { tools }),
  };
  return { ...own, configured: Object.keys(own) as (keyof typeof own)[] };
}

/** A window that the user names is all that counts: the prompt has no other limit then. */
function withoutInput(facts: ModelFacts = {}, own: ModelFacts): ModelFacts {
  if (own.context === undefined) return facts;
  const { input: _, ...others } = facts;
  return others;
}
