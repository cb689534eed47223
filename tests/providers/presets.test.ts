import { describe, expect, test } from 'bun:test';
import { isMessagesBase, parseAddress } from '../../src/config/address.ts';
import { PROVIDERS, providerNamed } from '../../src/providers/index.ts';
import { openai } from '../../src/providers/openai.ts';

test('the presets stand in the order in which they are asked', () => {
  expect(PROVIDERS.map(({ name }) => name)).toEqual([
    'anthropic',
    'openrouter',
    'openai',
    'groq',
    'cerebras',
    'deepseek',
    'fireworks',
    'mistral',
    'moonshot',
    'together',
    'xai',
    'zai',
    'ollama',
    'lmstudio',
    'llamacpp',
    'vllm',
    'litellm',
    'anthropic-compatible',
    'openai-compatible',
  ]);
});

describe.each(PROVIDERS.map((provider) => [provider.name, provider] as const))('%s', (name, provider) => {
  test('is found by its name alone', () => {
    expect(providerNamed(name)).toBe(provider);
    expect(providerNamed(name.toUpperCase())).toBeUndefined();
  });

  test('has the variable prefix that its name says', () => {
    expect(provider.env).toBe(name.toUpperCase().replaceAll('-', '_'));
  });

  test('has a default address that is already in its final form, or none', () => {
    if (provider.base !== null) expect(parseAddress(provider.base)).toEqual({ base: provider.base });
  });

  test('has its Messages API below its address, or beside it where the path says so', () => {
    if (provider.messagesBase === undefined) return;
    expect(parseAddress(provider.messagesBase)).toEqual({ base: provider.messagesBase });
    expect(isMessagesBase(provider.messagesBase)).toBe(true);
    expect(new URL(provider.messagesBase).origin).toBe(new URL(provider.base ?? '').origin);
  });

  test('says where to get a key it cannot do without', () => {
    if (provider.credential === 'required') expect(provider.keyUrl).toStartWith('https://');
  });

  test('is Anthropic exactly if it takes the client’s credential', () => {
    expect(provider.native).toBe(provider.credential === 'client');
    expect(provider.native).toBe(name === 'anthropic');
  });

  test('names a model for every family, or passes the asked one on', () => {
    if (provider.models === null) return;
    for (const model of [provider.models.opus, provider.models.sonnet, provider.models.haiku]) {
      expect(model).toMatch(/^[\w./:-]+$/);
    }
  });
});

test('every preset is probed in the cheapest way that shows something', () => {
  const probes = PROVIDERS.map(({ name, probe }) => [name, probe.method, probe.path]);
  expect(probes).toEqual([
    ['anthropic', 'models', '/models?limit=1'],
    ['openrouter', 'models', '/key'],
    ['openai', 'models', '/models'],
    ['groq', 'models', '/models'],
    ['cerebras', 'models', '/models'],
    ['deepseek', 'models', '/models'],
    ['fireworks', 'models', '/models'],
    ['mistral', 'models', '/models'],
    ['moonshot', 'models', '/models'],
    ['together', 'models', '/models'],
    ['xai', 'models', '/models'],
    ['zai', 'head', undefined],
    ['ollama', 'models', '/models'],
    ['lmstudio', 'models', '/models'],
    ['llamacpp', 'models', '/models'],
    ['vllm', 'models', '/models'],
    ['litellm', 'models', '/models'],
    ['anthropic-compatible', 'head', undefined],
    ['openai-compatible', 'head', undefined],
  ]);
});

test('no preset spends tokens on probes', () => {
  for (const { probe } of PROVIDERS) expect(probe.method).not.toBe('message');
});

test('thinking in tags is told from text where a model may run on a server that does not', () => {
  const named = PROVIDERS.filter(({ quirks }) => quirks.thinkTags).map(({ name }) => name);
  expect(named).toEqual(['ollama', 'lmstudio', 'llamacpp', 'vllm', 'openai-compatible']);
});

describe('openai', () => {
  test.each([
    ['gpt-5', true, true],
    ['gpt-5-mini', true, true],
    ['gpt-5-2025-08-07', true, true],
    ['gpt-5.1', true, true],
    ['gpt-5.2', true, false],
    ['gpt-5.4', true, false],
    ['gpt-5.4-mini', true, false],
    ['gpt-5-chat-latest', false, false],
    ['o1', true, true],
    ['o3-mini', true, true],
    ['o4-mini-2025-04-16', true, true],
    ['gpt-4.1', false, false],
    ['gpt-4o', false, false],
    ['gpt-oss-120b', false, false],
  ])('%s has fixed sampling: %p, takes an effort with tools: %p', (model, fixed, effort) => {
    expect(openai.quirks.fixedSampling?.(model)).toBe(fixed);
    expect(openai.quirks.efforts?.(model, {})).toHaveLength(effort ? 3 : 0);
  });
});
