import type { MessageParam, MessagesRequest } from '../../../core/messages.ts';
import type { ThinkingStyle } from '../../../core/quirks.ts';
import type { Target } from '../../../core/upstream.ts';
import { budgetFor, effortFor } from '../../history/effort.ts';
import { claudeNamed, thinksByItself } from './claude.ts';
import { goesOnWithout } from './mid-turn.ts';

/** What a server is told of thinking, and of how hard. */
export type Thinking = Pick<MessagesRequest, 'thinking' | 'output_config'>;

/** Said in words, because models that think by default (DeepSeek's, Kimi's, Qwen's) do so where nothing is said. */
const OFF: Thinking = { thinking: { type: 'disabled' } };
/** The smallest budget for thinking that the API accepts. */
const MIN_BUDGET = 1024;
/** At most so much of the limit is thought where the client gives no number: the rest is for the answer. */
const THINKING_SHARE = 0.8;

/** As the client asks for it, in the style that the model takes; a budget always leaves room for the answer. */
export function encodeThinking(
  request: MessagesRequest,
  limit: number,
  messages: MessageParam[],
  target: Target,
): Thinking {
  const type = request.thinking?.type ?? 'disabled';
  const style = styleFor(target);
  if (style === 'none' || type === 'disabled') return noThinking(target);
  if (style === 'adaptive') return { thinking: { type: 'adaptive' }, ...effort(request, target) };
  if (style === 'default' && type !== 'enabled') return effort(request, target);
  const budget = budgetIn(request, limit);
  if (budget < MIN_BUDGET || goesOnWithout(messages)) return OFF;
  return { thinking: { type: 'enabled', budget_tokens: budget }, ...effort(request, target) };
}

/** For an answer without any. */
export function noThinking(target: Target): Thinking {
  return styleFor(target) === 'none' ? {} : OFF;
}

/** Whether it is told to think. */
export function isTold({ thinking }: Thinking): boolean {
  return thinking?.type === 'enabled' || thinking?.type === 'adaptive';
}

/** `adaptive` is known to Claude's newer models alone; the newest of them refuse `enabled`. */
function styleFor({ model, quirks }: Target): ThinkingStyle {
  const claude = claudeNamed(model);
  const usual = claude !== null && thinksByItself(claude) ? 'adaptive' : 'enabled';
  return quirks.thinking?.(model) ?? usual;
}

/** Less than the API accepts where the limit leaves no room for more. */
function budgetIn(request: MessagesRequest, limit: number): number {
  const asked = request.thinking?.budget_tokens;
  if (typeof asked === 'number') return Math.min(asked, limit - 1);
  const share = Math.floor(limit * THINKING_SHARE);
  const wanted = budgetFor(request);
  return wanted === undefined ? share : Math.min(Math.max(wanted, MIN_BUDGET), share);
}

function effort(request: MessagesRequest, { model, quirks, facts = {} }: Target): Thinking {
  const named = effortFor(request, quirks.outputEfforts?.(model, facts) ?? []);
  return named === undefined ? {} : { output_config: { effort: named } };
}
