import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/core/messages.ts';
import type { Quirks, ThinkingStyle } from '../../src/core/quirks.ts';
import { claudeNamed, refusesPrefill, thinksByItself } from '../../src/wire/dialects/anthropic/claude.ts';
import { encoded } from '../support/anthropic.ts';
import { REQUEST } from '../support/openai-chat.ts';

const TOOL = { name: 'Read', input_schema: { type: 'object', properties: {} } };
const ADAPTIVE = { type: 'adaptive', display: 'omitted' };

function told(
  thinking: MessagesRequest['thinking'],
  model: string,
  max_tokens = 64_000,
  style?: ThinkingStyle,
) {
  const request: MessagesRequest = { ...REQUEST, max_tokens, ...(thinking && { thinking }) };
  const quirks = style === undefined ? {} : { thinking: () => style };
  return encoded(request, { model, quirks }).body.thinking;
}

describe('what a model is told of thinking', () => {
  test.each<[asked: MessagesRequest['thinking'], model: string, told: object]>([
    [ADAPTIVE, 'glm-5', { type: 'enabled', budget_tokens: 51_200 }],
    [ADAPTIVE, 'claude-haiku-4-5', { type: 'enabled', budget_tokens: 51_200 }],
    [ADAPTIVE, 'claude-opus-4-8', { type: 'adaptive' }],
    [ADAPTIVE, 'anthropic/claude-sonnet-5', { type: 'adaptive' }],
    [{ type: 'enabled', budget_tokens: 8000 }, 'glm-5', { type: 'enabled', budget_tokens: 8000 }],
    [{ type: 'enabled', budget_tokens: 8000 }, 'claude-opus-4.7', { type: 'adaptive' }],
    [{ type: 'enabled', budget_tokens: 8000 }, 'claude-opus-4-5', { type: 'enabled', budget_tokens: 8000 }],
    [{ type: 'disabled' }, 'claude-opus-4-8', { type: 'disabled' }],
    [undefined, 'glm-5', { type: 'disabled' }],
  ])('%p, to %s', (asked, model, expected) => {
    expect(told(asked, model)).toEqual(expected);
  });

  test('a budget stays below the limit, and is none where there is no room', () => {
    expect(told({ type: 'enabled', budget_tokens: 8000 }, 'glm-5', 4000)).toEqual({
      type: 'enabled',
      budget_tokens: 3999,
    });
    expect(told(ADAPTIVE, 'glm-5', 1200)).toEqual({ type: 'disabled' });
  });

  test("a preset's word is stronger than the name", () => {
    expect(told(ADAPTIVE, 'glm-5', 64_000, 'adaptive')).toEqual({ type: 'adaptive' });
    expect(told(ADAPTIVE, 'claude-opus-4-8', 64_000, 'enabled')).toEqual({
      type: 'enabled',
      budget_tokens: 51_200,
    });
    expect(told(ADAPTIVE, 'glm-5', 64_000, 'default')).toBeUndefined();
    expect(told({ type: 'enabled', budget_tokens: 2000 }, 'glm-5', 64_000, 'default')).toEqual({
      type: 'enabled',
      budget_tokens: 2000,
    });
  });
});

describe('how hard it is told to think', () => {
  const asked = (effort: string, quirks: Quirks, max_tokens = 64_000) => {
    const request = { ...REQUEST, max_tokens, thinking: ADAPTIVE, output_config: { effort } };
    const { thinking, output_config } = encoded(request, { model: 'glm-5', quirks }).body;
    return [thinking?.budget_tokens ?? thinking?.type, output_config?.effort];
  };
  const adaptive: Quirks = { thinking: () => 'adaptive' };
  const three: Quirks = { outputEfforts: () => ['low', 'high', 'max'] };

  test.each<[effort: string, quirks: Quirks, told: unknown[]]>([
    ['minimal', {}, [1024, undefined]],
    ['low', {}, [1024, undefined]],
    ['medium', {}, [8192, undefined]],
    ['high', {}, [24_576, undefined]],
    ['xhigh', {}, [32_768, undefined]],
    ['max', {}, [51_200, undefined]],
    ['of next year', {}, [51_200, undefined]],
    ['low', three, [1024, 'low']],
    ['medium', three, [8192, 'low']],
    ['xhigh', three, [32_768, 'high']],
    ['max', { ...three, ...adaptive }, ['adaptive', 'max']],
    ['high', adaptive, ['adaptive', undefined]],
    ['high', { ...three, thinking: () => 'default' }, [undefined, 'high']],
  ])('%s, with %p', (effort, quirks, told) => {
    expect(asked(effort, quirks)).toEqual(told);
  });

  test('leaves room for the answer', () => {
    expect(asked('high', {}, 4000)).toEqual([3200, undefined]);
  });

  test('is not said of what is not thought', () => {
    const request = { ...REQUEST, thinking: { type: 'disabled' }, output_config: { effort: 'high' } };
    expect(encoded(request, { model: 'glm-5', quirks: three }).body.output_config).toBeUndefined();
    const forced = { ...request, thinking: ADAPTIVE, tools: [TOOL], tool_choice: { type: 'any' as const } };
    expect(encoded(forced, { model: 'glm-5', quirks: three }).body).toMatchObject({
      thinking: { type: 'disabled' },
    });
    expect(encoded(forced, { model: 'glm-5', quirks: three }).body.output_config).toBeUndefined();
  });
});

describe('sampling parameters', () => {
  const SAMPLED = { ...REQUEST, temperature: 0.5, top_p: 0.9, top_k: 40 };
  const kept = (request: MessagesRequest, model = 'glm-5', fixed = false) => {
    const { body } = encoded(request, { model, quirks: fixed ? { fixedSampling: () => true } : {} });
    return ['temperature', 'top_p', 'top_k'].filter((name) => name in body);
  };

  test('go where nothing is thought', () => {
    expect(kept(SAMPLED)).toEqual(['temperature', 'top_p', 'top_k']);
  });
  test('stay behind where the model thinks', () => {
    expect(kept({ ...SAMPLED, max_tokens: 9000, thinking: ADAPTIVE })).toEqual([]);
  });
  test('stay behind where the model takes none', () => {
    expect(kept(SAMPLED, 'glm-5', true)).toEqual([]);
  });
  test('one of two that exclude each other at Claude', () => {
    expect(kept(SAMPLED, 'claude-opus-4-1')).toEqual(['temperature', 'top_k']);
  });
});

describe('the beginning of an answer, given by the client', () => {
  const PREFILLED: MessagesRequest = {
    ...REQUEST,
    messages: [
      { role: 'user', content: 'List three lakes as JSON.' },
      { role: 'assistant', content: '["Como",' },
    ],
  };
  const roles = (model: string) =>
    encoded(PREFILLED, { model }).body.messages.map(({ role }: { role: string }) => role);

  test('stays the last word for those who go on from it', () => {
    expect(roles('claude-haiku-4-5')).toEqual(['user', 'assistant']);
    expect(roles('glm-5')).toEqual(['user', 'assistant']);
  });
  test('is followed by a request to go on for those who refuse it', () => {
    expect(roles('claude-opus-4-8')).toEqual(['user', 'assistant', 'user']);
  });
});

describe('a Claude model by its name', () => {
  test.each<[name: string, version: number | undefined]>([
    ['claude-opus-4-8', 4.8],
    ['claude-opus-4-8@20260528', 4.8],
    ['anthropic/claude-opus-4.8:beta', 4.8],
    ['us.anthropic.claude-opus-4-5-20251101-v1:0', 4.5],
    ['claude-sonnet-5', 5],
    ['claude-opus-4-20250514', 4],
    ['claude-sonnet-4@20250514', 4],
    ['claude-3-7-sonnet-20250219', 3.7],
    ['claude-3-opus-20240229', 3],
    ['claude-fable-5', 5],
    ['claude-haiku-4-5-20251001', 4.5],
    ['claude', undefined],
    ['gpt-5.4', undefined],
    ['not-claude-at-all-9', undefined],
  ])('%s', (name, version) => {
    expect(claudeNamed(name)?.version).toBe(version as number);
  });

  test('changes its ways with 4.6', () => {
    expect([4.5, 4.6, 5].map((version) => thinksByItself({ version }))).toEqual([false, true, true]);
    expect([4.5, 4.6, 5].map((version) => refusesPrefill({ version }))).toEqual([false, true, true]);
  });
});
