import type { JsonObject, ToolParam } from '../core/messages.ts';
import { effortsOf, type ModelFacts, USUAL_EFFORTS } from '../core/model-facts.ts';
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
    // Its own field, which it turns into what the model takes: an effort, a budget, a switch. Of models that do not think it
    // is not read (openrouter.ai/docs, reasoning tokens).
    effortIn: 'reasoning',
    efforts: (_, facts) => (hasNoList(facts) ? USUAL_EFFORTS : effortsOf(facts)),
    thinkingOn: (_, { reasoning }) => (reasoning === false ? undefined : { reasoning: { enabled: true } }),
    thinkingOff: (model, facts) =>
      facts.reasoning === false || alwaysThinks(model, facts) ? undefined : { reasoning: { enabled: false } },
    // Its Messages API takes those of the model (openrouter.ai/docs, client SDKs, AnthropicOutputEffort).
    outputEfforts: (_, facts) => effortsOf(facts),
    // Without the marks a conversation with Claude is paid anew in every turn.
    cacheMarks: true,
    // The schema of its Messages API has them (openrouter.ai/openapi.json, AnthropicUrlImageSource).
    imageUrls: true,
    // Those that it documents for its Claude models (openrouter.ai/docs, provider routing, Anthropic beta features).
    betas: ['interleaved-thinking', 'fine-grained-tool-streaming', 'structured-outputs'],
  },
};

/** A model without efforts of its own takes any of OpenRouter's (openrouter.ai/docs, client SDKs, model reasoning). */
function hasNoList({ reasoning, control }: ModelFacts): boolean {
  return reasoning === true && control?.efforts.length === 0;
}

/**
 * Whether to turn its thinking off is refused, as of OpenAI's and Google's models without a switch (CIRISAI/CIRISAgent#769).
 * Of others, such as Claude Sonnet 5, the data knows the switch less well: to those it is sent, and a refusal is heeded.
 */
function alwaysThinks(model: string, { control }: ModelFacts): boolean {
  if (control === undefined || control.toggle || control.none) return false;
  const isSteered = control.efforts.length > 0 || control.budget !== undefined;
  return isSteered && /^~?(?:openai|google)\//.test(model);
}

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
