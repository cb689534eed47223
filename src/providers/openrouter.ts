import type { JsonObject, ToolParam } from '../core/messages.ts';
import type { Provider } from './provider.ts';

/** OpenRouter: its Claude models are also served from other clouds, so they outlive an outage of Anthropic's. */
export const openrouter: Provider = {
  name: 'openrouter',
  env: 'OPENROUTER',
  dialect: 'openai-chat',
  base: 'https://openrouter.ai/api/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: {
    opus: 'anthropic/claude-opus-4.8',
    sonnet: 'anthropic/claude-sonnet-5',
    haiku: 'anthropic/claude-haiku-4.5',
  },
  modelData: 'openrouter',
  keyUrl: 'https://openrouter.ai/settings/keys',
  native: false,
  local: false,
  // Its list of models is public; this tells about the key itself, and 401 for one that is not good
  // (openrouter.ai/docs/api/api-reference/api-keys/get-current-key).
  probe: { method: 'models', path: '/key' },
  quirks: {
    // It reads them itself where the model does not, and leaves out sampling parameters that a model refuses
    // (openrouter.ai/docs, PDF inputs, parameters).
    files: true,
    fixedSampling: () => false,
    webSearch,
    // Gemini and OpenAI's models behind it lose their thread without (openrouter.ai/docs, preserving reasoning blocks).
    reasoningDetails: true,
    // Without the marks a conversation with Claude is paid anew in every turn.
    cacheMarks: true,
    // Those that it documents for its Claude models (openrouter.ai/docs, provider routing, Anthropic beta features).
    betas: ['interleaved-thinking', 'fine-grained-tool-streaming', 'structured-outputs'],
  },
};

/**
 * Its search, which any of its models can call (openrouter.ai/docs, server tools, web search): the results come as links in
 * the text.
 */
function webSearch({ allowed_domains: allowed, blocked_domains: excluded }: ToolParam): JsonObject {
  const parameters = {
    ...(isList(allowed) ? { allowed_domains: allowed } : {}),
    ...(isList(excluded) ? { excluded_domains: excluded } : {}),
  };
  const isLimited = Object.keys(parameters).length > 0;
  return { type: 'openrouter:web_search', ...(isLimited ? { parameters } : {}) };
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}
