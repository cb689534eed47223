import { PLACEHOLDER } from '../auth/credential.ts';
import type { Provider } from '../providers/provider.ts';
import { type Environment, variable } from './references.ts';

/** The names of a preset's environment variables; null where it has none. */
export interface PresetVariables {
  apiKey: string;
  baseUrl: string;
  model: string | null;
  maxTokens: string | null;
}

/**
 * The variables of a preset. `ANTHROPIC_BASE_URL`, `ANTHROPIC_MODEL` and `ANTHROPIC_MAX_TOKENS` are the client's and
 * often stand in the same shell, the first of them pointing at ccproxy itself: they are never ours.
 */
export function presetVariables(provider: Provider): PresetVariables {
  if (provider.native) {
    return {
      apiKey: 'ANTHROPIC_API_KEY',
      baseUrl: 'CCPROXY_ANTHROPIC_BASE_URL',
      model: null,
      maxTokens: null,
    };
  }
  const { env } = provider;
  return {
    apiKey: `${env}_API_KEY`,
    baseUrl: `${env}_BASE_URL`,
    model: `${env}_MODEL`,
    maxTokens: `${env}_MAX_TOKENS`,
  };
}

/** A preset's key in the environment; the placeholder is none. */
export function presetKey(provider: Provider, env: Environment): string | undefined {
  const key = variable(env, presetVariables(provider).apiKey);
  return key?.trim() === PLACEHOLDER ? undefined : key;
}
