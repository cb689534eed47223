/** Which requests of a session belong to one conversation. */
import { expect, test } from 'bun:test';
import { conversationOf } from '../../src/core/conversation.ts';
import type { MessagesRequest } from '../../src/core/messages.ts';

const TOOLS = [{ name: 'Read', input_schema: { type: 'object' } }];
const first = { role: 'user', content: [{ type: 'text', text: 'Mend the door.' }] };

function request(more: object = {}): MessagesRequest {
  return { model: 'big', max_tokens: 9, tools: TOOLS, messages: [first], ...more } as MessagesRequest;
}

const call = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'Read', input: {} }] };
const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'ok' }] };

test.each<[sentence: string, more: object, isSame: boolean]>([
  ['longer', { messages: [first, call, result] }, true],
  ['with a text for a block', { messages: [{ role: 'user', content: 'Mend the door.' }] }, true],
  ['not streamed', { stream: false }, true],
  ['with a limit of its own', { max_tokens: 1 }, true],
  ['with more tools', { tools: [...TOOLS, { name: 'Edit', input_schema: {} }] }, true],
  [
    'with a note of the client before it',
    {
      messages: [{ role: 'user', content: [{ type: 'text', text: '<system-reminder>x' }, ...first.content] }],
    },
    true,
  ],
  ['with other words', { messages: [{ role: 'user', content: 'Mend the roof.' }] }, false],
  ['for another model', { model: 'small' }, false],
  ['without tools', { tools: [] }, false],
  ['without any message', { messages: [] }, false],
])('%s: %p', (_, more, isSame) => {
  expect(conversationOf(request(more)) === conversationOf(request())).toBe(isSame);
});
