import type { Provider } from './provider.ts';

/**
 * Cerebras: two open models on its own chips, thousands of tokens a second. Only one of them is no preview
 * (inference-docs.cerebras.ai, models). Its streams end without `[DONE]`.
 */
export const cerebras: Provider = {
  name: 'cerebras',
  env: 'CEREBRAS',
  dialect: 'openai-chat',
  base: 'https://api.cerebras.ai/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'gpt-oss-120b', sonnet: 'gpt-oss-120b', haiku: 'gpt-oss-120b' },
  keyUrl: 'https://cloud.cerebras.ai',
  modelData: 'cerebras',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (inference-docs.cerebras.ai, API reference, models).
  probe: { method: 'models', path: '/models' },
  quirks: {
    maxTokensField: 'max_completion_tokens',
    reasoningEffort: (model) => model.startsWith('gpt-oss-'),
    // With tools it refuses a schema for the answer.
    jsonSchema: (_, withTools) => !withTools,
  },
};
