import { isBlock, type MessagesRequest } from '../../core/messages.ts';
import { isObject } from './json.ts';
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
  const last = request.messages?.findLast(({ role }) => role !== 'system');
  if (last?.role !== 'assistant') return request;
  const blocks = Array.isArray(last.content) ? last.content.filter((block) => isObject(block)) : [];
  const isCall = blocks.some(({ type }) => type === 'tool_use');
  const says =
    !isBlank(last.content) || blocks.some((block) => isBlock(block, 'text') && !isBlank(block.text));
  if (isCall || !says) return request;
  return { ...request, messages: [...request.messages, { role: 'user', content: GO_ON }] };
}
