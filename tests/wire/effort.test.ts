/** How hard a model is told to think. */
import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { type Effort, USUAL_EFFORTS } from '../../src/core/model-facts.ts';
import { factsOf } from '../../src/providers/model-data.ts';
import { openai } from '../../src/providers/openai.ts';
import { effortFor } from '../../src/wire/history/effort.ts';
import { encoded } from '../support/openai-chat.ts';

const named = (effort: string): Partial<MessagesRequest> => ({
  thinking: { type: 'adaptive' },
  output_config: { effort },
});
const within = (budget_tokens: number): Partial<MessagesRequest> => ({
  thinking: { type: 'enabled', budget_tokens },
});
const all: Effort[] = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const claude: Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const gpt: Effort[] = ['low', 'medium', 'high', 'xhigh'];

describe('the effort', () => {
  test.each<[string, Partial<MessagesRequest>, readonly Effort[], string | undefined]>([
    ['is the one asked for', named('medium'), all, 'medium'],
    ['may be the highest', named('max'), claude, 'max'],
    ['may be above the usual ones', named('xhigh'), gpt, 'xhigh'],
    ['is the highest below, where there is no such', named('max'), gpt, 'xhigh'],
    ['is the highest of the usual', named('max'), USUAL_EFFORTS, 'high'],
    ['is the same for the one below it', named('xhigh'), USUAL_EFFORTS, 'high'],
    ['is the lowest, where there is none below', named('low'), ['medium', 'high', 'xhigh'], 'medium'],
    ['is the only one', named('low'), ['high'], 'high'],
    ['skips those in between', named('medium'), ['low', 'high'], 'low'],
    ['is none for a model that takes none', named('high'), [], undefined],
    ['is left to a model that may think as it likes', { thinking: { type: 'adaptive' } }, all, undefined],
    ['is left to it for a name that nobody knows', named('fierce'), all, undefined],
    ['is low where no thinking is asked for', {}, all, 'low'],
    ['is low where none is wanted', { ...named('max'), thinking: { type: 'disabled' } }, all, 'low'],
    ['is the lowest where none is wanted and low is too little', {}, ['high', 'max'], 'high'],
    ['is the one named also without thinking', { output_config: { effort: 'high' } }, all, 'high'],
    ['follows a small budget', within(1024), all, 'low'],
    ['follows a middle one', within(8192), all, 'medium'],
    ['follows a large one', within(31_999), all, 'high'],
    [
      'is the one named before the one of a budget',
      { ...within(1024), output_config: { effort: 'high' } },
      all,
      'high',
    ],
  ])('%s', (_, request, has, expected) => {
    expect(effortFor(request as MessagesRequest, has)).toBe(expected as Effort);
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
    ['gpt-5', { ...named('max'), thinking: { type: 'disabled' } }, 'low'],
    ['gpt-5', {}, 'low'],
    ['gpt-5.1', {}, 'none'],
    ['gpt-5.1', named('low'), 'low'],
    // Beside tools it is refused there, whatever the data says.
    ['gpt-5.4', named('max'), undefined],
    ['gpt-4o', named('max'), undefined],
  ])('of %s with %j has the effort %p', (model, more, expected) => {
    expect(effortOf(model, more)).toBe(expected as string);
  });

  test('has the effort where the server reads it', () => {
    const quirks = { efforts: () => claude, effortIn: 'reasoning' } as const;
    const request = { ...asked, messages: [...asked.messages], ...named('max') };
    const { body } = encoded(request, { model: 'm', quirks });
    expect(body.reasoning).toEqual({ effort: 'max' });
    expect('reasoning_effort' in body).toBe(false);
  });
});
