import type { Provider } from './provider.ts';

/** Together AI: open models under their makers' names. */
export const together: Provider = {
  name: 'together',
  env: 'TOGETHER',
  dialect: 'openai-chat',
  base: 'https://api.together.xyz/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'zai-org/GLM-5.2', sonnet: 'zai-org/GLM-5.2', haiku: 'openai/gpt-oss-120b' },
  keyUrl: 'https://api.together.ai/settings/api-keys',
  modelData: 'togetherai',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (docs.together.ai, API reference, models).
  probe: { method: 'models', path: '/models' },
  quirks: { reasoningEffort: (model) => model.startsWith('openai/gpt-oss-') },
};
