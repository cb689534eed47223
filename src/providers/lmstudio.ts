import { effortsOf } from '../core/model-facts.ts';
import { canStopThinking, isGptOss } from './hybrid.ts';
import type { Provider } from './provider.ts';

/** LM Studio's server on this machine. It loads a model that it has on disk when it is asked for it. */
export const lmstudio: Provider = {
  name: 'lmstudio',
  env: 'LMSTUDIO',
  dialect: 'openai-chat',
  base: 'http://localhost:1234/v1',
  credential: 'optional',
  authHeader: 'authorization',
  models: {
    opus: 'qwen/qwen3-coder-30b',
    sonnet: 'qwen/qwen3-coder-30b',
    haiku: 'qwen/qwen3-coder-30b',
  },
  modelData: 'any',
  native: false,
  local: true,
  // What it has on disk, without loading any of it (lmstudio.ai/docs, OpenAI compatibility).
  probe: { method: 'models', path: '/models' },
  // llama.cpp is what it runs most models with, and that refuses most patterns.
  quirks: {
    thinkTags: true,
    patterns: false,
    // It knows `none`, `low`, `medium` and `high`, and hands no `chat_template_kwargs` on (lmstudio-bug-tracker 1573, 2284).
    efforts: (model, facts) => (isGptOss(model) ? effortsOf(facts) : []),
    thinkingOff: (model, facts) => (canStopThinking(model, facts) ? { reasoning_effort: 'none' } : undefined),
  },
};
