/** A request that does not fit: in whose words, and with which numbers. */
import { expect, test } from 'bun:test';
import { explained, google, messages, openai } from '../support/refusals.ts';
import { OTHERS, type TooLong } from '../support/too-long-of-servers.ts';

/** The prompt alone is more than the model takes. */
const CASES: TooLong[] = [
  [
    'OpenAI',
    400,
    openai(
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 150123 tokens. Please reduce the length of the messages.",
      { code: 'context_length_exceeded' },
    ),
    { asked: 150_123, limit: 128_000 },
  ],
  [
    'OpenAI, with functions',
    400,
    openai(
      "This model's maximum context length is 128000 tokens. However, you requested 150123 tokens (129000 in the messages, 5123 in the functions, and 16000 in the completion).",
    ),
    { asked: 150_123, limit: 128_000 },
  ],
  [
    'OpenAI, of late',
    400,
    openai('Your input exceeds the context window of this model. Please adjust your input and try again.', {
      code: 'context_length_exceeded',
    }),
  ],
  [
    'OpenAI, by its configuration',
    400,
    openai(
      'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300123 tokens. Please reduce the length of the messages.',
    ),
    { asked: 300_123, limit: 272_000 },
  ],
  ['OpenAI, by its code alone', 400, openai('no', { code: 'context_length_exceeded' })],
  [
    'Azure, by characters',
    400,
    openai(
      "Invalid 'messages[4].content': string too long. Expected a string with maximum length 1048576, but got a string with length 1200000 instead.",
      { code: 'string_above_max_length' },
    ),
  ],
  [
    'vLLM, of old',
    400,
    {
      object: 'error',
      message:
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8500 in the messages, 500 in the completion). Please reduce the length of the messages or completion.",
      type: 'BadRequestError',
      code: 400,
    },
    { asked: 9000, limit: 8192 },
  ],
  [
    'vLLM',
    400,
    {
      error: {
        message:
          "This model's maximum context length is 32768 tokens. However, your request has 66511 input tokens. Please reduce the length of the input messages. (parameter=input_tokens, value=66511)",
        type: 'BadRequestError',
        param: 'input_tokens',
        code: 400,
      },
    },
    { asked: 66_511, limit: 32_768 },
  ],
  [
    'vLLM, of late',
    400,
    openai(
      "This model's maximum context length is 32768 tokens. However, you requested 0 output tokens and your prompt contains at least 32769 input tokens, for a total of at least 32769 tokens.",
    ),
    { asked: 32_769, limit: 32_768 },
  ],
  [
    'SGLang',
    400,
    {
      object: 'error',
      message: "The input (140123 tokens) is longer than the model's context length (131072 tokens).",
      type: 'BadRequest',
      code: 400,
    },
    { asked: 140_123, limit: 131_072 },
  ],
  [
    'OpenRouter',
    400,
    {
      error: {
        message:
          "This endpoint's maximum context length is 131,072 tokens. However, you requested about 140,500 tokens",
        code: 400,
      },
    },
    { asked: 140_500, limit: 131_072 },
  ],
  [
    'OpenRouter, in parts',
    400,
    {
      error: {
        message:
          "This endpoint's maximum context length is 8192 tokens. However, you requested about 12000 tokens (9500 of text input, 500 of tool input, 2000 in the output). Please reduce the length of either one.",
        code: 400,
      },
    },
    { asked: 12_000, limit: 8192 },
  ],
  [
    'Groq',
    400,
    openai('Please reduce the length of the messages or completion.', { code: 'context_length_exceeded' }),
  ],
  [
    'Cerebras',
    400,
    {
      message:
        'Please reduce the length of the messages or completion. Current length is 40182 while limit is 32768',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
    { asked: 40_182, limit: 32_768 },
  ],
  [
    'llama.cpp',
    400,
    openai('request (9001 tokens) exceeds the available context size (8192 tokens), try increasing it'),
    { asked: 9001, limit: 8192 },
  ],
  [
    'llama.cpp, by its fields',
    400,
    {
      error: {
        code: 400,
        message: 'the request exceeds the available context size',
        n_prompt_tokens: 9001,
        n_ctx: 8192,
      },
    },
    { asked: 9001, limit: 8192 },
  ],
  [
    'llama.cpp, in the middle',
    500,
    { error: { code: 500, message: 'Context size has been exceeded.', type: 'server_error' } },
  ],
  [
    'LM Studio',
    400,
    {
      error:
        'Trying to keep the first 13123 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
    },
    { asked: 13_123, limit: 4096 },
  ],
  [
    'LM Studio, of late',
    400,
    {
      error:
        'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13123 >= n_ctx: 4096).',
    },
    { asked: 13_123, limit: 4096 },
  ],
  [
    'Ollama',
    400,
    messages('invalid_request_error', 'prompt too long; exceeded max context length by 1234 tokens'),
  ],
  ['Ollama, in its own shape', 400, { error: 'the input length exceeds the context length' }],
  [
    "Ollama's cloud, Fireworks",
    400,
    { error: 'The prompt is too long: 203557, model maximum context length: 196607' },
    { asked: 203_557, limit: 196_607 },
  ],
  [
    'Mistral',
    422,
    {
      object: 'error',
      message:
        'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      code: '3051',
    },
    { asked: 40_000, limit: 32_768 },
  ],
  [
    'Mistral, in other words',
    400,
    { message: "The number of tokens in the prompt exceeds the model's maximum context length of 32768." },
    { limit: 32_768 },
  ],
  [
    'DeepSeek',
    400,
    openai(
      "This model's maximum context length is 65536 tokens. However, you requested 73149 tokens (70000 in the messages, 3149 in the completion).",
      { code: 'invalid_request_error' },
    ),
    { asked: 73_149, limit: 65_536 },
  ],
  [
    'DeepSeek as Anthropic',
    400,
    messages(
      'invalid_request_error',
      "This model's maximum context length is 65536 tokens. However, you requested 73149 tokens (70000 in the messages, 3149 in the completion).",
    ),
    { asked: 73_149, limit: 65_536 },
  ],
  [
    'Moonshot',
    400,
    openai('Invalid request: Your request exceeded model token limit: 262144 (requested: 291351)'),
    { asked: 291_351, limit: 262_144 },
  ],
  [
    'Moonshot, without the request',
    400,
    openai('Invalid request: Your request exceeded model token limit: 262144'),
    { limit: 262_144 },
  ],
  [
    'Moonshot, in other words and with numbers',
    400,
    openai('Input token length too long: total 140000, max 131072'),
    { asked: 140_000, limit: 131_072 },
  ],
  ['Moonshot, in other words', 400, openai('Input token length too long')],
  ['Z.ai', 400, { error: { code: '1261', message: 'Prompt exceeds max length' } }],
  ['Z.ai, by its code alone', 400, { error: { code: '1261', message: '' } }],
  [
    'xAI',
    400,
    {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    },
    { asked: 537_812, limit: 131_072 },
  ],
  [
    'Qwen',
    400,
    {
      error: {
        code: 'invalid_parameter_error',
        message: '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]',
      },
    },
    { limit: 129_024 },
  ],
  [
    'Gemini',
    400,
    google(
      400,
      'INVALID_ARGUMENT',
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    ),
    { asked: 1_200_000, limit: 1_048_576 },
  ],
  [
    'Gemini, without its count',
    400,
    google(
      400,
      'INVALID_ARGUMENT',
      'The input token count exceeds the maximum number of tokens allowed 1048576.',
    ),
    { limit: 1_048_576 },
  ],
  [
    'Vertex',
    400,
    google(
      400,
      'INVALID_ARGUMENT',
      'Unable to submit request because the input token count is 1200000 but model only supports up to 1048576.',
    ),
    { asked: 1_200_000, limit: 1_048_576 },
  ],
  [
    'Gemini, by bytes',
    400,
    google(400, 'INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.'),
  ],
  ['Bedrock', 400, { message: 'Input is too long for requested model.', __type: 'ValidationException' }],
  [
    'Bedrock, through LiteLLM',
    400,
    {
      error: {
        message:
          'litellm.ContextWindowExceededError: litellm.BadRequestError: BedrockException: Context Window Error - {"message":"prompt is too long: 201266 tokens > 199999 maximum"}',
        code: '400',
      },
    },
    { asked: 201_266, limit: 199_999 },
  ],
  [
    'a copy of Anthropic',
    400,
    messages('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
    { asked: 210_000, limit: 200_000 },
  ],
  ['a copy without numbers', 400, messages('invalid_request_error', 'Prompt is too long')],
  [
    'Copilot',
    400,
    openai('prompt token count of 130123 exceeds the limit of 128000', {
      code: 'model_max_prompt_tokens_exceeded',
    }),
    { asked: 130_123, limit: 128_000 },
  ],
  ['MiniMax', 400, messages('invalid_request_error', 'invalid params, context window exceeds limit (2013)')],
  [
    'Text Generation Inference',
    422,
    {
      error: 'Input validation error: `inputs` must have less than 4096 tokens. Given: 5123',
      error_type: 'validation',
    },
    { asked: 5123, limit: 4096 },
  ],
  [
    'Together',
    422,
    openai(
      'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 `inputs` tokens and 512 `max_new_tokens`',
    ),
    { asked: 5512, limit: 4097 },
  ],
  ...OTHERS,
  ['nobody in particular', 413, { message: 'Request Entity Too Large' }],
  ['a page', 413, '<html><title>413 Request Entity Too Large</title></html>'],
  ['nobody at all', 413, ''],
];

// A row without its last part would be given something else for it.
const rows = CASES.map(([who, status, body, tokens]) => [who, status, body, tokens] as const);

test.each(rows)('in the words of %s', (_who, status, body, tokens) => {
  const failure = explained(status, body);
  expect([failure.kind, failure.tokens, failure.amend]).toEqual([
    'too_long',
    tokens as TooLong[3],
    undefined,
  ]);
});

/** The same words, about something else. */
test.each<[what: string, status: number, message: string, kind: string]>([
  [
    'a limit of a minute',
    429,
    'Rate limit reached on input tokens per minute: too many tokens',
    'rate_limited',
  ],
  ['the same as 400', 400, 'Tokens per minute limit exceeded: too many tokens, please wait', 'rejected'],
  ['throttling', 429, 'Too many tokens, please wait before trying again.', 'rate_limited'],
  [
    'a description',
    400,
    "Invalid 'tools[0].function.description': string too long. Expected a string with maximum length 1024, but got a string with length 1392 instead.",
    'rejected',
  ],
  [
    'an answer',
    400,
    'max_tokens is too large: 64000. This model supports at most 16384 completion tokens',
    'unsupported',
  ],
  ['a field of that name', 400, 'context_management: Extra inputs are not permitted', 'unsupported'],
  ['a name', 400, 'tools[3].function.name is too long', 'rejected'],
])('%s is not too long', (_what, status, message, kind) => {
  const failure = explained(status, openai(message));
  expect([failure.kind, failure.tokens]).toEqual([kind as 'rejected', undefined]);
});
