import { describe, expect, test } from 'bun:test';
import { good, named, world } from './sources.ts';

const OWN = 'http://127.0.0.1:1';

/** Where the only upstream is, what it speaks there, and how it is probed. */
async function only(provider: string, env: Record<string, string>, keys = '') {
  const text = `[upstreams.${provider}]\napi_key = "k"\n${keys}`;
  const { chain } = await good(named(text, env));
  const [upstream] = chain;
  return [upstream?.base, upstream?.dialect.name, upstream?.probe.method];
}

describe('an address of a Messages API', () => {
  test.each([
    ['deepseek', `${OWN}/anthropic`, `${OWN}/anthropic/v1`],
    ['deepseek', `${OWN}/anthropic/v1`, `${OWN}/anthropic/v1`],
    ['deepseek', `${OWN}/anthropic/v1/messages`, `${OWN}/anthropic/v1`],
    ['moonshot', `${OWN}/Anthropic/`, `${OWN}/Anthropic/v1`],
    ['zai', `${OWN}/api/anthropic`, `${OWN}/api/anthropic/v1`],
    ['openai-compatible', `${OWN}/v1/account/gateway/anthropic`, `${OWN}/v1/account/gateway/anthropic/v1`],
  ])('of %s is known by its path, and has no list of models: %s', async (provider, url, base) => {
    const variable = `${provider.toUpperCase().replaceAll('-', '_')}_BASE_URL`;
    expect(await only(provider, { [variable]: url })).toEqual([base, 'anthropic', 'head']);
  });

  test.each([
    ['deepseek', `${OWN}/anthropic/openai`, [`${OWN}/anthropic/openai/v1`, 'openai-chat', 'models']],
    ['deepseek', `${OWN}/anthropic/v1/chat/completions`, [`${OWN}/anthropic/v1`, 'openai-chat', 'models']],
    ['deepseek', 'http://anthropic.localhost', ['http://anthropic.localhost/v1', 'openai-chat', 'models']],
    ['litellm', `${OWN}/anthropic`, [`${OWN}/anthropic/v1`, 'anthropic', 'models']],
  ])('is no other: of %s at %s', async (provider, url, expected) => {
    expect(await only(provider, { [`${provider.toUpperCase()}_BASE_URL`]: url })).toEqual(expected);
  });

  test('does not go against a dialect, or a probe, that is named', async () => {
    const keys = `base_url = "${OWN}/anthropic"\n`;
    expect(await only('deepseek', {}, `${keys}dialect = "openai-chat"`)).toEqual([
      `${OWN}/anthropic/v1`,
      'openai-chat',
      'models',
    ]);
    expect(await only('deepseek', {}, `${keys}probe.method = "models"`)).toEqual([
      `${OWN}/anthropic/v1`,
      'anthropic',
      'models',
    ]);
  });
});

test.each([
  ['deepseek', 'https://api.deepseek.com/anthropic/v1', 'head'],
  ['moonshot', 'https://api.moonshot.ai/anthropic/v1', 'head'],
  ['zai', 'https://api.z.ai/api/anthropic/v1', 'head'],
  ['openrouter', 'https://openrouter.ai/api/v1', 'models'],
])('%s with dialect = "anthropic" is where its Messages API is', async (provider, base, probe) => {
  expect(await only(provider, {}, 'dialect = "anthropic"')).toEqual([base, 'anthropic', probe]);
  const { chain } = await good(named(`[upstreams.${provider}]\napi_key = "k"\ndialect = "anthropic"`));
  // It is the provider all the same.
  expect(chain[0]?.writer).toBeUndefined();
});

test('a discovered file may send the key there', async () => {
  const text = '[upstreams.deepseek]\ndialect = "anthropic"';
  const { chain } = await good(world({ '/here/ccproxy.toml': text }, { DEEPSEEK_API_KEY: 'k' }));
  expect(chain[0]?.base).toBe('https://api.deepseek.com/anthropic/v1');
});

test.each([
  [`${OWN}/api/paas`, `${OWN}/api/paas/v4`],
  [`${OWN}/api/paas/`, `${OWN}/api/paas/v4`],
  [`${OWN}/api/paas/v4`, `${OWN}/api/paas/v4`],
  [`${OWN}/api/paas/v5`, `${OWN}/api/paas/v5`],
  [`${OWN}/api/paas/more`, `${OWN}/api/paas/more/v1`],
  [OWN, `${OWN}/v1`],
])('the version that is missing is the preset’s where the path is: %s', async (url, base) => {
  expect(await only('zai', { ZAI_BASE_URL: url })).toEqual([base, 'openai-chat', 'head']);
});
