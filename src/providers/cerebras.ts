import { effortsOf } from '../core/model-facts.ts';
import { canStopThinking, isGptOss } from './hybrid.ts';
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
    // gpt-oss knows no `none`, GLM and Qwen do (inference-docs.cerebras.ai, reasoning).
    efforts: (model, facts) => (isGptOss(model) ? effortsOf(facts) : []),
    thinkingOff: (model, facts) => (canStopThinking(model, facts) ? { reasoning_effort: 'none' } : undefined),
    // With tools it refuses a schema for the answer.
    jsonSchema: (_, withTools) => !withTools,
  },
};
