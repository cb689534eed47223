/** Whether a request begins a turn, in the shapes that the client sends and in others. */
import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { isTurnBoundary } from '../../src/core/turn.ts';

const text = (words: string) => ({ type: 'text', text: words });
const reminder = text('<system-reminder>\nThe list of tasks is empty.\n</system-reminder>');
const call = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { file_path: 'a.txt' } };
const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'what it says' };
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const system = (content: unknown) => ({ role: 'system', content });

const FIRST = [user(reminder, text('Say hello.'))];
const ASKED = [...FIRST, assistant(call)];
const ANSWERED = [...ASKED, user(result), assistant(text('It says so.'))];

const begins = (messages: unknown) => isTurnBoundary({ messages } as MessagesRequest);

describe('a turn begins with', () => {
  test.each<[string, unknown[]]>([
    ['the first words', FIRST],
    ['the first words, as a string', [{ role: 'user', content: 'Say hello.' }]],
    ['the first words and a system message behind them', [...FIRST, system('The environment.')]],
    ['the same with blocks', [...FIRST, system([text('The environment.')])]],
    ['several system messages', [...FIRST, system('One.'), system('Two.')]],
    ['words after tools were used', [...ANSWERED, user(text('And now?'))]],
    ['words as a string after tools were used', [...ANSWERED, { role: 'user', content: 'And now?' }]],
    ['words and a picture', [...ANSWERED, user(image, text('What is it?'))]],
    ['words in two messages', [...ANSWERED, user(reminder), user(text('And now?'))]],
    ['words that speak of a tool_result', [...ANSWERED, user(text('{"type":"tool_result"}'))]],
    ['words after a call that nobody answered', [...ASKED, user(text('Leave it.'))]],
    ['the request for one search', [user(text('Perform a web search for the query: weather'))]],
  ])('%s', (_, messages) => {
    expect(begins(messages)).toBe(true);
  });
});

describe('no turn begins with', () => {
  test.each<[string, unknown[]]>([
    ['the answer of a tool', [...ASKED, user(result)]],
    ['the answers of several', [...ASKED, user(result, { ...result, tool_use_id: 'toolu_2' })]],
    ['an answer that is a picture', [...ASKED, user({ ...result, content: [image] })]],
    ['an answer that is missing', [...ASKED, user({ type: 'tool_result', tool_use_id: 'toolu_1' })]],
    ['an error of a tool', [...ASKED, user({ ...result, is_error: true })]],
    ['an answer and a reminder', [...ASKED, user(result, reminder)]],
    ['an answer and words of the user', [...ASKED, user(result, text('Hurry up.'))]],
    ['an answer behind words', [...ASKED, user(text('Tool loaded.'), result)]],
    ['an answer and words in the next message', [...ASKED, user(result), user(reminder)]],
    ['words, and the answer in the next message', [...ASKED, user(reminder), user(result)]],
    ['an answer and a system message', [...ASKED, user(result), system('The environment.')]],
    ['an answer, a system message and words', [...ASKED, user(result), system('One.'), user(reminder)]],
    ["the beginning of the model's answer", [...FIRST, assistant(text('{'))]],
    ["the model's answer and a system message", [...FIRST, assistant(text('{')), system('One.')]],
    ['a call that was paused', [...FIRST, assistant({ ...call, type: 'server_tool_use' })]],
    ['a system message alone', [system('The environment.')]],
  ])('%s', (_, messages) => {
    expect(begins(messages)).toBe(false);
  });
});

describe('what has not the shape of the API', () => {
  test.each<[string, unknown, boolean]>([
    ['no messages', undefined, false],
    ['null for messages', null, false],
    ['a string for messages', 'Say hello.', false],
    ['an empty list', [], false],
    ['null for a message', [null], false],
    ['a string for a message', ['Say hello.'], false],
    ['no role', [{ content: 'Say hello.' }], false],
    ['a role that is not known', [{ role: 'tool', content: 'what it says' }], false],
    ['no content', [{ role: 'user' }], true],
    ['null for content', [{ role: 'user', content: null }], true],
    ['an object for content', [{ role: 'user', content: result }], true],
    ['no blocks', [user()], true],
    ['null for a block', [user(null)], true],
    ['a string for a block', [user('tool_result')], true],
    ['a block without a type', [user({})], true],
    ['null beside the answer of a tool', [user(null, result)], false],
  ])('%s', (_, messages, expected) => {
    expect(begins(messages)).toBe(expected);
  });

  test('no request', () => {
    expect(isTurnBoundary(null as unknown as MessagesRequest)).toBe(false);
  });
});
