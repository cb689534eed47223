import { anthropic } from './anthropic.ts';
import { anthropicCompatible } from './anthropic-compatible.ts';
import { cerebras } from './cerebras.ts';
import { deepseek } from './deepseek.ts';
import { fireworks } from './fireworks.ts';
import { groq } from './groq.ts';
import { litellm } from './litellm.ts';
import { llamacpp } from './llamacpp.ts';
import { lmstudio } from './lmstudio.ts';
import { mistral } from './mistral.ts';
import { moonshot } from './moonshot.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { openrouter } from './openrouter.ts';
import type { Provider } from './provider.ts';
import { together } from './together.ts';
import { vllm } from './vllm.ts';
import { xai } from './xai.ts';
import { zai } from './zai.ts';

/** Every preset, in the order in which a chain made from the environment asks them. */
export const PROVIDERS: readonly Provider[] = [
  anthropic,
  openrouter,
  openai,
  groq,
  cerebras,
  deepseek,
  fireworks,
  mistral,
  moonshot,
  together,
  xai,
  zai,
  ollama,
  lmstudio,
  llamacpp,
  vllm,
  litellm,
  anthropicCompatible,
  openaiCompatible,
];

/** The preset of that exact name, or undefined. */
export function providerNamed(name: string): Provider | undefined {
  return PROVIDERS.find((provider) => provider.name === name);
}
