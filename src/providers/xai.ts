import { effortsOf } from '../core/model-facts.ts';
import type { Provider } from './provider.ts';

/**
 * xAI's Grok. Its models that reason take no stop sequences, and an effort from 4.3 on (docs.x.ai, reasoning); they count
 * reasoning beside the completion's tokens.
 */
export const xai: Provider = {
  name: 'xai',
  env: 'XAI',
  dialect: 'openai-chat',
  base: 'https://api.x.ai/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'grok-4.3', sonnet: 'grok-4.3', haiku: 'grok-4.20-0309-non-reasoning' },
  keyUrl: 'https://console.x.ai',
  modelData: 'xai',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (docs.x.ai, REST API, models).
  probe: { method: 'models', path: '/models' },
  quirks: {
    maxStops: (model) => (model.includes('non-reasoning') ? 4 : 0),
    efforts: (model, facts) => (/^grok-(?:4\.[3-9]|[5-9])/.test(model) ? effortsOf(facts) : []),
    thinkingOff: (model) => (model.startsWith('grok-4.3') ? { reasoning_effort: 'none' } : undefined),
  },
};
