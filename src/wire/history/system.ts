import type { MessagesRequest, ToolParam } from '../../core/messages.ts';
import { clean, isBlank } from './text.ts';
import { missingTools } from './tools.ts';

/** First line of a system prompt of Claude Code: volatile, and of use to Anthropic only. */
const BILLING = /^x-anthropic-billing-header:[^\n]*\n*/;

/**
 * The system prompt's texts, without what is Anthropic's business, and with a word on tools that are left out.
 * @param isServed whether the upstream has one of its own in the place of a typed tool
 */
export function systemTexts(
  request: MessagesRequest,
  isServed: (tool: ToolParam) => boolean = () => false,
): string[] {
  const { system } = request;
  const given = typeof system === 'string' ? [system] : (system ?? []).map((block) => block.text);
  const texts = given
    .filter((text) => typeof text === 'string')
    .map((text) => clean(text.replace(BILLING, '')))
    .filter((text) => !isBlank(text));
  const missing = missingTools(request, isServed);
  if (missing.length > 0) {
    texts.push(
      `Not available here: ${missing.join(', ')}. Where it is needed, say so and do not invent its results.`,
    );
  }
  return texts;
}
