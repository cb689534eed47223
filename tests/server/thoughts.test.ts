/** Whose thoughts are whose, where several upstreams are of one preset. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { text, thinkingThenText } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { startApp } from '../support/app.ts';
import { blocksOf } from '../support/exchanges.ts';

const THOUGHT = 'What would be north of here?';

describe.each([
  ['servers of the Messages API', 'anthropic-compatible', ''],
  ['servers that stand for the same provider', 'deepseek', 'dialect = "anthropic"\n'],
])('of two %s', (_, provider, more) => {
  test('each gets its own thoughts back, and none of the other', async () => {
    await using one = await startUpstream({ script: { answer: thinkingThenText(THOUGHT, 'A lake.') } });
    await using other = await startUpstream({ script: { answer: text('A wood.') } });
    const table = (name: string, url: string) =>
      `[upstreams.${name}]\nprovider = "${provider}"\nbase_url = "${url}/v1"\napi_key = "k"\n${more}`;
    await using app = await startApp({ file: `${table('one', one.url)}${table('other', other.url)}` });
    const client = new Anthropic({ apiKey: 'sk-test', baseURL: app.url, maxRetries: 0 });
    const messages: Anthropic.MessageParam[] = [];
    const ask = async (words: string) => {
      messages.push({ role: 'user', content: words });
      const request = { model: 'claude-opus-4-8', max_tokens: 4000, messages };
      const { content } = await client.messages.stream(request).finalMessage();
      messages.push({ role: 'assistant', content: JSON.parse(JSON.stringify(content)) });
    };
    await ask('What is north?');
    await ask('And behind it?');
    await one.play({ fault: { kind: 'status', status: 529 } });
    await ask('And then?');
    const thoughtsAt = (body: string | undefined) =>
      blocksOf(JSON.parse(body ?? '{"messages":[]}')).filter(({ type }) => type === 'thinking').length;
    expect(one.asked.slice(0, 2).map((request) => thoughtsAt(request.text()))).toEqual([0, 1]);
    expect(other.asked.map((request) => thoughtsAt(request.text()))).toEqual([0]);
    expect(other.asked[0]?.text()).toContain('A lake.');
  });
});
