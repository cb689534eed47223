import type { MessagesRequest } from '../../core/messages.ts';
import { EFFORTS, type Effort } from '../../core/model-facts.ts';

/** Whether the client wants the model to think before it answers. */
export function wantsThinking({ thinking }: MessagesRequest): boolean {
  return typeof thinking?.type === 'string' && thinking.type !== 'disabled';
}

/**
 * How hard a model that takes the efforts `has` is told to think: as the client asks, by name or by its budget, or as little
 * as can be where it wants no thinking at all. What the model does not have becomes the next below, or its lowest. Undefined
 * where the client leaves it to the model, or the model takes none.
 * @param has weakest first
 */
export function effortFor(request: MessagesRequest, has: readonly Effort[]): Effort | undefined {
  const asked = askedEffort(request);
  if (asked === undefined) return undefined;
  const most = EFFORTS.indexOf(asked);
  return has.findLast((effort) => EFFORTS.indexOf(effort) <= most) ?? has[0];
}

/** `low` for no thinking: with `minimal` models make one call at a time and know no search (OpenAI, gpt-5). */
function askedEffort(request: MessagesRequest): Effort | undefined {
  const { thinking, output_config: config } = request;
  if (thinking?.type === 'disabled') return 'low';
  const named = EFFORTS.find((effort) => effort === config?.effort);
  return named ?? effortOf(thinking?.budget_tokens) ?? (wantsThinking(request) ? undefined : 'low');
}

/** Tokens of thinking that stand for an effort: a table in use elsewhere for the same purpose (router-for-me/CLIProxyAPI). */
const BUDGETS: Readonly<Record<Effort, number>> = {
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 128_000,
};

/** The tokens of thinking that the client's effort stands for; undefined where it leaves that to the model. */
export function budgetFor({ output_config: config }: MessagesRequest): number | undefined {
  const named = EFFORTS.find((effort) => effort === config?.effort);
  return named && BUDGETS[named];
}

/** Thresholds in use elsewhere for the same purpose (router-for-me/CLIProxyAPI). */
function effortOf(budget: number | undefined): Effort | undefined {
  if (typeof budget !== 'number') return undefined;
  if (budget <= 1024) return 'low';
  return budget <= 8192 ? 'medium' : 'high';
}
