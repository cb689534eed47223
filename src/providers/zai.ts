import { effortsOf } from '../core/model-facts.ts';
import type { Provider } from './provider.ts';

/**
 * Z.ai's GLM by Chat Completions; it also has the Messages API (docs.z.ai, Claude Code). It knows no tool choice but
 * `auto`, no `stream_options`, and one stop sequence; it sends the arguments of a call all at once unless it is asked otherwise
 * (docs.z.ai, chat completion; agentscope-ai/agentscope-java, GLM).
 */
export const zai: Provider = {
  name: 'zai',
  env: 'ZAI',
  dialect: 'openai-chat',
  base: 'https://api.z.ai/api/paas/v4',
  messagesBase: 'https://api.z.ai/api/anthropic/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'glm-5.2', sonnet: 'glm-5.2', haiku: 'glm-4.7-flashx' },
  keyUrl: 'https://z.ai/manage-apikey/apikey-list',
  modelData: 'zai',
  native: false,
  local: false,
  // It has no list of models in its reference: any answer shows that something is there.
  probe: { method: 'head' },
  quirks: {
    anyToolChoice: 'auto',
    namedToolChoice: false,
    parallelToolCalls: false,
    streamUsage: false,
    maxStops: () => 1,
    efforts: (model, facts) => (/^glm-5\.[2-9]/.test(model) ? effortsOf(facts) : []),
    emptyContent: '',
    jsonSchema: () => false,
    reasoningHistory: () => true,
    thinkingOff: (model) =>
      /^glm-(?:4|5(?:\.[012])?(?:-|$))/.test(model) ? { thinking: { type: 'disabled' } } : undefined,
  },
};
