import type { Provider } from './provider.ts';

/**
 * llama.cpp's `llama-server` on this machine, started with `--jinja` so that it knows tools. It answers with the model that it
 * was started with, whatever it is asked for (ggml-org/llama.cpp tools/server/README.md).
 */
export const llamacpp: Provider = {
  name: 'llamacpp',
  env: 'LLAMACPP',
  dialect: 'openai-chat',
  base: 'http://localhost:8080/v1',
  credential: 'optional',
  authHeader: 'authorization',
  models: { opus: 'default', sonnet: 'default', haiku: 'default' },
  modelData: 'any',
  native: false,
  local: true,
  // Free of charge and without the key, as its own health check is.
  probe: { method: 'models', path: '/models' },
  quirks: {
    thinkTags: true,
    // Its grammars know only patterns from ^ to $, without \d and \S, and one of another kind is the end of the request
    // (ggml-org/llama.cpp common/json-schema-to-grammar.cpp).
    patterns: false,
    // It hands them to the template of any model, and what that does not know is nothing to it
    // (ggml-org/llama.cpp tools/server/README.md). The model's name says nothing here.
    thinkingOff: () => ({ chat_template_kwargs: { enable_thinking: false } }),
  },
};
