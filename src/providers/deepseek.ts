import type { Effort } from '../core/model-facts.ts';
import type { Provider } from './provider.ts';

/**
 * DeepSeek by Chat Completions; it also has the Messages API, at `/anthropic` (`dialect = "anthropic"`). Its models think
 * unless they are told not to, and in the middle of tool calls they want their thoughts back
 * (api-docs.deepseek.com/guides/thinking_mode).
 */
export const deepseek: Provider = {
  name: 'deepseek',
  env: 'DEEPSEEK',
  dialect: 'openai-chat',
  base: 'https://api.deepseek.com/v1',
  // api-docs.deepseek.com/guides/anthropic_api
  messagesBase: 'https://api.deepseek.com/anthropic/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'deepseek-v4-pro', sonnet: 'deepseek-v4-pro', haiku: 'deepseek-v4-flash' },
  keyUrl: 'https://platform.deepseek.com/api_keys',
  modelData: 'deepseek',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (api-docs.deepseek.com, API reference, lists models).
  probe: { method: 'models', path: '/models' },
  quirks: {
    reasoningHistory: thinks,
    efforts: (model) => (thinks(model) ? EFFORTS : []),
    outputEfforts: (model) => (thinks(model) ? EFFORTS : []),
    thinkingOff: (model) => (thinks(model) ? { thinking: { type: 'disabled' } } : undefined),
    // It has `json_object` alone (api-docs.deepseek.com/guides/json_mode).
    jsonSchema: () => false,
    parallelToolCalls: false,
    maxStops: () => 16,
  },
};

/** What both its APIs tell apart; all else becomes one of these (api-docs.deepseek.com/guides/thinking_mode). */
const EFFORTS: readonly Effort[] = ['low', 'high', 'max'];

function thinks(model: string): boolean {
  return !model.startsWith('deepseek-chat');
}
