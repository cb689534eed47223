import { type Block, isBlock, type ToolResultBlock } from '../../../core/messages.ts';
import type { Quirks } from '../../../core/quirks.ts';
import { clean } from '../../history/text.ts';
import type { Part } from './api.ts';
import { parts } from './content.ts';

/** Said for a result without content: some servers and templates refuse an empty one. */
const NOTHING = '(no output)';
/** Said for a call whose result is missing: without a result every API refuses the request. */
export const INTERRUPTED = 'Error: [interrupted]';

/** A tool result as text, and what cannot be text and follows in a user message. */
export interface ToolOutput {
  text: string;
  attached: Part[];
}

/**
 * Splits a result: tool messages hold text only. Media must not become text (a base64 image costs a hundred thousand
 * tokens that way, farion1231/cc-switch#4465).
 */
export function toolOutput(result: ToolResultBlock, quirks: Quirks): ToolOutput {
  const attached: Part[] = [];
  const lines = parts(contentOf(result), quirks).map((part) => {
    if (part.type === 'text') return part.text;
    attached.push(part);
    return part.type === 'file' ? '[document attached below]' : '[image attached below]';
  });
  const text = lines.join('\n');
  if (result.is_error === true && !/^\s*\W?error/i.test(text))
    return { text: `Error: ${text || NOTHING}`, attached };
  return { text: text || NOTHING, attached };
}

/** A result whose call is gone, as text of the user. */
export function orphan(result: ToolResultBlock, quirks: Quirks): Part[] {
  const { text, attached } = toolOutput(result, quirks);
  return [{ type: 'text', text: `[result of an earlier tool call]\n${text}` }, ...attached];
}

function contentOf({ content }: ToolResultBlock): Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: clean(content) }];
  return Array.isArray(content) ? content.filter((block) => !isBlock(block, 'tool_result')) : [];
}
