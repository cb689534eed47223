import type { Provider } from './provider.ts';

/** A LiteLLM proxy, by its Messages API. It is asked for the client's model: its own list maps the names. */
export const litellm: Provider = {
  name: 'litellm',
  env: 'LITELLM',
  dialect: 'anthropic',
  base: 'http://localhost:4000/v1',
  credential: 'optional',
  authHeader: 'authorization',
  models: null,
  modelData: 'any',
  native: false,
  local: false,
  // With the key, and without asking any of its models (docs.litellm.ai, model info).
  probe: { method: 'models', path: '/models' },
  // An image's address goes on to whatever is behind it (BerriAI/litellm, its translation of Messages).
  quirks: { cacheMarks: true, imageUrls: true },
};
