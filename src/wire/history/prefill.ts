import { isObject } from '../../core/json.ts';
import {
  type Block,
  isBlock,
  isThinking,
  type MessageParam,
  type MessagesRequest,
} from '../../core/messages.ts';
import { isBlank } from './text.ts';

/** Said behind the beginning of an answer, where the model does not go on from one by itself. */
const GO_ON =
  'The message above is the beginning of your answer, and its reader has it already. Go on with it from its last character; repeat none of it and add no remark about this.';

/**
 * The request with its last word at the user. A conversation that ends with the assistant gives the beginning of the answer;
 * most models other than Claude's older ones would begin another, and Claude's newer ones refuse it. A call at the end is no
 * beginning: its result is missing.
 */
export function withoutPrefill(request: MessagesRequest): MessagesRequest {
  const last = request.messages?.findLast(({ role, content }) => role !== 'system' && saysSomething(content));
  if (last?.role !== 'assistant' || isCall(last)) return request;
  return { ...request, messages: [...request.messages, { role: 'user', content: GO_ON }] };
}

function isCall({ content }: MessageParam): boolean {
  return Array.isArray(content) && content.some((block) => isObject(block) && block.type === 'tool_use');
}

/** Whether other models see anything of it: also a search in whose middle Anthropic paused. */
function saysSomething(content: MessageParam['content']): boolean {
  return Array.isArray(content)
    ? content.some((block) => isObject(block) && isSaid(block))
    : !isBlank(content);
}

function isSaid(block: Block): boolean {
  if (isBlock(block, 'text')) return !isBlank(block.text);
  return !isThinking(block.type);
}
