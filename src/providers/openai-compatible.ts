import type { Provider } from './provider.ts';

/** Any server that speaks Chat Completions. Without `models` it is asked for the client's model. */
export const openaiCompatible: Provider = {
  name: 'openai-compatible',
  env: 'OPENAI_COMPATIBLE',
  dialect: 'openai-chat',
  base: null,
  credential: 'optional',
  authHeader: 'authorization',
  models: null,
  modelData: 'any',
  native: false,
  local: false,
  // Many have a list of models, but not all, and not all of those ask for the key.
  probe: { method: 'head' },
  // Behind such an address stand local models above all, and not every server tells their thoughts from their words.
  quirks: { thinkTags: true },
};
