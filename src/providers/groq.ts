import type { Provider } from './provider.ts';

/** Groq: fast open models. Both defaults take tools and 131,072 tokens, and neither is a preview there. */
export const groq: Provider = {
  name: 'groq',
  env: 'GROQ',
  dialect: 'openai-chat',
  base: 'https://api.groq.com/openai/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'openai/gpt-oss-120b', sonnet: 'openai/gpt-oss-120b', haiku: 'openai/gpt-oss-20b' },
  keyUrl: 'https://console.groq.com/keys',
  native: false,
  local: false,
  quirks: { vision: false, reasoningEffort: (model) => model.startsWith('openai/gpt-oss-') },
};
