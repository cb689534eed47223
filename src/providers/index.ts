import { anthropic } from './anthropic.ts';
import { anthropicCompatible } from './anthropic-compatible.ts';
import { groq } from './groq.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { openrouter } from './openrouter.ts';
import type { Provider } from './provider.ts';

/** Every preset, in the order in which a chain made from the environment asks them. */
export const PROVIDERS: readonly Provider[] = [
  anthropic,
  openrouter,
  openai,
  groq,
  ollama,
  anthropicCompatible,
  openaiCompatible,
];

/** The preset of that exact name, or undefined. */
export function providerNamed(name: string): Provider | undefined {
  return PROVIDERS.find((provider) => provider.name === name);
}
