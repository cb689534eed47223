import type { Usage } from '../../../core/messages.ts';
import { isObject } from '../../history/json.ts';
import type { Chunk } from './api.ts';

/**
 * The usage a chunk carries, if any: at its own place, in Groq's, or in the choice (Moonshot). Counts are cumulative
 * everywhere, so that the last one seen is the answer's.
 */
export function usageOf(chunk: Chunk): Partial<Usage> | undefined {
  const inChoice =
    Array.isArray(chunk.choices) && isObject(chunk.choices[0]) ? chunk.choices[0].usage : undefined;
  for (const usage of [chunk.usage, chunk.x_groq?.usage, inChoice]) {
    if (isObject(usage)) return counts(usage);
  }
  return undefined;
}

/**
 * OpenAI counts cached tokens within `prompt_tokens`, Anthropic beside `input_tokens`. Reasoning is within
 * `completion_tokens` at most places but beside it at xAI: there the total says so (12 + 2 + 340 reasoning = 354).
 */
function counts(usage: Record<string, unknown>): Partial<Usage> {
  const out: Partial<Usage> = {};
  const prompt = count(usage.prompt_tokens);
  const completion = count(usage.completion_tokens);
  const total = count(usage.total_tokens);
  const cached = count(
    nested(usage.prompt_tokens_details, 'cached_tokens') ??
      usage.prompt_cache_hit_tokens ??
      usage.cached_tokens,
  );
  if (prompt !== undefined) {
    out.input_tokens = Math.max(0, prompt - (cached ?? 0));
    if (cached !== undefined) out.cache_read_input_tokens = Math.min(cached, prompt);
  }
  const reasoning = count(nested(usage.completion_tokens_details, 'reasoning_tokens')) ?? 0;
  if (completion !== undefined) {
    const beside = prompt !== undefined && total === prompt + completion + reasoning;
    out.output_tokens = completion + (beside ? reasoning : 0);
  }
  return out;
}

function nested(details: unknown, key: string): unknown {
  return isObject(details) ? details[key] : undefined;
}

function count(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0
    ? Math.round(number)
    : undefined;
}
