import type { Provider } from './provider.ts';

/**
 * Moonshot AI's Kimi. K3 always thinks, wants its thoughts back and takes no sampling parameters; of K2, which ends there in
 * December 2026, 2.5 and 2.6 can be told not to think (platform.moonshot.ai, model parameter reference;
 * MoonshotAI/kimi-cli#2141). Only K3 can be made to call a tool while it thinks.
 */
export const moonshot: Provider = {
  name: 'moonshot',
  env: 'MOONSHOT',
  dialect: 'openai-chat',
  base: 'https://api.moonshot.ai/v1',
  // platform.moonshot.ai, use Kimi in Claude Code
  messagesBase: 'https://api.moonshot.ai/anthropic/v1',
  credential: 'required',
  authHeader: 'authorization',
  models: { opus: 'kimi-k3', sonnet: 'kimi-k3', haiku: 'kimi-k3' },
  keyUrl: 'https://platform.moonshot.ai/console/api-keys',
  modelData: 'moonshotai',
  native: false,
  local: false,
  // Asks for the key and spends no tokens (platform.moonshot.ai, list models).
  probe: { method: 'models', path: '/models' },
  quirks: {
    maxTokensField: 'max_completion_tokens',
    reasoningHistory: isKimi,
    fixedSampling: isKimi,
    // Others are taken for its default, the most (platform.moonshot.ai, thinking effort).
    efforts: (model) => (model.startsWith('kimi-k3') ? ['low', 'high', 'max'] : []),
    thinkingOff: (model) => (/^kimi-k2\.[56]/.test(model) ? { thinking: { type: 'disabled' } } : undefined),
  },
};

function isKimi(model: string): boolean {
  return model.startsWith('kimi-');
}
