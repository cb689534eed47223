import { isThinking, type MessageParam, type MessagesRequest } from '../../../core/messages.ts';
import { claudeNamed, thinksByItself } from './claude.ts';

/**
 * Whether the answer goes on, without thoughts, from calls that another model made: one that is told to think refuses to do
 * so without its own thoughts at the beginning.
 */
export function goesOnWithout(messages: readonly MessageParam[]): boolean {
  const [before, last] = messages.filter(({ role }) => role !== 'system').slice(-2);
  if (!Array.isArray(last?.content) || last.content[0]?.type !== 'tool_result') return false;
  const first = Array.isArray(before?.content) ? before.content[0]?.type : undefined;
  return !isThinking(first);
}

/**
 * A history from which thoughts were taken, as Anthropic's older models accept it: in the middle of a tool loop without
 * thoughts they refuse to be told to think. Newer ones, which think by themselves, do not mind.
 */
export function mayThink(request: MessagesRequest): MessagesRequest {
  const claude = claudeNamed(request.model);
  const isTold = request.thinking?.type === 'enabled' && claude !== null && !thinksByItself(claude);
  return isTold && goesOnWithout(request.messages) ? { ...request, thinking: { type: 'disabled' } } : request;
}
