import type { MessagesRequest } from '../../core/messages.ts';
import { EFFORTS, type Effort, type ModelFacts } from '../../core/model-facts.ts';

/** Those that every model has which can be told how hard to think. */
const USUAL: readonly Effort[] = ['low', 'medium', 'high'];

/**
 * How hard the model is told to think: the effort that the client asks for, by name or by its budget; where the model does
 * not have that one, the next below, or its lowest. Undefined where the client asks for none, or the model takes none.
 */
export function effortFor(request: MessagesRequest, facts: ModelFacts = {}): Effort | undefined {
  const { thinking, output_config: config } = request;
  const has = facts.reasoning === false ? [] : (facts.control?.efforts ?? USUAL);
  const named = EFFORTS.find((effort) => effort === config?.effort);
  const asked = named ?? effortOf(thinking?.budget_tokens);
  if (asked === undefined) return undefined;
  const most = EFFORTS.indexOf(asked);
  return has.findLast((effort) => EFFORTS.indexOf(effort) <= most) ?? has[0];
}

/** Thresholds in use elsewhere for the same purpose (router-for-me/CLIProxyAPI). */
function effortOf(budget: number | undefined): Effort | undefined {
  if (typeof budget !== 'number') return undefined;
  if (budget <= 1024) return 'low';
  return budget <= 8192 ? 'medium' : 'high';
}
