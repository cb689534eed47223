import { describe, expect, test } from 'bun:test';
import { canStopThinking, isGptOss, templateSwitch } from '../../src/providers/hybrid.ts';

describe('a model that can be told not to think', () => {
  test.each([
    'Qwen/Qwen3-8B',
    'qwen3:8b',
    'unsloth/Qwen3.8-27B-GGUF',
    'qwen-3.8-27b',
    'zai-org/GLM-5.2',
    'glm-4.7-flash',
    'accounts/fireworks/models/glm-5p3',
    'accounts/fireworks/models/deepseek-v3p2',
    'deepseek-ai/DeepSeek-V3.1',
    'deepseek-v4-flash',
    'moonshotai/Kimi-K2.6',
    'gemma4:12b',
  ])('is known by its name: %s', (model) => {
    expect(canStopThinking(model, {})).toBe(true);
  });

  test.each([
    'Qwen/Qwen3-Coder-30B-A3B-Instruct',
    'qwen3-coder',
    'Qwen/Qwen3-235B-A22B-Thinking-2507',
    'qwen/qwen3-30b-a3b-2507',
    'qwen3-embedding',
    'Qwen/Qwen2.5-7B-Instruct',
    'glm-4-9b-chat',
    'deepseek-r1:8b',
    'deepseek-ai/DeepSeek-V3',
    'moonshotai/Kimi-K2-Instruct',
    'kimi-k3',
    'openai/gpt-oss-120b',
    'llama3.3',
    'my-model',
    'gemma-3-27b',
    'claude-opus-4-8',
  ])('is no other: %s', (model) => {
    expect(canStopThinking(model, {})).toBe(false);
  });

  test('is first of all what the data says of it', () => {
    const control = { toggle: false, efforts: [], none: false };
    expect(canStopThinking('qwen3:8b', { reasoning: false })).toBe(false);
    expect(canStopThinking('qwen3:8b', { reasoning: true, control })).toBe(false);
    expect(canStopThinking('my-model', { control: { ...control, toggle: true } })).toBe(true);
    expect(canStopThinking('my-model', { control: { ...control, none: true } })).toBe(true);
  });
});

test.each([
  ['Qwen/Qwen3-8B', false, { enable_thinking: false }],
  ['Qwen/Qwen3-8B', true, { enable_thinking: true }],
  ['deepseek-ai/DeepSeek-V3.1', true, { thinking: true }],
  ['moonshotai/Kimi-K2.6', false, { thinking: false }],
])('the template of %s is told %p by %j', (model, on, kwargs) => {
  expect(templateSwitch(model, on)).toEqual({ chat_template_kwargs: kwargs });
});

test('other templates are told nothing', () => {
  expect(templateSwitch('mistralai/Mistral-Small-3.2-24B-Instruct-2506', false)).toBeUndefined();
});

test.each([
  ['openai/gpt-oss-20b', true],
  ['accounts/fireworks/models/gpt-oss-120b', true],
  ['gpt-oss:20b', true],
  ['gpt-5', false],
])('%s is of gpt-oss: %p', (model, is) => {
  expect(isGptOss(model)).toBe(is);
});
