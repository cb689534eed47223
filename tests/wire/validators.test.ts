/** The strict validators see what they are for: a law that nothing can break is none. */
import { describe, expect, test } from 'bun:test';
import { conversationComplaints } from '../support/anthropic-conversation.ts';
import { complaints as chatComplaints, OPENAI } from '../support/openai-validator.ts';

describe("Anthropic's view of a conversation", () => {
  const user = (...content: object[]) => ({ role: 'user', content });
  const assistant = (...content: object[]) => ({ role: 'assistant', content });
  const words = { type: 'text', text: 'words' };
  const call = (id: string) => ({ type: 'tool_use', id, name: 'A', input: {} });
  const result = (id: string, more = {}) => ({
    type: 'tool_result',
    tool_use_id: id,
    content: 'ok',
    ...more,
  });
  const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aaaa' } };
  const system = { role: 'system', content: 'now' };

  test.each<[string, object[]]>([
    ['words', [user(words)]],
    [
      'two calls, answered in another order',
      [user(words), assistant(call('a'), call('b')), user(result('b'), result('a'))],
    ],
    [
      'results in two messages of the user',
      [user(words), assistant(call('a'), call('b')), user(result('a')), user(result('b'), words)],
    ],
    [
      "a message of the system's inside",
      [user(words), system, assistant(call('a')), user(result('a')), system],
    ],
    ['a picture as a result', [user(words), assistant(call('a')), user(result('a', { content: [picture] }))]],
  ])('has nothing against %s', (_, messages) => {
    expect(conversationComplaints({ messages })).toEqual([]);
  });

  test.each<[string, object[]]>([
    ['an end at the assistant', [user(words), assistant(words)]],
    ['a beginning at the assistant', [assistant(words), user(words)]],
    ['another role', [user(words), { role: 'tool', content: 'x' }, user(words)]],
    ['a call without a result', [user(words), assistant(call('a')), user(words)]],
    ['a call without a result at the end', [user(words), assistant(call('a'))]],
    [
      'a result that comes a turn later',
      [user(words), assistant(call('a')), user(words), assistant(words), user(result('a'))],
    ],
    ['a result without a call', [user(words), assistant(words), user(result('a'))]],
    ['a result twice', [user(words), assistant(call('a')), user(result('a'), result('a'))]],
    ['words before results', [user(words), assistant(call('a')), user(words, result('a'))]],
    [
      'an id in two turns',
      [user(words), assistant(call('a')), user(result('a')), assistant(call('a')), user(result('a'))],
    ],
    ['an id for two calls', [user(words), assistant(call('a'), call('a')), user(result('a'))]],
    ['white space', [user({ type: 'text', text: ' \n' })]],
    ['an empty message', [{ role: 'user', content: '' }]],
    [
      'a failed picture',
      [user(words), assistant(call('a')), user(result('a', { content: [picture], is_error: true }))],
    ],
    [
      'five cache marks',
      [user(...Array.from({ length: 5 }, () => ({ ...words, cache_control: { type: 'ephemeral' } })))],
    ],
  ])('has something against %s', (_, messages) => {
    expect(conversationComplaints({ messages })).not.toEqual([]);
  });
});

describe('a strict Chat Completions server', () => {
  const ask = { role: 'user', content: 'hi' };
  const call = (id: string) => ({ id, type: 'function', function: { name: 'A', arguments: '{}' } });
  const calling = { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] };
  const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'ok' });
  const request = (messages: object[], more = {}) => ({ model: 'm', stream: true, messages, ...more });
  const tools = [
    {
      type: 'function',
      function: { name: 'A', description: 'a', parameters: { type: 'object', properties: {} } },
    },
  ];

  test('takes a good request', () => {
    const messages = [{ role: 'system', content: 'Be brief.' }, ask, calling, result('a'), result('b')];
    expect(chatComplaints(request(messages, { tools, tool_choice: 'auto' }))).toEqual([]);
  });

  test.each<[string, object]>([
    ['an end at the assistant', request([ask, { role: 'assistant', content: 'so' }])],
    ['results in another order', request([ask, calling, result('b'), result('a')])],
    ['a result that is missing', request([ask, calling, result('a')])],
    ['a result too many', request([ask, calling, result('a'), result('b'), result('b')])],
    ['a user before the results', request([ask, calling, ask, result('a'), result('b')])],
    ['a system prompt in parts', request([{ role: 'system', content: [{ type: 'text', text: 'x' }] }, ask])],
    ['broken text', request([{ role: 'user', content: 'a\ud800b' }])],
    ['an unknown choice', request([ask], { tools, tool_choice: 'any of them' })],
    [
      'a tool that is not described by words',
      request([ask], { tools: [{ ...tools[0], function: { ...tools[0]?.function, description: '' } }] }),
    ],
    ['a stream that is no boolean', request([ask], { stream: 'yes' })],
    ['a temperature in words', request([ask], { temperature: '1' })],
  ])('refuses %s', (_, body) => {
    expect(chatComplaints(body)).not.toEqual([]);
  });

  test.each([
    ['is missing where it is wanted', true, { role: 'assistant', content: 'so' }],
    ['is empty where it is wanted', true, { role: 'assistant', content: 'so', reasoning_content: '' }],
    ['comes where it is not', false, { role: 'assistant', content: 'so', reasoning_content: 'hm' }],
  ])('refuses reasoning that %s', (_, reasoning, said) => {
    expect(chatComplaints(request([ask, said, ask]), { ...OPENAI, reasoning })).not.toEqual([]);
  });
});
