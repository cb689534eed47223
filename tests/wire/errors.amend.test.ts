/** What a refusal says the request would be taken with. */
import { describe, expect, test } from 'bun:test';
import type { Amendment } from '../../src/core/failure.ts';
import { amendmentIn } from '../../src/wire/errors/amend.ts';
import { explained, google, messages, openai } from '../support/refusals.ts';

/** An amendment with what its functions say of any model; undefined for none, which is no row's value. */
function shown(amendment: Amendment | undefined): object | null {
  if (amendment === undefined) return null;
  const entries = Object.entries(amendment).map(([name, value]) => [
    name,
    typeof value === 'function' ? String(value()) : value,
  ]);
  return Object.fromEntries(entries);
}

/** What is learnt of a server that does not know how to be told to think, or not to. */
const ALWAYS_THINKS = { thinkingOff: 'undefined' };
const NO_SWITCH = { thinkingOn: 'undefined', thinkingOff: 'undefined' };
const NO_EFFORT = { efforts: '', thinkingOff: 'undefined' };

describe('a smaller answer', () => {
  test.each<[message: string, amendment: object]>([
    [
      'max_tokens must be less than or equal to 65536, the maximum value for this model',
      { maxTokens: 65_536 },
    ],
    [
      '`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the `context_window` for this model',
      { maxTokens: 8192 },
    ],
    [
      '`max_tokens` is too large: 128000. This model supports at most 16,384 completion tokens',
      { maxTokens: 16_384 },
    ],
    ['max_completion_tokens: at most 8192', { maxTokens: 8192 }],
    ['Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', { maxTokens: 8192 }],
    [
      '<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 16384]',
      { maxTokens: 16_384 },
    ],
    ['The max_tokens parameter is illegal.：限制数值范围[1,131072]', { maxTokens: 131_072 }],
    [
      'max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for claude-x',
      { maxTokens: 8192 },
    ],
    ['The maximum tokens you requested exceeds the model limit of 4096.', { maxTokens: 4096 }],
    ['Requests with max_tokens > 4096 must have stream=true', { maxTokens: 4096 }],
    [
      'Unable to submit request because it has a maxOutputTokens value of 128000 but the supported range is from 1 (inclusive) to 65537 (exclusive).',
      { maxTokens: 65_536 },
    ],
    [
      "This model's maximum context length is 32768 tokens. However, your request has 12000 input tokens",
      { maxTokens: 20_704 },
    ],
  ])('%s', (message, amendment) => {
    expect(shown(amendmentIn(message))).toEqual(amendment);
  });

  test.each([
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8500 in the messages, 500 in the completion).",
    "This model's maximum context length is 32768 tokens. However, your request has 66511 input tokens.",
  ])('would not do: %s', (message) => {
    expect(amendmentIn(message)).toBeUndefined();
  });
});

test.each<[message: string, amendment: object]>([
  [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    { maxTokensField: 'max_completion_tokens' },
  ],
  ['Unrecognized request argument supplied: max_completion_tokens', { maxTokensField: 'max_tokens' }],
  ["Unknown parameter: 'stream_options'.", { streamUsage: false }],
  ['stream_options: Extra inputs are not permitted', { streamUsage: false }],
  ['parallel_tool_calls is not supported by this model', { parallelToolCalls: false }],
  ['Parallel tool calls are not supported', { parallelToolCalls: false }],
  [
    'tool_choice.disable_parallel_tool_use: Extra inputs are not permitted',
    { anyToolChoice: 'auto', namedToolChoice: false },
  ],
  ['disable_parallel_tool_use: Extra inputs are not permitted', { parallelToolCalls: false }],
  [
    "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
    { fixedSampling: 'true' },
  ],
  ['invalid temperature: only 1 is allowed for this model', { fixedSampling: 'true' }],
  [
    '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    { fixedSampling: 'true' },
  ],
  ['top_k: Extra inputs are not permitted', { fixedSampling: 'true' }],
  ["Unsupported parameter: 'stop' is not supported with this model.", { maxStops: '0' }],
  ['stop_sequences: Extra inputs are not permitted', { maxStops: '0' }],
  ['`reasoning_effort` is not supported with this model', NO_EFFORT],
  ['Function tools with reasoning_effort are not supported for gpt-x in /v1/chat/completions.', NO_EFFORT],
  ['Unrecognized request argument supplied: chat_template_kwargs', NO_SWITCH],
  [
    'The reasoning_content in the thinking mode must be passed back to the API.',
    { reasoningHistory: 'true' },
  ],
  [
    'thinking is enabled but reasoning_content is missing in assistant tool call message at index 3',
    { reasoningHistory: 'true' },
  ],
  ['messages.1.reasoning_content: Extra inputs are not permitted', { reasoningHistory: 'false' }],
  ['Error: Jinja Exception: This model only supports single tool-calls at once!', { parallelHistory: false }],
  ['Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.', { toolId: 'alphanumeric-9' }],
])('a parameter: %s', (message, amendment) => {
  expect(shown(amendmentIn(message))).toEqual(amendment);
});

test.each<[message: string, amendment: object]>([
  ['Reasoning is mandatory for this endpoint and cannot be disabled.', ALWAYS_THINKS],
  [
    "MiniMax M2 requires reasoning to be enabled and only supports reasoning_effort values: 'low', 'medium', 'high'.",
    ALWAYS_THINKS,
  ],
  ['`reasoning_effort` must be one of `none` or `default`', NO_EFFORT],
  ['non-reasoning model does not support reasoning_effort', NO_EFFORT],
  [`invalid reasoning value: 'none' (must be "high", "medium", or "low")`, NO_EFFORT],
  ['think value "medium" is not supported for this model', NO_EFFORT],
  ['Unrecognized request argument supplied: reasoning', { ...NO_EFFORT, ...NO_SWITCH }],
  ['reasoning.effort: Invalid option: expected one of "low"|"high"', { ...NO_EFFORT, ...NO_SWITCH }],
  ['reasoning: Extra inputs are not permitted', { ...NO_EFFORT, ...NO_SWITCH }],
  ['chat_template is not supported for Mistral tokenizers.', NO_SWITCH],
])('what makes a model think: %s', (message, amendment) => {
  expect(shown(amendmentIn(message))).toEqual(amendment);
});

const AUTO = { anyToolChoice: 'auto', namedToolChoice: false };
test.each([
  'deepseek-reasoner does not support this tool_choice',
  'Thinking mode does not support this tool_choice',
  'tool_choice: expected one of `none`, `auto`, `required` or a tool',
  'tool_choice is one of the strings that should be ["none", "auto"]',
  "No endpoints found that support the provided 'tool_choice' value.",
  'Thinking may not be enabled when tool_choice forces tool use.',
  'Invalid tool_choice type: only auto is supported',
])('a call that is forced: %s', (message) => {
  expect(shown(amendmentIn(message))).toEqual(AUTO);
});

test.each([
  'This model does not support assistant message prefill. The conversation must end with a user message.',
  'Assistant response prefill is incompatible with enable_thinking.',
  'Prefilling assistant messages is not supported for this model',
  'A conversation must end with a user message. Try again with a conversation that ends with a user message.',
  'Cannot have 2 or more assistant messages at the end of the list.',
  'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
  'The last message of acme-reasoner must be a user message, or an assistant message with prefix mode enabled',
  'Last message must have role `user` or `tool`.',
  "last message role must be 'user'",
  'Please ensure that multiturn requests end with a user role or a function response.',
  'Cannot set `add_generation_prompt` to True when the last message is from the assistant. Consider using `continue_final_message` instead.',
])('a beginning of the answer: %s', (message) => {
  expect(shown(amendmentIn(message))).toEqual({ prefill: false });
});

const PLAIN_FORM = { jsonSchema: 'false', betas: [] };
test.each([
  'This response_format type is unavailable now',
  'response_format.type `json_schema` is unavailable now',
  "'response_format.type' : value is not one of the allowed values ['text','json_object']",
  'This model does not support response format `json_schema`.',
  "Invalid schema for response_format 'answer': In context=(), 'additionalProperties' is required to be supplied and to be false.",
  'Structured outputs are not supported by this model',
])('a form of the answer: %s', (message) => {
  expect(shown(amendmentIn(message))).toEqual(PLAIN_FORM);
});

const OLDER_ROLE = { systemRole: 'system' };
test.each([
  "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
  'messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`',
  "developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.['0].role'",
  'chat template rejected the request: Unexpected message role.',
  '[1214] Incorrect role information',
  "body.messages.0.role: Input should be 'system', 'user', 'assistant', 'function' or 'tool'",
])('a role: %s', (message) => {
  expect(shown(amendmentIn(message))).toEqual(OLDER_ROLE);
});

test.each<[message: string, most: number]>([
  [
    "Invalid 'tools[0].function.description': string too long. Expected a string with maximum length 1024, but got a string with length 1392 instead.",
    1024,
  ],
  ['tools.0.custom.description: String should have at most 1024 characters', 1024],
  ['Function description is too long: the maximum length is 512', 512],
  ['The description of tool Water exceeds the limit of 4,096 characters', 4096],
])('a description: %s', (message, maxDescription) => {
  expect(shown(amendmentIn(message))).toEqual({ maxDescription });
});

const PLAIN_SCHEMAS = { plainSchemas: true };
test.each([
  "Invalid schema for function 'Water': '^(?!__.*__$)' is not a 'regex'.",
  'Invalid JSON schema: regex lookaround is not supported. Found at $.properties.to.items.pattern.',
  "Invalid schema for function 'Water': array schema missing items",
  'Failed to compile regex: look-around, including look-ahead and look-behind, is not supported',
  "tools.function.parameters is not a valid moonshot flavored json schema, details: <At path 'properties.bed': type is not defined>",
  'Invalid JSON payload received. Unknown name "exclusiveMinimum" at \'tools[0].function_declarations[3].parameters\': Cannot find field.',
  'GenerateContentRequest.tools[0].function_declarations[0].parameters.properties: should be non-empty for OBJECT type',
  'JSON schema conversion failed: Unrecognized schema: {"not":{}}',
  'The provided JSON schema contains features not supported by xgrammar.',
  'tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12',
  'body.tools.0.function.parameters.properties.bed: Extra inputs are not permitted',
])('a schema: %s', (message) => {
  expect(shown(amendmentIn(message))).toEqual(PLAIN_SCHEMAS);
});

test.each<[message: string, amendment: object]>([
  ['output_config: Extra inputs are not permitted', { jsonSchema: 'false', betas: [], outputEfforts: '' }],
  ['This model does not support the effort parameter.', { outputEfforts: '' }],
  ['output_config.effort: Input should be one of "low", "high"', { outputEfforts: '' }],
])('an effort: %s', (message, amendment) => {
  expect(shown(amendmentIn(message))).toEqual(amendment);
});

const BLIND = { vision: false };
test.each([
  'This model does not support image input',
  'image_url is only supported by certain models',
  'No endpoints found that support image input',
  'messages[3]: unknown variant `image_url`, expected `text`',
  "Invalid value: 'image_url'. Supported values are: 'text'.",
  'image input is not supported - hint: you may need to provide the mmproj',
  'Model only support text input, found image',
  'vision is not enabled for this model',
  'Model only support text input',
  'only supports text-only input',
  'acme/x is not a multimodal model',
  'Failed to create new sequence: failed to process inputs: this model is missing data required for image input',
  'This model does not have vision capabilities',
  'no image processor for this model',
  'At most 0 image(s) may be provided in one prompt.',
  'The model `acme/x` cannot process images',
  'Image URLs are not allowed for this model',
])('pictures: %s', (message) => {
  expect(shown(amendmentIn(message))).toEqual(BLIND);
});

// One that nobody can read would end the conversation: it is in every request from now on. Others it may well see.
test.each([
  "Model 'acme/x' supports at most 1 image per prompt.",
  'At most 1 image(s) may be provided in one request.',
  'too many images: 30 > 20',
  'Could not process image',
  'You uploaded an unsupported image. Please make sure your image has one of the following formats',
  'Invalid image data.',
  'messages.0.content.1.image: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes',
  'Failed to decode image: unknown format',
  'Unable to process input image. Please retry or report.',
  'Image could not be loaded',
  'cannot identify image file <_io.BytesIO object>',
  'Cannot fetch the image at this address',
  'Image format image/svg+xml is not supported',
  "Unsupported media type 'image/tiff': an image has to be a png or a jpeg",
  'Image URLs are not supported, only base64',
  'The image dimensions are not supported by this model: 9000 x 10',
  'invalid_image_format: only png and jpeg images are supported',
])('these pictures: %s', (message) => {
  expect(shown(amendmentIn(message))).toEqual({ images: false });
});

test.each<[message: string, amendment: object]>([
  ["Invalid value: 'file'. Supported values are: 'text' and 'image_url'.", { files: false }],
  ['This model does not support file input', { files: false }],
  ['Could not process PDF', { documents: false }],
  ['cannot open this document: it is encrypted', { documents: false }],
])('documents: %s', (message, amendment) => {
  expect(shown(amendmentIn(message))).toEqual(amendment);
});

test.each<[message: string, amendment: object]>([
  ['"qwen-x" does not support thinking', { thinking: 'none', efforts: '', ...NO_SWITCH }],
  ['thinking: Extra inputs are not permitted', { thinking: 'none', efforts: '', ...NO_SWITCH }],
  ['adaptive thinking is not supported on this model', { thinking: 'enabled' }],
  [
    "thinking.type: Input tag 'adaptive' found using 'type' does not match any of the expected tags: 'disabled', 'enabled'",
    { thinking: 'enabled' },
  ],
  [
    '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" instead.',
    { thinking: 'adaptive' },
  ],
  [
    'messages.3.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block',
    { thinking: 'none', efforts: '', ...NO_SWITCH },
  ],
  ['messages.1.content.0: Invalid `signature` in `thinking` block', { thinkingHistory: false }],
  ['messages.1.content.0.thinking.signature: Field required', { thinkingHistory: false }],
  ['Unexpected value(s) `context-management-2025-06-27` for the `anthropic-beta` header.', { betas: [] }],
  ['context_management: Extra inputs are not permitted', { betas: [] }],
  ['tools.0.custom.strict: Extra inputs are not permitted', { betas: [] }],
  ['system.0.cache_control: Extra inputs are not permitted', { cacheMarks: false }],
])('what Claude is told: %s', (message, amendment) => {
  expect(shown(amendmentIn(message))).toEqual(amendment);
});

test.each([
  'invalid request',
  'Invalid parameter: messages with role "tool" must be a response to a preceding message with "tool_calls"',
  "Invalid 'tools[0].function.name': string does not match pattern.",
  'The garden is closed',
  'A conversation must start with a user message.',
  'prefill failed: out of memory in chunked prefill',
  'When thinking is disabled, an `assistant` message in the final position cannot contain it.',
  'The model `gpt-x` does not exist',
  '',
])('nothing: %p', (message) => {
  expect(amendmentIn(message)).toBeUndefined();
});

describe('wherever it says so', () => {
  test.each<[where: string, status: number, body: unknown, amendment: object]>([
    [
      'in the parameter that it names',
      400,
      openai('Unsupported value', { param: 'response_format', code: 'unsupported_value' }),
      PLAIN_FORM,
    ],
    [
      'in a list of places',
      422,
      { detail: [{ loc: ['body', 'max_completion_tokens'], msg: 'Extra inputs are not permitted' }] },
      { maxTokensField: 'max_tokens' },
    ],
    [
      'behind a gateway',
      400,
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: '{"error":{"message":"This model does not support image input"}}' },
        },
      },
      BLIND,
    ],
    ['in its code', 400, openai('no', { code: 'invalid_function_parameters' }), PLAIN_SCHEMAS],
    ['to Google', 400, google(400, 'INVALID_ARGUMENT', 'Unable to process input image.'), { images: false }],
    [
      'in the shape of Anthropic',
      400,
      messages('invalid_request_error', 'max_tokens: 64000 > 8192, which is the maximum'),
      { maxTokens: 8192 },
    ],
    ['as trouble of its own', 500, { error: { message: 'image input is not supported' } }, BLIND],
  ])('%s', (_where, status, body, amendment) => {
    const failure = explained(status, body);
    expect([shown(failure.amend), failure.kind === 'server_error']).toEqual([amendment, false]);
  });

  test.each([
    ['the temperature', 'The temperature in the garden is too high'],
    ['a tool_choice', 'tool_choice and the rest of it were understood'],
    ['thinking', 'thinking takes too long'],
  ])('but not where it only names %s, whatever its type is called', (_what, message) => {
    for (const type of ['invalid_request_error', 'unknown_error'])
      expect(explained(400, { error: { message, type } }).amend).toBeUndefined();
  });

  test.each([
    ['a key', 401, 'Invalid API key: image input is not supported'],
    ['money', 402, 'Insufficient credits: image input is not supported'],
    ['a limit', 429, 'Rate limit of image input: not supported'],
    ['an overload', 529, 'Overloaded: image input is not supported'],
  ])('but not of %s', (_what, status, message) => {
    expect(explained(status, openai(message)).amend).toBeUndefined();
  });
});
