import { templateSwitch } from './hybrid.ts';
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
  // Most of them are vLLM, SGLang or llama.cpp, which know the switch; who does not and says so is asked without it.
  quirks: {
    thinkTags: true,
    thinkingOn: (model) => templateSwitch(model, true),
    thinkingOff: (model) => templateSwitch(model, false),
  },
};
