import { effortsOf } from '../core/model-facts.ts';
import { canStopThinking } from './hybrid.ts';
import type { Provider } from './provider.ts';

/** Fireworks: open models, named by their path there. */
export const fireworks: Provider = {
  name: 'fireworks',
  env: 'FIREWORKS',
  dialect: 'openai-chat',
  base: 'https://api.fireworks.ai/inference/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: {
    opus: 'accounts/fireworks/models/glm-5p2',
    sonnet: 'accounts/fireworks/models/glm-5p2',
    haiku: 'accounts/fireworks/models/deepseek-v4-flash',
  },
  keyUrl: 'https://app.fireworks.ai/settings/users/api-keys',
  modelData: 'fireworks-ai',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (docs.fireworks.ai, OpenAI compatibility).
  probe: { method: 'models', path: '/models' },
  quirks: {
    // Of a model that does not think any effort is refused, of MiniMax and gpt-oss `none`
    // (docs.fireworks.ai/guides/reasoning; can1357/oh-my-pi#2315, lambda-symbolics/autolith#25).
    efforts: (_, facts) => (facts.reasoning === true ? effortsOf(facts) : []),
    thinkingOff: (model, facts) => (canStopThinking(model, facts) ? { reasoning_effort: 'none' } : undefined),
    // Its Messages API takes images by their address, says its schema (docs.fireworks.ai, AnthropicURLImageSource).
    imageUrls: true,
  },
};
