import { isObject } from '../../../core/json.ts';
import { type Block, isBlock, type ToolResultBlock } from '../../../core/messages.ts';
import type { Quirks } from '../../../core/quirks.ts';
import { clean } from '../../history/text.ts';
import { plainBlocks } from './compatible-content.ts';

/** Said for a result without content: some models' templates stumble over an empty one. */
const NOTHING = '(no output)';

/** A tool result, and what cannot stand in it. */
export interface Result {
  block: ToolResultBlock;
  attached: Block[];
}

/**
 * The result of the call `id`, as text. Images and documents follow behind all results: inside one they are refused by
 * Ollama's cloud (ollama/ollama#18055), LM Studio (lmstudio-ai/localization#425) and others that take them elsewhere, and
 * in a failed one by Anthropic itself.
 * @param given undefined for a call that was interrupted.
 */
export function resultOf(given: ToolResultBlock | undefined, id: string, quirks: Quirks): Result {
  if (given === undefined) return { block: interrupted(id), attached: [] };
  const { text, attached } = split(given, quirks);
  const error = given.is_error === true ? { is_error: true } : {};
  return { block: { type: 'tool_result', tool_use_id: id, content: text, ...error }, attached };
}

/** The result of a call that has none: without one the API refuses the request. */
export function interrupted(id: string): ToolResultBlock {
  return { type: 'tool_result', tool_use_id: id, content: '[interrupted]', is_error: true };
}

/** A result whose call is gone, as words of the user. */
export function orphan(result: ToolResultBlock, quirks: Quirks): Block[] {
  const { text, attached } = split(result, quirks);
  return [{ type: 'text', text: `[result of an earlier tool call]\n${text}` }, ...attached];
}

function split({ content }: ToolResultBlock, quirks: Quirks): { text: string; attached: Block[] } {
  if (typeof content === 'string') return { text: clean(content) || NOTHING, attached: [] };
  const attached: Block[] = [];
  const lines = (Array.isArray(content) ? content.filter((item) => isObject(item)) : []).flatMap((item) =>
    plainBlocks(item, quirks).map((block) => {
      if (isBlock(block, 'text')) return block.text;
      attached.push(block);
      return `[${block.type} attached below]`;
    }),
  );
  return { text: lines.join('\n') || NOTHING, attached };
}
