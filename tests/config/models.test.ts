import { describe, expect, test } from 'bun:test';
import { canMatchClaude } from '../../src/config/models.ts';
import { bad, good, named } from './sources.ts';

const groq = (models: string) => named(`[upstreams.groq]\napi_key = "k"\nmodels = ${models}\n`);

describe('a map of models', () => {
  test.each([
    ['{ "gpt-4*" = "x" }', '"gpt-4*"'],
    ['{ opus = "x", sonnet = "y" }', '"opus", "sonnet"'],
    ['{ "cloude-*" = "x" }', '"cloude-*"'],
  ])('that matches nothing Claude Code asks for is an error: %s', async (models, found) => {
    const problems = await bad(groq(models));
    expect(problems).toEqual([
      {
        file: 'my.toml',
        line: 3,
        key: 'upstreams.groq.models',
        what: 'matches no model that is asked for',
        found,
        allowed: 'patterns of Claude models, such as "claude-opus-*" or "*"',
      },
    ]);
  });

  test.each(['{}', '{ "gpt-4*" = "x", "*" = "y" }', '{ "claude-new-9" = "x" }'])(
    'is one: %s',
    async (models) => {
      expect((await good(groq(models))).chain).toHaveLength(1);
    },
  );
});

test.each<[string, boolean]>([
  ['*', true],
  ['*opus*', true],
  ['cl*', true],
  ['CLAUDE-*', true],
  ['us.anthropic.*', true],
  ['anthropic/claude-sonnet-5', true],
  ['opus', false],
  ['claud', false],
  ['gpt*claude', true],
  ['x*', false],
  [' ', false],
])('%s can match a Claude model: %p', (pattern, can) => {
  expect(canMatchClaude(pattern)).toBe(can);
});
