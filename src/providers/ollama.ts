import { effortsOf } from '../core/model-facts.ts';
import { canStopThinking, isGptOss } from './hybrid.ts';
import type { Provider } from './provider.ts';

/**
 * Ollama on this machine, by the Messages API that it speaks since 0.14. One model for every family: a second one would
 * push the first out of memory. It is one of the two local models that Ollama's manual names for Claude Code.
 */
export const ollama: Provider = {
  name: 'ollama',
  env: 'OLLAMA',
  dialect: 'anthropic',
  base: 'http://localhost:11434/v1',
  credential: 'optional',
  authHeader: 'authorization',
  models: { opus: 'qwen3-coder', sonnet: 'qwen3-coder', haiku: 'qwen3-coder' },
  modelData: 'any',
  native: false,
  local: true,
  // What it has on disk, in OpenAI's form, without loading any of it: the same list as its own /api/tags
  // (ollama/ollama server/routes.go).
  probe: { method: 'models', path: '/models' },
  // A model that does not think refuses to be told to; one that does, does so by itself (ollama/ollama server/routes.go).
  // As chat completions an old version sends thoughts between tags.
  quirks: {
    vision: false,
    thinking: () => 'default',
    thinkTags: true,
    // As chat completions it has no `think`; an effort is refused for a model that does not think, or that does not know
    // it, `none` is not (ollama/ollama openai/openai.go, 14820, 12561).
    efforts: (model, facts) => (isGptOss(model) ? effortsOf(facts) : []),
    thinkingOff: (model, facts) => (canStopThinking(model, facts) ? { reasoning_effort: 'none' } : undefined),
  },
};
