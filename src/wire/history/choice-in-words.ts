import type { MessagesRequest } from '../../core/messages.ts';
import type { Quirks } from '../../core/quirks.ts';
import { portableTools } from './tools.ts';

/**
 * What the client says of tools as far as `tool_choice` cannot say it there; undefined where it can.
 * @param wire the name that a tool has there
 */
export function choiceInWords(
  request: MessagesRequest,
  quirks: Quirks,
  wire: (name: string) => string,
): string | undefined {
  const { tool_choice: choice } = request;
  const tools = portableTools(request);
  if (choice?.type === 'any' && quirks.anyToolChoice === 'auto' && tools.length > 0)
    return 'Answer with a call of one of the tools, not in words.';
  const isNamed = choice?.type === 'tool' && tools.some(({ name }) => name === choice.name);
  if (!isNamed || quirks.namedToolChoice !== false) return undefined;
  return `Answer with a call of the tool ${wire(choice.name)}, not in words.`;
}
