/** The snapshot as it is carried along, and names of models as people write them. */
import { describe, expect, test } from 'bun:test';
import { factsOf, type ModelSource } from '../../src/providers/model-data.ts';
import { unpackRow } from '../../src/providers/model-row.ts';
import { MODELS, MODELS_AS_OF } from '../../src/providers/models.gen.ts';
import { VENDORS } from '../../src/providers/vendors.ts';

describe('the snapshot', () => {
  test('says of which day it is', () => {
    expect(MODELS_AS_OF).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  test('has all vendors, in order', () => {
    expect(Object.keys(MODELS)).toEqual([...VENDORS]);
    expect([...VENDORS].sort()).toEqual([...VENDORS]);
  });

  test.each([...VENDORS])('of %s is rows that their reader knows, each name once, in order', (vendor) => {
    const text = MODELS[vendor];
    const rows = Object.entries(JSON.parse(text) as Record<string, unknown>);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toHaveLength(text.split('\n').length - 2);
    const names = rows.map(([name]) => name);
    expect(names).toEqual([...names].sort());
    for (const [name, row] of rows) {
      expect(Array.isArray(row), name).toBe(true);
      const [context, input, output, price, flags, control, ...more] = row as unknown[];
      expect(more, name).toEqual([]);
      for (const tokens of [context, input, output]) expect(tokens, name).toSatisfy(isWhole);
      expect(context, name).toBeGreaterThan(0);
      expect(price, name).toSatisfy(isPrice);
      expect(flags, name).toMatch(/^v?p?t?r?f?[abd]?$/);
      const words =
        /^(toggle ?)?(none ?)?(minimal ?)?(low ?)?(medium ?)?(high ?)?(xhigh ?)?(max ?)?(budget(:\d*-\d*)?)?$/;
      if (control !== undefined) expect(control, name).toMatch(words);
      const facts = unpackRow(row as Parameters<typeof unpackRow>[0]);
      if (facts.reasoning === false) expect(facts.control, name).toBeUndefined();
    }
  });
});

function isWhole(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isPrice(value: unknown): boolean {
  if (value === 0) return true;
  const isDollars = (one: unknown) => one === null || (typeof one === 'number' && one >= 0);
  return Array.isArray(value) && value.length >= 2 && value.length <= 4 && value.every(isDollars);
}

/** What `name` is taken for: another name that the source has word for word. */
function isTakenFor(source: ModelSource, name: string, other: string): void {
  const { price: _, ...facts } = factsOf(source, name) ?? {};
  const { price: __, ...others } = factsOf(source, other) ?? {};
  expect(others.context).toBePositive();
  expect(facts).toEqual(others);
}

describe('a name', () => {
  test.each([
    ['in capitals', 'openai', 'GPT-5-Mini', 'gpt-5-mini'],
    ['with white space around it', 'openai', ' gpt-5 ', 'gpt-5'],
    ['with a date', 'openai', 'gpt-5-2025-08-07', 'gpt-5'],
    ['with the date of an older one', 'openai', 'gpt-4o-2023-01-01', 'gpt-4o'],
    ['with a date in the way of Anthropic', 'anthropic', 'claude-sonnet-5-20260630', 'claude-sonnet-5'],
    [
      'with a date in the way of Google',
      'google-vertex',
      'claude-opus-4-8@20260528',
      'claude-opus-4-8@default',
    ],
    ['without what Google adds', 'google-vertex', 'claude-opus-4-8', 'claude-opus-4-8@default'],
    ['with its maker, where the vendor is the maker', 'openai', 'openai/gpt-5', 'gpt-5'],
    ['without its maker', 'groq', 'gpt-oss-120b', 'openai/gpt-oss-120b'],
    [
      'of a model of many makers, without its own',
      'openrouter',
      'claude-opus-4.8',
      'anthropic/claude-opus-4.8',
    ],
    ['without the path before it', 'fireworks-ai', 'gpt-oss-120b', 'accounts/fireworks/models/gpt-oss-120b'],
    ['with a choice of who serves it', 'openrouter', 'openai/gpt-oss-120b:nitro', 'openai/gpt-oss-120b'],
    ['for the long context', 'anthropic', 'claude-opus-4-8[1m]', 'claude-opus-4-8'],
  ] as const)('%s is known', (_, source, name, other) => isTakenFor(source, name, other));

  test.each([
    ['of nobody', 'openai', 'gpt-none'],
    ['of the same model of another maker', 'openrouter', 'somebody/gpt-5'],
    ['that only begins alike', 'openai', 'gpt-5-mega'],
    ['of another size', 'ollama-cloud', 'qwen3-coder:30b'],
    ['that is empty', 'openai', ''],
    ['of a property that every object has', 'openai', 'constructor'],
    ['of a date alone', 'openai', '-20250101'],
    ['that two makers use for different models', 'togetherai', 'gemma-4-31b-it'],
  ] as const)('%s is not', (_, source, name) => {
    expect(factsOf(source, name)).toBeUndefined();
  });

  test('that the source has word for word is no other', () => {
    expect(factsOf('openai', 'gpt-4o-2024-05-13')?.output).toBe(4096);
    expect(factsOf('openai', 'gpt-4o')?.output).toBe(16_384);
  });

  test('with a choice of who serves it says nothing of the price', () => {
    expect(factsOf('openrouter', 'openai/gpt-oss-120b')?.price?.input).toBeGreaterThan(0);
    expect(factsOf('openrouter', 'openai/gpt-oss-120b:nitro')?.price).toBeUndefined();
    expect(factsOf('openrouter', 'openai/gpt-oss-120b:free')?.price).toEqual({ input: 0, output: 0 });
    expect(factsOf('anthropic', 'claude-opus-4-8[1m]')?.price?.input).toBeGreaterThan(0);
  });
});

describe('of a server of its own', () => {
  test.each([
    ['that sees wherever it is served', 'qwen3-vl:235b', { vision: true }],
    ['that sees nowhere', 'gpt-oss:20b', { vision: false }],
    ['with its maker', 'Qwen/Qwen3-Coder', { vision: false }],
    ['of which the vendors say different things', 'minimax-m3', undefined],
    ['that nobody serves', 'my-own-model', undefined],
  ])('a model %s: nothing but that', (_, name, facts) => {
    expect(factsOf('any', name)).toEqual(facts);
  });
});
