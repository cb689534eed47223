import type { Provider } from './provider.ts';

/** Any server that speaks the Messages API: a gateway, a vendor's own endpoint. It is asked for the client's model. */
export const anthropicCompatible: Provider = {
  name: 'anthropic-compatible',
  env: 'ANTHROPIC_COMPATIBLE',
  dialect: 'anthropic',
  base: null,
  credential: 'optional',
  authHeader: 'x-api-key',
  models: null,
  modelData: 'any',
  native: false,
  local: false,
  // Nobody knows what such a server has beside its messages, or whether that asks for the key.
  probe: { method: 'head' },
  quirks: {},
};
