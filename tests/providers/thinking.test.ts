/** What every preset's server is told of thinking: with it, and without. */
import { describe, expect, test } from 'bun:test';
import { PROVIDERS } from '../../src/providers/index.ts';
import { MODELS } from '../../src/providers/models.gen.ts';
import { presetTarget } from '../support/fixture-target.ts';
import { encoded, REQUEST } from '../support/openai-chat.ts';
import { complaints, strictnessOf } from '../support/openai-validator.ts';

const NONE = {};
const DISABLED = { thinking: { type: 'disabled' } };
const HIGH = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } };
const FORCED = {
  ...HIGH,
  tools: [{ name: 'Look', input_schema: { type: 'object' } }],
  tool_choice: { type: 'any' as const },
};

function bodyFor(preset: string, model: string, more: object) {
  return encoded({ ...REQUEST, ...more }, presetTarget(preset, model)).body;
}

/** The fields that have to do with thinking. */
function told(preset: string, model: string, more: object): object {
  const { reasoning, reasoning_effort, thinking, chat_template_kwargs } = bodyFor(preset, model, more);
  const fields = { reasoning, reasoning_effort, thinking, chat_template_kwargs };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const EFFORT_NONE = { reasoning_effort: 'none' };
const EFFORT_LOW = { reasoning_effort: 'low' };
const EFFORT_HIGH = { reasoning_effort: 'high' };
const SWITCHED_OFF = { thinking: { type: 'disabled' } };
const REASONING_OFF = { reasoning: { enabled: false } };
const TEMPLATE_OFF = { chat_template_kwargs: { enable_thinking: false } };

test.each<[preset: string, model: string, without: object, withIt: object]>([
  ['openrouter', 'anthropic/claude-opus-4.8', REASONING_OFF, { reasoning: { effort: 'high' } }],
  ['openrouter', 'anthropic/claude-haiku-4.5', REASONING_OFF, { reasoning: { effort: 'high' } }],
  ['openrouter', 'moonshotai/kimi-k2.6', REASONING_OFF, { reasoning: { effort: 'high' } }],
  ['openrouter', 'z-ai/glm-5.2', REASONING_OFF, { reasoning: { effort: 'high' } }],
  ['openrouter', 'acme/too-new', REASONING_OFF, { reasoning: { effort: 'high' } }],
  ['openrouter', 'openai/gpt-5.4', REASONING_OFF, { reasoning: { effort: 'high' } }],
  ['openrouter', 'openai/gpt-5', { reasoning: { effort: 'low' } }, { reasoning: { effort: 'high' } }],
  ['openrouter', 'openai/gpt-5-pro', { reasoning: { effort: 'high' } }, { reasoning: { effort: 'high' } }],
  [
    'openrouter',
    'google/gemini-2.5-pro',
    { reasoning: { effort: 'low' } },
    { reasoning: { effort: 'high' } },
  ],
  ['openrouter', 'google/gemini-2.5-flash', REASONING_OFF, { reasoning: { effort: 'high' } }],
  ['openrouter', 'deepseek/deepseek-chat', {}, {}],
  ['openai', 'gpt-5', EFFORT_LOW, EFFORT_HIGH],
  ['openai', 'gpt-5.1', EFFORT_NONE, EFFORT_HIGH],
  ['openai', 'gpt-5.4', {}, {}],
  ['openai', 'gpt-4.1', {}, {}],
  ['groq', 'qwen/qwen3-32b', EFFORT_NONE, {}],
  ['groq', 'qwen/qwen3.6-27b', EFFORT_NONE, {}],
  ['groq', 'openai/gpt-oss-20b', EFFORT_LOW, EFFORT_HIGH],
  ['groq', 'llama-3.3-70b-versatile', {}, {}],
  ['cerebras', 'gpt-oss-120b', EFFORT_LOW, EFFORT_HIGH],
  ['cerebras', 'zai-glm-4.7', EFFORT_NONE, {}],
  ['cerebras', 'qwen-3.8-27b', EFFORT_NONE, {}],
  ['deepseek', 'deepseek-v4-pro', SWITCHED_OFF, EFFORT_HIGH],
  ['deepseek', 'deepseek-chat', {}, {}],
  ['fireworks', 'accounts/fireworks/models/glm-5p2', EFFORT_NONE, EFFORT_HIGH],
  ['fireworks', 'accounts/fireworks/models/kimi-k2p6', EFFORT_NONE, {}],
  ['fireworks', 'accounts/fireworks/models/minimax-m3', EFFORT_LOW, EFFORT_HIGH],
  ['fireworks', 'accounts/fireworks/models/glm-5p3', EFFORT_NONE, {}],
  ['fireworks', 'accounts/acme/models/too-new', {}, {}],
  ['mistral', 'mistral-medium-2604', EFFORT_NONE, EFFORT_HIGH],
  ['mistral', 'magistral-medium-latest', {}, {}],
  ['mistral', 'mistral-large-latest', {}, {}],
  ['moonshot', 'kimi-k3', EFFORT_LOW, EFFORT_HIGH],
  ['moonshot', 'kimi-k2.6', SWITCHED_OFF, {}],
  ['moonshot', 'kimi-k2.7-code', {}, {}],
  ['together', 'zai-org/GLM-5.2', REASONING_OFF, EFFORT_HIGH],
  ['together', 'Qwen/Qwen3.5-9B', REASONING_OFF, { reasoning: { enabled: true } }],
  ['together', 'openai/gpt-oss-120b', EFFORT_LOW, EFFORT_HIGH],
  ['together', 'MiniMaxAI/MiniMax-M2.7', {}, {}],
  ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', {}, {}],
  ['xai', 'grok-4.3', EFFORT_NONE, EFFORT_HIGH],
  ['xai', 'grok-4.20-0309-non-reasoning', {}, {}],
  ['zai', 'glm-5.2', SWITCHED_OFF, EFFORT_HIGH],
  ['zai', 'glm-4.7-flashx', SWITCHED_OFF, {}],
  ['ollama', 'qwen3:8b', EFFORT_NONE, {}],
  ['ollama', 'gpt-oss:20b', EFFORT_LOW, EFFORT_HIGH],
  ['ollama', 'qwen3-coder', {}, {}],
  ['lmstudio', 'google/gemma-4-12b', EFFORT_NONE, {}],
  ['lmstudio', 'qwen/qwen3-coder-30b', {}, {}],
  ['llamacpp', 'default', TEMPLATE_OFF, {}],
  ['vllm', 'Qwen/Qwen3-32B', TEMPLATE_OFF, { chat_template_kwargs: { enable_thinking: true } }],
  ['vllm', 'openai/gpt-oss-20b', EFFORT_LOW, EFFORT_HIGH],
  ['vllm', 'mistralai/Mistral-Small-3.2-24B-Instruct-2506', {}, {}],
  ['openai-compatible', 'glm-4.7', TEMPLATE_OFF, { chat_template_kwargs: { enable_thinking: true } }],
  ['openai-compatible', 'claude-opus-4-8', {}, {}],
])('%s, %s: %j without thinking, %j with it', (preset, model, without, withIt) => {
  expect(told(preset, model, NONE)).toEqual(without);
  expect(told(preset, model, DISABLED)).toEqual(without);
  expect(told(preset, model, HIGH)).toEqual(withIt);
});

const CHAT = PROVIDERS.filter(({ native }) => !native);

describe.each(CHAT.map((provider) => [provider.name, provider] as const))('at %s', (name, provider) => {
  const known = provider.modelData === 'any' ? {} : JSON.parse(MODELS[provider.modelData]);
  const models = [...Object.keys(known), ...Object.values(provider.models ?? {}), 'too-new', 'qwen3:8b'];

  test('no model is asked in a way that its server does not know', () => {
    for (const model of models) {
      for (const more of [NONE, DISABLED, HIGH, FORCED]) {
        const found = complaints(bodyFor(name, model, more), strictnessOf(name));
        expect([model, ...found.filter((text) => !text.startsWith('tool_choice'))]).toEqual([model]);
      }
    }
  });

  test('a model that does not think is told nothing', () => {
    for (const model of models) {
      if (presetTarget(name, model).facts.reasoning !== false) continue;
      for (const more of [NONE, DISABLED, HIGH])
        expect([model, told(name, model, more)]).toEqual([model, {}]);
    }
  });
});
