/** Refusals of gateways, which repeat those of others, and what they are. */
import { openai, type Row } from './refusals.ts';

const openrouter = (value: number, message: string, metadata: object = {}) => ({
  error: { message, code: value, metadata },
  user_id: 'user_2aBcDeFgHiJk',
});
/** OpenRouter's error for one of a provider behind it. */
const raw = (value: number, inner: unknown) =>
  openrouter(value, 'Provider returned error', {
    raw: typeof inner === 'string' ? inner : JSON.stringify(inner),
    provider_name: 'Acme',
  });
const litellm = (value: number, message: string, type: string | null = null) => ({
  error: { message, type, param: null, code: String(value) },
});

export const GATEWAYS: readonly Row[] = [
  ['OpenRouter: no key', 401, openrouter(401, 'No auth credentials found'), 'unauthorized'],
  [
    'OpenRouter: no money',
    402,
    openrouter(
      402,
      'This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 2310.',
    ),
    'exhausted',
  ],
  [
    'OpenRouter: moderation',
    403,
    openrouter(403, 'acme/x requires moderation on Acme. Your input was flagged for "harassment".', {
      reasons: ['harassment'],
      flagged_input: 'the garden',
    }),
    'rejected',
  ],
  [
    'OpenRouter: the limit of a key',
    403,
    openrouter(403, 'Key limit exceeded (monthly limit).'),
    'exhausted',
  ],
  [
    'OpenRouter: nobody has it',
    404,
    openrouter(404, 'No allowed providers are available for the selected model.'),
    'no_such_model',
  ],
  [
    'OpenRouter: nobody has tools',
    404,
    openrouter(404, 'No endpoints found that support tool use.'),
    'unsupported',
  ],
  ['OpenRouter: too slow', 408, openrouter(408, 'Request timed out'), 'transient'],
  ['OpenRouter: a limit', 429, openrouter(429, 'Rate limit exceeded: free-models-per-min.'), 'rate_limited'],
  [
    'OpenRouter: a limit behind it',
    429,
    raw(429, 'acme/x is temporarily rate-limited upstream. Please retry shortly.'),
    'rate_limited',
  ],
  [
    'OpenRouter: an overload behind it',
    502,
    raw(502, { error: { message: 'Overloaded', type: 'overloaded_error' } }),
    'overloaded',
  ],
  [
    'OpenRouter: too long behind it',
    400,
    raw(
      400,
      openai(
        "This model's maximum context length is 1024 tokens. However, your messages resulted in 2048 tokens.",
      ),
    ),
    'too_long',
  ],
  ['OpenRouter: a refusal behind it', 400, raw(400, openai("Invalid 'messages[0].content'.")), 'rejected'],
  ['OpenRouter: no provider', 503, openrouter(503, 'No instances available'), 'server_error'],
  [
    'OpenRouter as Anthropic',
    429,
    {
      type: 'error',
      error: { type: 'rate_limit_error', message: 'Provider returned error' },
      openrouter_metadata: {},
    },
    'rate_limited',
  ],
  [
    'LiteLLM: a key',
    401,
    litellm(
      401,
      'Authentication Error, Invalid proxy server token passed. Received API Key = sk-...wxyz, Key Hash (Token) =0123456789abcdef0123456789abcdef01234567',
      'token_not_found_in_db',
    ),
    'unauthorized',
  ],
  [
    'LiteLLM: a budget',
    400,
    litellm(400, 'Budget has been exceeded! Current cost: 21.3, Max budget: 20.0', 'budget_exceeded'),
    'exhausted',
  ],
  [
    'LiteLLM: a model',
    400,
    litellm(
      400,
      'litellm.BadRequestError: Invalid model name passed in model=claude-x. Call `/v1/models` to view available models for your key.',
    ),
    'no_such_model',
  ],
  [
    'LiteLLM: a limit',
    429,
    litellm(
      429,
      'No deployments available for selected model, Try again in 5 seconds. Passed model=claude-x.',
    ),
    'rate_limited',
  ],
  [
    'LiteLLM: an overload',
    500,
    litellm(
      500,
      'litellm.InternalServerError: AnthropicException - {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}. Received Model Group=claude-x',
    ),
    'overloaded',
  ],
  [
    'LiteLLM: too long',
    400,
    litellm(
      400,
      "litellm.ContextWindowExceededError: litellm.BadRequestError: Hosted_vllmException - {'message': 'too much'}",
    ),
    'too_long',
  ],
  [
    'Bedrock: throttled',
    429,
    { message: 'Too many tokens, please wait before trying again.' },
    'rate_limited',
    { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/' },
  ],
  [
    'Bedrock: no right',
    403,
    { message: 'User: arn:aws:iam::123456789012:user/x is not authorized to perform: bedrock:InvokeModel' },
    'forbidden',
    { 'x-amzn-errortype': 'AccessDeniedException' },
  ],
  [
    'Bedrock: the model failed',
    424,
    { message: 'The model failed.', __type: 'com.amazonaws#ModelErrorException' },
    'server_error',
  ],
  [
    'Bedrock: by its header alone, inside 200',
    200,
    { message: 'no' },
    'rate_limited',
    { 'x-amzn-errortype': 'ThrottlingException' },
  ],
  [
    'Cloudflare',
    400,
    {
      errors: [
        {
          message:
            'AiError: AiError: {"object":"error","message":"Requested token count exceeds the model\'s maximum context length of 1024 tokens. You requested a total of 2112 tokens: 2048 tokens from the input messages and 64 tokens for the completion."} (82a0)',
          code: 8007,
        },
      ],
      success: false,
      result: {},
      messages: [],
    },
    'too_long',
  ],
];
