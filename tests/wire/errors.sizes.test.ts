/** A request that would fit with a smaller answer: in whose words, and how small. */
import { describe, expect, test } from 'bun:test';
import { explained, openai } from '../support/refusals.ts';

describe('a smaller answer would do', () => {
  test.each<[who: string, message: string, maxTokens: number]>([
    [
      'OpenAI, DeepSeek, vLLM of old',
      "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens (10000 in the messages, 30000 in the completion).",
      22_704,
    ],
    [
      'OpenAI, with functions',
      "This model's maximum context length is 32768 tokens. However, you requested 41000 tokens (8000 in the messages, 3000 in the functions, and 30000 in the completion).",
      21_704,
    ],
    [
      'OpenAI of old',
      "This model's maximum context length is 8191 tokens, however you requested 10346 tokens (4346 in your prompt; 6000 for the completion).",
      3781,
    ],
    [
      'OpenRouter',
      "This endpoint's maximum context length is 131072 tokens. However, you requested about 132463 tokens (1463 of text input, 131000 in the output). Please reduce the length of either one.",
      129_545,
    ],
    [
      'vLLM',
      "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum context length is 32768 tokens and your request has 1200 input tokens (64000 > 32768 - 1200).",
      31_504,
    ],
    [
      'SGLang',
      "Requested token count exceeds the model's maximum context length of 262144 tokens. You requested a total of 263925 tokens: 199925 tokens from the input messages and 64000 tokens for the completion.",
      62_155,
    ],
    [
      'SGLang, in fractions',
      "Requested token count exceeds the model's maximum context length of 131072 tokens. You requested a total of 524300.0 tokens: 12 tokens from the input messages and 524288.0 tokens for the completion.",
      130_996,
    ],
    [
      'a copy of Anthropic',
      'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again',
      11_696,
    ],
    [
      'Together',
      'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 32769. Given: 1200 `inputs` tokens and 64000 `max_new_tokens`',
      31_505,
    ],
    // It stops counting where the two together are too much: how long the prompt is, nobody knows.
    [
      'vLLM of late, Cloudflare, Bedrock',
      "This model's maximum context length is 202752 tokens. However, you requested 64000 output tokens and your prompt contains at least 138753 input tokens, for a total of at least 202753 tokens.",
      4096,
    ],
    [
      'the same with little room',
      "This model's maximum context length is 8192 tokens. However, you requested 4096 output tokens and your prompt contains at least 4097 input tokens, for a total of at least 8193 tokens.",
      2016,
    ],
  ])('%s', (_who, message, maxTokens) => {
    const failure = explained(400, openai(message));
    expect([failure.kind, failure.amend, failure.tokens]).toEqual(['unsupported', { maxTokens }, undefined]);
  });

  test('but not one that is worth nothing: then the conversation is too long', () => {
    const message =
      "This model's maximum context length is 8192 tokens. However, you requested 8600 tokens (8100 in the messages, 500 in the completion).";
    const { kind, tokens, amend } = explained(400, openai(message));
    expect([kind, tokens, amend]).toEqual(['too_long', { asked: 8600, limit: 8192 }, undefined]);
  });
});
