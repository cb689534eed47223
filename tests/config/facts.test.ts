/** What is known of an upstream's models: the data, and before it what the file says. */
import { describe, expect, test } from 'bun:test';
import { bad, good, named, world } from './sources.ts';

const facts = async (text: string, model: string, env: Record<string, string> = {}) => {
  const { chain } = await good(named(text, env));
  return chain[0]?.facts?.(model) ?? null;
};
const GROQ = '[upstreams.groq]\napi_key = "k"\n';
const GPT_OSS = 'openai/gpt-oss-120b';

describe('a model', () => {
  test('is known by the data of its provider', async () => {
    expect(await facts(GROQ, GPT_OSS)).toMatchObject({
      context: 131_072,
      output: 65_536,
      vision: false,
      tools: true,
      reasoning: true,
      control: { efforts: ['low', 'medium', 'high'] },
      configured: [],
    });
  });

  test('that is not in it is one of which nothing is known', async () => {
    expect(await facts(GROQ, 'a-new-one')).toEqual({ configured: [] });
    expect(await facts(GROQ, '')).toEqual({ configured: [] });
  });

  test('of a server of its own is known by what it is, not by how it is served elsewhere', async () => {
    const text = '[upstreams.mine]\nprovider = "openai-compatible"\nbase_url = "http://localhost:8000"';
    expect(await facts(text, GPT_OSS)).toEqual({ vision: false, configured: [] });
  });

  test.each([
    ['context_window = 8000', { context: 8000, configured: ['context'] }],
    ['vision = true', { vision: true, configured: ['vision'] }],
    ['tools = false', { tools: false, configured: ['tools'] }],
  ])('is what the file says: %s', async (line, expected) => {
    const plain = await facts(GROQ, GPT_OSS);
    expect(await facts(`${GROQ}${line}`, GPT_OSS)).toEqual<unknown>({ ...plain, ...expected });
    expect(await facts(`${GROQ}${line}`, 'a-new-one')).toEqual<unknown>(expected);
  });

  test('whose window the file names has no other limit of its prompt', async () => {
    const openai = '[upstreams.openai]\napi_key = "k"\n';
    expect(await facts(openai, 'gpt-5')).toMatchObject({ context: 400_000, input: 272_000 });
    const { context, input } = (await facts(`${openai}context_window = 300000`, 'gpt-5')) ?? {};
    expect([context, input]).toEqual([300_000, undefined]);
  });

  test('is looked up once', async () => {
    const { chain } = await good(world({}, { GROQ_API_KEY: 'k' }));
    const groq = chain.find(({ name }) => name === 'groq');
    expect(groq?.facts?.(GPT_OSS)).toBe(groq?.facts?.(GPT_OSS));
    // However many names clients think up.
    for (let at = 0; at < 2000; at += 1) groq?.facts?.(`model-${at}`);
    expect(groq?.facts?.(GPT_OSS)).toMatchObject({ context: 131_072 });
  });
});

describe('the file is refused, with the line, for', () => {
  const windows = 'a whole number from 1000 to 100000000';
  test.each([
    ['context_window = 0', 'context_window', '0 (a whole number)', windows],
    ['context_window = 128', 'context_window', '128 (a whole number)', windows],
    ['context_window = "128k"', 'context_window', '"128k" (a string)', windows],
    ['context_window = 131072.5', 'context_window', '131072.5 (a number)', windows],
    ['tools = "no"', 'tools', '"no" (a string)', 'true or false'],
    ['tools = 0', 'tools', '0 (a whole number)', 'true or false'],
    ['vision = []', 'vision', 'a list', 'true or false'],
  ])('%s', async (line, key, found, allowed) => {
    const problems = await bad(named(`${GROQ}${line}`));
    expect(problems).toEqual([
      { file: 'my.toml', line: 3, key: `upstreams.groq.${key}`, what: 'not allowed', found, allowed },
    ]);
  });

  test.each(['context_window = 200000', 'tools = true', 'tools = false', 'vision = true'])(
    '%s of Anthropic',
    async (line) => {
      const problems = await bad(named(`[upstreams.anthropic]\n${line}`));
      expect(problems).toEqual([
        expect.objectContaining({
          line: 2,
          key: `upstreams.anthropic.${line.split(' ')[0]}`,
          what: 'cannot be set for anthropic: its requests are never changed',
        }),
      ]);
    },
  );
});
