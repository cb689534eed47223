import type { Provider } from './provider.ts';

/** Anthropic itself: the client's own bytes, headers and credential. */
export const anthropic: Provider = {
  name: 'anthropic',
  env: 'ANTHROPIC',
  dialect: 'anthropic',
  base: 'https://api.anthropic.com/v1',
  credential: 'client',
  authHeader: 'x-api-key',
  models: null,
  modelData: 'anthropic',
  keyUrl: 'https://console.anthropic.com/settings/keys',
  native: true,
  local: false,
  // With ccproxy's own key: the list asks for it, spends no tokens and can be as short as one model
  // (docs.anthropic.com, API reference, List Models).
  probe: { method: 'models', path: '/models?limit=1' },
  quirks: {},
};
