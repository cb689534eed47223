import { effortsOf } from '../core/model-facts.ts';
import { canStopThinking, isGptOss } from './hybrid.ts';
import type { Provider } from './provider.ts';

/**
 * Groq: fast open models. Both defaults take tools and 131,072 tokens, and neither is a preview there. They give at most
 * 65,536 tokens of answer and refuse requests for more; what is asked for counts against the tokens of a minute, so a
 * smaller limit lets several times as many requests through (console.groq.com/docs/models, …/rate-limits).
 */
export const groq: Provider = {
  name: 'groq',
  env: 'GROQ',
  dialect: 'openai-chat',
  base: 'https://api.groq.com/openai/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'openai/gpt-oss-120b', sonnet: 'openai/gpt-oss-120b', haiku: 'openai/gpt-oss-20b' },
  modelData: 'groq',
  keyUrl: 'https://console.groq.com/keys',
  native: false,
  local: false,
  // Spends no tokens (groq/groq-python api.md); taken to ask for the key as OpenAI's list does, whose form it has.
  probe: { method: 'models', path: '/models' },
  maxTokens: 16_384,
  quirks: {
    // Qwen takes only `none` and `default`, gpt-oss only the others, all else nothing (console.groq.com/docs/reasoning).
    efforts: (model, facts) => (isGptOss(model) ? effortsOf(facts) : []),
    thinkingOff: (model, facts) => (canStopThinking(model, facts) ? { reasoning_effort: 'none' } : undefined),
    // Of other models, and beside tools, it is refused (console.groq.com/docs/structured-outputs).
    jsonSchema: (model, withTools) => isGptOss(model) && !withTools,
  },
};
