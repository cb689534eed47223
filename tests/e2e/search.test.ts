/** Searches: at backups that have none, and in a history that goes from one upstream to another. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { type AnswerBlock, answer, searchThenText, text } from '../../src/drill/answers.ts';
import { CLAUDE_VERSIONS } from '../support/claude.ts';
import { breaches, type Member } from '../support/conversation-laws.ts';
import { exchangesOf } from '../support/exchanges.ts';
import { type Company, type Name, startCompany } from './company.ts';

const LIMIT_MS = 90_000;
const MEMBERS: Record<Name, Member> = {
  anthropic: { dialect: 'native', eyes: true },
  chat: { dialect: 'chat', eyes: false },
  compatible: { dialect: 'compatible', eyes: false },
};
const ARGS = ['--allowedTools', 'WebSearch', '--max-turns', '9'];
const SIGNATURE = Buffer.from('what Anthropic signed before it searched').toString('base64');

describe.each(CLAUDE_VERSIONS)('the real client %s searches', (version) => {
  test(
    'where no backup can: they are told so, it reads their answers, and goes on at each of them',
    async () => {
      await using company = await startCompany({ version, args: ARGS, chat: 'groq', members: MEMBERS });
      const played = await company.follow([
        { by: 'anthropic', says: answer([search('otters')]) },
        { by: 'chat', says: text('The chat backup cannot search.') },
        { by: 'compatible', says: answer([search('whales')]) },
        { by: 'compatible', says: text('The compatible backup cannot search.') },
        { by: 'chat', says: answer([search('bees')]) },
        { by: 'anthropic', says: searchThenText('bees', 'They dance, says the page.') },
        { by: 'chat', says: text('Three searches are done.') },
        { by: 'anthropic', says: text('And here is Anthropic again.') },
      ]);
      const first = await company.session.say('Search three times.');
      expect([first.exitCode, first.report?.result]).toEqual([0, 'Three searches are done.']);
      const second = await company.session.say('Thanks.');
      expect([second.exitCode, second.report?.result]).toEqual([0, 'And here is Anthropic again.']);
      expect(company.asked()).toHaveLength(8);
      expectNoBreaches(company, played);

      const aside = played.heard.filter(
        ({ step, upstream }) => SEARCHES.has(step) && upstream !== 'anthropic',
      );
      expect(aside.map(({ step, upstream }) => [step, upstream])).toEqual([
        [1, 'chat'],
        [3, 'chat'],
        [3, 'compatible'],
      ]);
      for (const { request } of aside) {
        const body = JSON.parse(request.text()) as Record<string, unknown>;
        expect(Object.keys(body).filter((key) => key.startsWith('tool'))).toEqual([]);
        expect(request.text()).toContain('Not available here: web_search.');
      }
      const found = exchangesOf(JSON.parse(company.asked().at(-1) ?? ''));
      expect(found.map(({ tool, failed }) => [tool, failed])).toEqual(found.map(() => ['WebSearch', false]));
      expect(found.map(({ result }) => result)).toEqual([
        expect.stringContaining('The chat backup cannot search.'),
        expect.stringContaining('The compatible backup cannot search.'),
        expect.stringContaining('https://example.com/found'),
      ]);
    },
    LIMIT_MS,
  );
});

/** The client's requests on the side. */
const SEARCHES = new Set([1, 3, 5]);

test(
  'what Anthropic has found in the conversation itself is readable for backups, and for Anthropic what it was',
  async () => {
    await using company = await startCompany({
      version: '2.1.328',
      args: [],
      chat: 'groq',
      members: MEMBERS,
    });
    const found = searchThenText('otters', 'They hold hands.');
    const played = await company.follow([
      {
        by: 'anthropic',
        says: {
          ...found,
          blocks: [
            { type: 'thinking', thinking: 'Where would it say so?', signature: SIGNATURE },
            ...found.blocks,
          ],
        },
      },
      { by: 'chat', says: text('The chat backup has read it.') },
      { by: 'compatible', says: text('The compatible backup has read it.') },
      { by: 'anthropic', says: text('Anthropic has it as it was.') },
    ]);
    const client = new Anthropic({ apiKey: 'sk-test', baseURL: company.url, maxRetries: 0 });
    const messages: Anthropic.MessageParam[] = [];
    for (const said of ['Search for otters.', 'What did it say?', 'And where?', 'Thanks.']) {
      messages.push({ role: 'user', content: said });
      const { content } = await client.messages
        .stream({
          model: 'claude-opus-4-8',
          max_tokens: 4000,
          thinking: { type: 'adaptive' },
          tools: [{ type: 'web_search_20250305', name: 'web_search' }, READ],
          messages,
        })
        .finalMessage();
      // The SDK adds fields of its own to what it has read.
      messages.push({ role: 'assistant', content: JSON.parse(JSON.stringify(content)) });
    }
    expect(played.done).toBe(4);
    expectNoBreaches(company, played);
    for (const { upstream, step, request } of played.heard.filter(({ step }) => step > 0)) {
      const body = request.text();
      expect([upstream, step, body.includes('https://example.com/found')]).toEqual([upstream, step, true]);
      expect(body.includes('They hold hands.')).toBe(true);
      const opaque = ['encrypted_content', 'encrypted_index', 'srvtoolu_', '"server_tool_use"'];
      const isNative = upstream === 'anthropic';
      expect(opaque.filter((words) => body.includes(words))).toEqual(isNative ? opaque : []);
    }
  },
  LIMIT_MS,
);

const READ: Anthropic.Tool = {
  name: 'Read',
  description: 'Reads a file',
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
};

function search(query: string): AnswerBlock {
  return { type: 'tool_use', name: 'WebSearch', input: { query } };
}

function expectNoBreaches(company: Company, { heard }: Awaited<ReturnType<Company['follow']>>): void {
  const found = heard.flatMap((one) =>
    breaches(company.meeting(one), new Set([SIGNATURE])).map(
      (breach) => `${one.upstream}, request ${one.step}: ${breach}`,
    ),
  );
  expect(found).toEqual([]);
}
