import { isObject } from '../../../core/json.ts';
import type { Usage } from '../../../core/messages.ts';
import { count } from '../../answer/count.ts';
import type { Chunk } from './api.ts';

/** What a server has said of the tokens of an answer so far. */
export interface Tokens {
  prompt?: number | undefined;
  completion?: number | undefined;
  total?: number | undefined;
  /** Read from the cache, and written to it. */
  read?: number | undefined;
  written?: number | undefined;
  reasoning?: number | undefined;
}

/**
 * `before`, and what this chunk says: at its own place, in Groq's, or in the choice (Moonshot). Counts are cumulative
 * everywhere, so that the last ones seen are the answer's; those of the cache are not always repeated. Zeros are no counts:
 * some servers send them while they have not counted.
 */
export function heard(before: Tokens, chunk: Chunk): Tokens {
  const usage = chunk.usage ?? chunk.x_groq?.usage ?? inChoice(chunk.choices);
  if (!isObject(usage)) return before;
  const now = toldBy(usage);
  if (now.prompt === undefined && now.completion === undefined) return before;
  return {
    ...now,
    prompt: now.prompt ?? before.prompt,
    completion: now.completion ?? before.completion,
    read: now.read ?? before.read,
    written: now.written ?? before.written,
  };
}

function inChoice(choices: unknown): unknown {
  const [first] = Array.isArray(choices) ? (choices as unknown[]) : [];
  return isObject(first) ? first.usage : undefined;
}

/**
 * The same in the words of the Messages API. OpenAI counts what was read from the cache and written to it within
 * `prompt_tokens` (its guide to prompt caching: 2,600 of which 2,000 were read and 400 written), Anthropic beside
 * `input_tokens`. Gateways put Anthropic's counts into OpenAI's words with and without adding them up: the total says which.
 */
export function usageOf({ prompt, completion, total, read, written, reasoning = 0 }: Tokens): Partial<Usage> {
  const out: Partial<Usage> = {};
  const sum = prompt === undefined || completion === undefined ? undefined : prompt + completion;
  // Reasoning is within the answer's tokens at most places but beside them at xAI (12 + 2 + 340 reasoning = 354).
  const isReasoningBeside = sum !== undefined && total === sum + reasoning;
  if (completion !== undefined) out.output_tokens = completion + (isReasoningBeside ? reasoning : 0);
  if (prompt === undefined) return out;
  const cached = (read ?? 0) + (written ?? 0);
  const isBeside = cached > prompt || (!isReasoningBeside && total === (sum ?? 0) + cached);
  out.input_tokens = isBeside ? prompt : prompt - cached;
  if (read !== undefined) out.cache_read_input_tokens = read;
  if (written !== undefined) out.cache_creation_input_tokens = written;
  return out;
}

/** `prompt_cache_hit_tokens`: DeepSeek · `cached_tokens`: Moonshot · `cache_…_input_tokens`: LiteLLM. */
function toldBy(usage: Record<string, unknown>): Tokens {
  const prompt = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const completion = isObject(usage.completion_tokens_details) ? usage.completion_tokens_details : {};
  const hit = count(usage.prompt_cache_hit_tokens);
  const missed = count(usage.prompt_cache_miss_tokens);
  return {
    prompt:
      positive(usage.prompt_tokens) ??
      (hit === undefined || missed === undefined ? undefined : positive(hit + missed)),
    completion: positive(usage.completion_tokens),
    total: count(usage.total_tokens),
    read:
      count(prompt.cached_tokens) ??
      hit ??
      count(usage.cached_tokens) ??
      count(usage.cache_read_input_tokens),
    written:
      count(prompt.cache_write_tokens) ??
      count(prompt.cache_creation_tokens) ??
      count(prompt.cache_creation_input_tokens) ??
      count(usage.cache_creation_input_tokens),
    reasoning: count(completion.reasoning_tokens),
  };
}

function positive(value: unknown): number | undefined {
  return count(value) || undefined;
}
