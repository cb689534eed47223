/** What a refusal says the request would be taken with. */
import { expect, test } from 'bun:test';
import type { Amendment } from '../../src/core/failure.ts';
import { amendmentIn } from '../../src/wire/errors/amend.ts';

test.each<[string, Amendment | undefined]>([
  ['max_tokens must be less than or equal to 65536, the maximum value for this model', { maxTokens: 65_536 }],
  [
    '`max_tokens` is too large: 128000. This model supports at most 16,384 completion tokens',
    { maxTokens: 16_384 },
  ],
  ['max_completion_tokens: at most 8192', { maxTokens: 8192 }],
  [
    "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens (10000 in the messages, 30000 in the completion).",
    { maxTokens: 22_704 },
  ],
  [
    "This model's maximum context length is 32768 tokens. However, your request has 12000 input tokens",
    { maxTokens: 20_704 },
  ],
  [
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8500 in the messages, 500 in the completion).",
    undefined,
  ],
  [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    { maxTokensField: 'max_completion_tokens' },
  ],
  ['This model does not support image input', { vision: false }],
  ['image_url is only supported by certain models', { vision: false }],
  ['No endpoints found that support image input', { vision: false }],
  ['messages[3]: unknown variant `image_url`, expected `text`', { vision: false }],
  ["Unknown parameter: 'stream_options'.", { streamUsage: false }],
  ['stream_options: Extra inputs are not permitted', { streamUsage: false }],
  ['parallel_tool_calls is not supported by this model', { parallelToolCalls: false }],
  [
    "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
    { fixedSampling: expect.any(Function) },
  ],
  ['`reasoning_effort` is not supported with this model', { reasoningEffort: expect.any(Function) }],
  ['Could not process image', undefined],
  ['invalid request', undefined],
])('%s', (message, amendment) => {
  expect(amendmentIn(message)).toEqual(amendment);
});
