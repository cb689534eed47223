import { effortsOf } from '../core/model-facts.ts';
import type { Provider } from './provider.ts';

/** `gpt-5…` and `o1`, `o3`, `o4…`, also as `vendor/name`; the `-chat` models of gpt-5 do not reason. */
const REASONING = /^(?:.*\/)?(?:gpt-5(?!.*-chat)|o[134](?:-|$))/;

/**
 * Of these, the ones that take an effort together with tools in Chat Completions: gpt-5.2 and later answer 400
 * ("Function tools with reasoning_effort are not supported", openai-openapi issue 541; gpt-5.2: livekit/agents 5088).
 */
const EFFORT =
  /^(?:.*\/)?(?:gpt-5(?:\.1)?(?:-mini|-nano)?(?:-\d{4}-\d{2}-\d{2})?|o(?:1|3|3-mini|4-mini)(?:-\d{4}-\d{2}-\d{2})?)$/;

/**
 * OpenAI by Chat Completions. The default models are of gpt-5.4: gpt-5.6 and later refuse tools there altogether unless
 * the effort is `none` (litellm 34569), and Claude Code always sends tools.
 */
export const openai: Provider = {
  name: 'openai',
  env: 'OPENAI',
  dialect: 'openai-chat',
  base: 'https://api.openai.com/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'gpt-5.4', sonnet: 'gpt-5.4', haiku: 'gpt-5.4-mini' },
  modelData: 'openai',
  keyUrl: 'https://platform.openai.com/api-keys',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (developers.openai.com/api/reference, Models, List).
  probe: { method: 'models', path: '/models' },
  quirks: {
    maxTokensField: 'max_completion_tokens',
    systemRole: 'developer',
    efforts: (model, facts) => (EFFORT.test(model) ? effortsOf(facts) : []),
    // The later ones, which have it, do not think unless they are told to.
    thinkingOff: (model, facts) =>
      EFFORT.test(model) && facts.control?.none === true ? { reasoning_effort: 'none' } : undefined,
    fixedSampling: (model) => REASONING.test(model),
    maxStops: (model) => (REASONING.test(model) ? 0 : 4),
    // As text and as pictures of its pages (platform.openai.com/docs, PDF files).
    files: 'seeing',
  },
};
