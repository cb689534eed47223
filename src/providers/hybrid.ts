import type { JsonObject } from '../core/messages.ts';
import type { ModelFacts } from '../core/model-facts.ts';

/**
 * Open models that think unless they are told not to, by the names that those who serve them use (`Qwen/Qwen3-8B`,
 * `qwen3.5:4b`, `glm-5p2`). Source: their model cards; docs.vllm.ai, reasoning outputs.
 */
const HYBRID =
  /(?:^|[/_-])(?:qwen-?3|glm-?(?:4[.p][5-9]|5)|deepseek-?v(?:3[.p][12]|4)|kimi-?k2[.p][56]|gemma-?4)(?!\d)/i;
/** Their kin that can do only one of the two. */
const ONE_MIND = /instruct|thinking|coder|-code|-next|-max|embed|rerank|2507|-r1/i;

/** Whether a model thinks by default and can be told not to; by its name where the data does not know it. */
export function canStopThinking(model: string, { reasoning, control }: ModelFacts): boolean {
  if (control !== undefined) return control.toggle || control.none;
  return reasoning !== false && HYBRID.test(model) && !ONE_MIND.test(model);
}

export function isGptOss(model: string): boolean {
  return /(?:^|\/)gpt-oss\b/i.test(model);
}

/**
 * The switch of vLLM, SGLang and others that hand `chat_template_kwargs` to the model's own template, for the models known
 * to have one there: `thinking` in DeepSeek's and Kimi's, `enable_thinking` in all others. It is not sent for any model:
 * Mistral's tokenizers refuse it (linagora/openrag#335).
 */
export function templateSwitch(model: string, on: boolean): JsonObject | undefined {
  if (!canStopThinking(model, {})) return undefined;
  const name = /deepseek|kimi/i.test(model) ? 'thinking' : 'enable_thinking';
  return { chat_template_kwargs: { [name]: on } };
}
