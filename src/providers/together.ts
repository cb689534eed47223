import { effortsOf } from '../core/model-facts.ts';
import { canStopThinking, isGptOss } from './hybrid.ts';
import type { Provider } from './provider.ts';

/** Together AI: open models under their makers' names. */
export const together: Provider = {
  name: 'together',
  env: 'TOGETHER',
  dialect: 'openai-chat',
  base: 'https://api.together.xyz/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'zai-org/GLM-5.2', sonnet: 'zai-org/GLM-5.2', haiku: 'openai/gpt-oss-120b' },
  keyUrl: 'https://api.together.ai/settings/api-keys',
  modelData: 'togetherai',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (docs.together.ai, API reference, models).
  probe: { method: 'models', path: '/models' },
  quirks: {
    // One that can be turned on and off takes no effort, unless the data knows better; some are off by default
    // (docs.together.ai/docs/inference/chat/reasoning).
    efforts: (model, facts) => (isGptOss(model) || facts.reasoning === true ? effortsOf(facts) : []),
    thinkingOn: (_, facts) =>
      facts.control?.toggle === true && facts.control.efforts.length === 0
        ? { reasoning: { enabled: true } }
        : undefined,
    thinkingOff: (model, facts) =>
      canStopThinking(model, facts) ? { reasoning: { enabled: false } } : undefined,
  },
};
