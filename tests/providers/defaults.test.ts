/** The models that the presets ask for by default are there, today, and can do what Claude Code wants. */
import { describe, expect, test } from 'bun:test';
import { PROVIDERS } from '../../src/providers/index.ts';
import { factsOf } from '../../src/providers/model-data.ts';

/** Of those that are somebody else's machine and have models of their own. */
const CLOUDS = PROVIDERS.flatMap(({ name, local, models, modelData, quirks }) =>
  local || models === null ? [] : [{ name, models, modelData, quirks }],
);

test('are looked at', () => {
  expect(CLOUDS.map(({ name }) => name)).toEqual(expect.arrayContaining(['openrouter', 'openai', 'groq']));
});

describe.each(CLOUDS.map((provider) => [provider.name, provider] as const))('of %s', (_, provider) => {
  const { models, modelData, quirks } = provider;
  test.each(['opus', 'sonnet', 'haiku'] as const)('the one for %s', (family) => {
    const model = models[family];
    const facts = factsOf(modelData, model);
    if (facts === undefined) throw new Error(`${model} is not in the data`);
    expect(modelData).not.toBe('any');
    expect(facts.tools).toBe(true);
    expect(facts.status).toBeUndefined();
    expect(facts.context).toBeGreaterThanOrEqual(100_000);
    expect(facts.output).toBeGreaterThanOrEqual(16_000);
    // What a preset says of itself and what is known of its model do not contradict each other.
    if (quirks.reasoningEffort?.(model) === true) expect(facts.control?.efforts).toContain('high');
    if (quirks.fixedSampling?.(model) === true) expect(facts.temperature).toBe(false);
  });
});

describe('a preset with models of its own', () => {
  test.each(PROVIDERS.map((provider) => [provider.name, provider] as const))(
    '%s names where they are known',
    (_, provider) => {
      const isOfItsOwn = provider.local || provider.base === null;
      expect(provider.modelData === 'any').toBe(isOfItsOwn);
    },
  );
});
