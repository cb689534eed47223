import { effortsOf } from '../core/model-facts.ts';
import { isGptOss, templateSwitch } from './hybrid.ts';
import type { Provider } from './provider.ts';

/**
 * vLLM on this machine. It serves the one model that it was started with, and none under another name: `VLLM_MODEL`, unless
 * it is the default. Tools need `--enable-auto-tool-choice` and a parser (docs.vllm.ai, tool calling).
 */
export const vllm: Provider = {
  name: 'vllm',
  env: 'VLLM',
  dialect: 'openai-chat',
  base: 'http://localhost:8000/v1',
  credential: 'optional',
  authHeader: 'authorization',
  models: {
    opus: 'Qwen/Qwen3-Coder-30B-A3B-Instruct',
    sonnet: 'Qwen/Qwen3-Coder-30B-A3B-Instruct',
    haiku: 'Qwen/Qwen3-Coder-30B-A3B-Instruct',
  },
  modelData: 'any',
  native: false,
  local: false,
  // Its models, with the key where it was given one (docs.vllm.ai, OpenAI-compatible server).
  probe: { method: 'models', path: '/models' },
  quirks: {
    thinkTags: true,
    // DeepSeek's models do not think there unless they are told to (docs.vllm.ai, reasoning outputs).
    thinkingOn: (model) => templateSwitch(model, true),
    thinkingOff: (model) => templateSwitch(model, false),
    efforts: (model, facts) => (isGptOss(model) ? effortsOf(facts) : []),
  },
};
