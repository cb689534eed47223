import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import {
  type Answer,
  answer,
  calls,
  hiddenThinkingThenText,
  nothing,
  pieces,
  searchThenText,
  text,
  thinkingOnly,
  thinkingThenText,
} from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { anthropicVoice } from '../../src/drill/voices/anthropic.ts';
import { openaiChatVoice } from '../../src/drill/voices/openai-chat.ts';

const ANSWERS: [string, Answer][] = [
  ['text', text('Two words, and a snowman: ☃.')],
  ['thinking before text', thinkingThenText('Let me see what was asked here.', 'Here it is.')],
  ['one tool call', calls([['Bash', { command: 'echo hi' }]])],
  [
    'a sentence and two tool calls in parallel',
    calls(
      [
        ['Read', { file_path: '/a' }],
        ['Read', { file_path: '/b', limit: 3 }, 'toolu_own'],
      ],
      'Reading both.',
    ),
  ],
  ['thinking that is not shown, before text', hiddenThinkingThenText('Here it is.')],
  [
    'redacted thinking before text',
    answer([
      { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' },
      { type: 'text', text: 'Here it is.' },
    ]),
  ],
  ['a search and a text that cites it', searchThenText('otters', 'They hold hands.')],
  ['a text that ran out of tokens', answer([{ type: 'text', text: 'and then' }], { stop: 'length' })],
];

describe('answers of a scripted Anthropic upstream', () => {
  test.each(ANSWERS)(
    'the official SDK accumulates a stream of %s into the non-streaming twin',
    async (_, said) => {
      await using upstream = await startUpstream({ script: { answer: said } });
      const client = new Anthropic({ baseURL: upstream.url, apiKey: 'k', maxRetries: 0 });
      const request = {
        model: 'claude-opus-4-8',
        max_tokens: 100,
        messages: [{ role: 'user' as const, content: 'hi' }],
      };
      const streamed = await client.messages.stream(request).finalMessage();
      const whole = await client.messages.create(request);
      expect(plain(streamed)).toEqual(plain(whole));
      expect(streamed.model).toBe('claude-opus-4-8');
    },
  );

  test('no two answers and no two tool calls share an id', async () => {
    await using upstream = await startUpstream({
      script: {
        answer: calls([
          ['A', {}],
          ['B', {}],
        ]),
      },
    });
    const body = JSON.stringify({ model: 'm', messages: [] });
    const ids: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const said = await fetch(`${upstream.url}/v1/messages`, { method: 'POST', body });
      ids.push(...(await said.text()).matchAll(/"id":"([^"]+)"/g).map((found) => found[1] ?? ''));
    }
    expect(ids).toHaveLength(9);
    expect(new Set(ids).size).toBe(9);
  });
});

describe('answers of a scripted Chat Completions upstream', () => {
  test.each(ANSWERS)('the chunks of %s add up to the non-streaming twin', (_, said) => {
    const wording = { id: 'x1', model: 'gpt' };
    const chunks = openaiChatVoice
      .events(said, wording)
      .map((event) => event.slice('data: '.length).trim())
      .filter((data) => data !== '[DONE]')
      .map((data): Chunk => JSON.parse(data));
    const whole: Whole = JSON.parse(JSON.stringify(openaiChatVoice.whole(said, wording)));
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    const argumentsOf = new Map<number, string>();
    for (const call of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
      argumentsOf.set(call.index, (argumentsOf.get(call.index) ?? '') + call.function.arguments);
    }
    const [choice] = whole.choices;
    expect(deltas.map((delta) => delta.content ?? '').join('')).toBe(choice?.message.content ?? '');
    expect([...argumentsOf.values()]).toEqual(
      (choice?.message.tool_calls ?? []).map((call) => call.function.arguments),
    );
    expect(chunks.at(-1)?.usage).toEqual(whole.usage);
    expect(chunks.flatMap(({ choices }) => choices.flatMap((each) => each.finish_reason ?? []))).toEqual([
      choice?.finish_reason ?? '',
    ]);
  });
});

test('Chat Completions has no blocks for what Anthropic keeps to itself: they are left out', () => {
  const said = JSON.stringify([
    openaiChatVoice.whole(searchThenText('otters', 'They hold hands.'), { id: 'x1', model: 'gpt' }),
    openaiChatVoice.events(answer([{ type: 'redacted_thinking', data: 'b3BhcXVl' }]), {
      id: 'x2',
      model: 'gpt',
    }),
  ]);
  expect(said).toContain('They hold hands.');
  expect(said).not.toMatch(/web_search|srvtoolu|redacted|b3BhcXVl/);
});

test('a search result names the call before it, in the stream as in the whole', async () => {
  const wording = { id: 'x1', model: 'claude' };
  const said = searchThenText('otters', 'They hold hands.');
  for (const form of [
    anthropicVoice.events(said, wording).join(''),
    JSON.stringify(anthropicVoice.whole(said, wording)),
  ]) {
    expect(form).toContain('"type":"server_tool_use","id":"srvtoolu_x1x0"');
    expect(form).toContain('"type":"web_search_tool_result","tool_use_id":"srvtoolu_x1x0"');
  }
});

test('pieces joined again are the words, and no pair of surrogates is split', () => {
  const words = 'a😀'.repeat(40);
  expect(pieces(words, 3).join('')).toBe(words);
  expect(pieces(words, 3).every((piece) => piece.isWellFormed())).toBe(true);
  expect(pieces('')).toEqual([]);
});

test('an answer without content and one of thinking alone are whole and end as finished', () => {
  expect(nothing()).toMatchObject({ blocks: [], stop: 'end' });
  expect(thinkingOnly('hm').blocks.map(({ type }) => type)).toEqual(['thinking']);
});

interface Call {
  index: number;
  function: { arguments: string };
}
interface Chunk {
  choices: { delta: { content?: string; tool_calls?: Call[] }; finish_reason: string | null }[];
  usage?: object;
}
interface Whole {
  choices: { message: { content: string | null; tool_calls?: Call[] }; finish_reason: string }[];
  usage: object;
}

/** What the answer says, without what differs from answer to answer: the ids that nobody chose. */
function plain(message: Anthropic.Message): object {
  const content = JSON.stringify(message.content).replace(/"(toolu_|srvtoolu_)drill\w+"/g, '"any"');
  const { input_tokens, output_tokens } = message.usage;
  return {
    content: JSON.parse(content),
    stop_reason: message.stop_reason,
    usage: { input_tokens, output_tokens },
  };
}
