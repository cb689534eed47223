import type { Quirks } from '../../../core/quirks.ts';
import type { ChatMessage } from './api.ts';

/** The conversation with each call in a message of its own, its result behind it: what was said stands with the first. */
export function oneCallEach(messages: readonly ChatMessage[], { emptyContent }: Quirks): ChatMessage[] {
  return messages.flatMap((message, at): ChatMessage[] => {
    if (message.role === 'tool') return [];
    if (message.role !== 'assistant' || message.tool_calls === undefined) return [message];
    const { tool_calls: calls, ...said } = message;
    const results = messages.slice(at + 1, at + 1 + calls.length);
    return calls.flatMap((call, nth): ChatMessage[] => {
      const words = nth === 0 ? said : { ...said, content: emptyContent ?? null };
      const result = results[nth];
      return [{ ...words, tool_calls: [call] }, ...(result === undefined ? [] : [result])];
    });
  });
}
