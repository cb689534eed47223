import { effortsOf } from '../core/model-facts.ts';
import type { Provider } from './provider.ts';

/**
 * Mistral. It validates more than others: tool ids of nine letters and digits, no unknown field, no empty message of an
 * assistant, `any` for "call some tool" (docs.mistral.ai, API reference; cline/cline#11885). Usage comes with every stream.
 */
export const mistral: Provider = {
  name: 'mistral',
  env: 'MISTRAL',
  dialect: 'openai-chat',
  base: 'https://api.mistral.ai/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'mistral-medium-2604', sonnet: 'mistral-medium-2604', haiku: 'mistral-small-latest' },
  keyUrl: 'https://console.mistral.ai/api-keys',
  modelData: 'mistral',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (docs.mistral.ai, API reference, models).
  probe: { method: 'models', path: '/models' },
  quirks: {
    toolId: 'alphanumeric-9',
    anyToolChoice: 'any',
    streamUsage: false,
    emptyContent: '',
    // `none` or `high` of those that have both, and of others no such field (docs.mistral.ai/capabilities/reasoning).
    efforts: (_, facts) => (facts.reasoning === true ? effortsOf(facts) : []),
    thinkingOff: (_, facts) => (facts.control?.none === true ? { reasoning_effort: 'none' } : undefined),
  },
};
