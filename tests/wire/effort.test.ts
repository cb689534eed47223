/** How hard a model is told to think. */
import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/core/messages.ts';
import type { Effort, ModelFacts } from '../../src/core/model-facts.ts';
import { factsOf } from '../../src/providers/model-data.ts';
import { openai } from '../../src/providers/openai.ts';
import { effortFor } from '../../src/wire/history/effort.ts';
import { encoded } from '../support/openai-chat.ts';

const takes = (...efforts: Effort[]): ModelFacts => ({
  reasoning: true,
  control: { toggle: false, efforts, none: false },
});
const named = (effort: string): Partial<MessagesRequest> => ({
  thinking: { type: 'adaptive' },
  output_config: { effort },
});
const within = (budget_tokens: number): Partial<MessagesRequest> => ({
  thinking: { type: 'enabled', budget_tokens },
});
const all = takes('minimal', 'low', 'medium', 'high', 'xhigh', 'max');
const claude = takes('low', 'medium', 'high', 'xhigh', 'max');
const gpt = takes('low', 'medium', 'high', 'xhigh');

describe('the effort', () => {
  test.each<[string, Partial<MessagesRequest>, ModelFacts, string | undefined]>([
    ['is the one asked for', named('medium'), all, 'medium'],
    ['may be the highest', named('max'), claude, 'max'],
    ['may be above the usual ones', named('xhigh'), gpt, 'xhigh'],
    ['is the highest below, where there is no such', named('max'), gpt, 'xhigh'],
    ['is the highest of the usual, where they are not known', named('max'), {}, 'high'],
    ['is the same for the one below it', named('xhigh'), {}, 'high'],
    ['is a usual one, where they are not known', named('low'), {}, 'low'],
    ['is the lowest, where there is none below', named('low'), takes('medium', 'high', 'xhigh'), 'medium'],
    ['is the only one', named('low'), takes('high'), 'high'],
    ['skips those in between', named('medium'), takes('low', 'high'), 'low'],
    ['is none for a model that takes none', named('high'), takes(), undefined],
    ['is none for a model that does not think', named('high'), { reasoning: false }, undefined],
    [
      'is a usual one of a model that thinks in a way that is not known',
      named('high'),
      { reasoning: true },
      'high',
    ],
    ['is none where none is asked for', { thinking: { type: 'adaptive' } }, all, undefined],
    ['is none for a name that nobody knows', named('fierce'), all, undefined],
    ['follows a small budget', within(1024), all, 'low'],
    ['follows a middle one', within(8192), all, 'medium'],
    ['follows a large one', within(31_999), all, 'high'],
    [
      'is the one named before the one of a budget',
      { ...within(1024), output_config: { effort: 'high' } },
      all,
      'high',
    ],
  ])('%s', (_, request, facts, expected) => {
    expect(effortFor(request as MessagesRequest, facts)).toBe(expected as Effort);
  });
});

describe('a chat completion', () => {
  const asked = {
    model: 'claude-opus-4-8',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'hi' }],
  } as const;
  const effortOf = (model: string, more: Partial<MessagesRequest>) => {
    const facts = factsOf('openai', model) ?? {};
    const request = { ...asked, messages: [...asked.messages], ...more } as MessagesRequest;
    return encoded(request, { model, quirks: openai.quirks, facts }).body.reasoning_effort;
  };

  test.each([
    ['gpt-5', named('max'), 'high'],
    ['gpt-5-2025-08-07', named('medium'), 'medium'],
    ['gpt-5', { ...named('max'), thinking: { type: 'disabled' } }, undefined],
    // Beside tools it is refused there, whatever the data says.
    ['gpt-5.4', named('max'), undefined],
    ['gpt-4o', named('max'), undefined],
  ])('of %s with %j has the effort %p', (model, more, expected) => {
    expect(effortOf(model, more)).toBe(expected as string);
  });

  test('has the effort that the data knows', () => {
    const target = { model: 'm', quirks: { reasoningEffort: () => true }, facts: claude };
    const request = { ...asked, messages: [...asked.messages], ...named('max') };
    expect(encoded(request, target).body.reasoning_effort).toBe('max');
  });
});
