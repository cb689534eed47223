/** The models that the presets ask for by default are there, today, and can do what Claude Code wants. */
import { describe, expect, test } from 'bun:test';
import { isLoopback } from '../../src/core/loopback.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { factsOf } from '../../src/providers/model-data.ts';

/** Of those that are somebody else's machine and have models of their own. */
const CLOUDS = PROVIDERS.flatMap(({ name, base, models, modelData, quirks }) =>
  isElsewhere(base) && models !== null ? [{ name, models, modelData, quirks }] : [],
);

function isElsewhere(base: string | null): boolean {
  return base !== null && !isLoopback(new URL(base).hostname);
}

/** Models that are younger than the data, and where it was read that they are served, and what they are. */
const YOUNGER = new Map([['kimi-k3', 'platform.moonshot.ai, model parameter reference, November 2026']]);

test('are looked at', () => {
  expect(CLOUDS.map(({ name }) => name)).toEqual(expect.arrayContaining(['openrouter', 'openai', 'groq']));
});

describe.each(CLOUDS.map((provider) => [provider.name, provider] as const))('of %s', (_, provider) => {
  const { models, modelData, quirks } = provider;
  test.each(['opus', 'sonnet', 'haiku'] as const)('the one for %s', (family) => {
    const model = models[family];
    const facts = factsOf(modelData, model);
    if (facts === undefined && YOUNGER.has(model)) return;
    if (facts === undefined) throw new Error(`${model} is not in the data`);
    expect(modelData).not.toBe('any');
    expect(facts.tools).toBe(true);
    expect(facts.status).toBeUndefined();
    expect(facts.context).toBeGreaterThanOrEqual(100_000);
    expect(facts.output).toBeGreaterThanOrEqual(16_000);
    // What a preset says of itself and what is known of its model do not contradict each other.
    if ((quirks.efforts?.(model, facts) ?? []).length > 0) expect(facts.reasoning).toBe(true);
    if (quirks.fixedSampling?.(model) === true) expect(facts.temperature).toBe(false);
  });
});

describe('a preset with models of its own', () => {
  test.each(PROVIDERS.map((provider) => [provider.name, provider] as const))(
    '%s names where they are known',
    (_, provider) => {
      const isOfItsOwn = !isElsewhere(provider.base);
      expect(provider.modelData === 'any').toBe(isOfItsOwn);
    },
  );
});

test('what is younger than the data is none of it: what the data has needs no excuse', () => {
  for (const { models, modelData } of CLOUDS) {
    for (const model of Object.values(models)) {
      if (YOUNGER.has(model)) expect(factsOf(modelData, model)).toBeUndefined();
    }
  }
  const used = CLOUDS.flatMap(({ models }) => Object.values(models));
  for (const model of YOUNGER.keys()) expect(used).toContain(model);
});
