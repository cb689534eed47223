/** Refusals of other vendors of models, and what they are. */
import { code, google, type Row, vllm } from './refusals.ts';

export const OTHERS: readonly Row[] = [
  [
    'Gemini: a key',
    400,
    google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
    'unauthorized',
  ],
  [
    'Gemini: no right',
    403,
    google(
      403,
      'PERMISSION_DENIED',
      'Generative Language API has not been used in project 123456 before or it is disabled.',
    ),
    'forbidden',
  ],
  [
    'Gemini: a place',
    400,
    google(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
    'unsupported',
  ],
  [
    'Gemini: a model',
    404,
    google(404, 'NOT_FOUND', 'models/gemini-x is not found for API version v1main'),
    'no_such_model',
  ],
  [
    'Gemini: an overload',
    503,
    google(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
    'overloaded',
  ],
  [
    'Gemini: too slow',
    504,
    google(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'),
    'server_error',
  ],
  [
    'Gemini: its own trouble, too long',
    500,
    google(500, 'INTERNAL', 'An internal error has occurred. Your input context is too long.'),
    'too_long',
  ],
  ['Mistral: a key', 401, { detail: 'Unauthorized' }, 'unauthorized'],
  ['Mistral: a model', 400, vllm('Invalid model: mistral-x', 'invalid_model', 1500), 'no_such_model'],
  [
    'Mistral: a field',
    422,
    {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'top_a'],
          msg: 'Extra inputs are not permitted',
          input: 'the roses',
        },
      ],
    },
    'unsupported',
  ],
  ['Mistral: a limit', 429, { message: 'Requests rate limit exceeded' }, 'rate_limited'],
  [
    'Mistral: capacity',
    429,
    {
      object: 'error',
      message: 'Service tier capacity exceeded for this model.',
      type: 'service_tier_capacity_exceeded',
      param: null,
      code: '3505',
    },
    'overloaded',
  ],
  [
    'DeepSeek: a key',
    401,
    code(
      'Authentication Fails, Your api key: ****2345 is invalid',
      'invalid_request_error',
      'authentication_error',
    ),
    'unauthorized',
  ],
  [
    'DeepSeek: no money',
    402,
    code('Insufficient Balance', 'invalid_request_error', 'unknown_error'),
    'exhausted',
  ],
  [
    'DeepSeek: a field',
    422,
    code(
      'Failed to deserialize the JSON body into the target type: messages[1].role: unknown variant `critic`',
      'invalid_request_error',
    ),
    'unsupported',
  ],
  [
    'Moonshot: an overload',
    429,
    {
      error: {
        type: 'engine_overloaded_error',
        message: 'The engine is currently overloaded, please try again later',
      },
    },
    'overloaded',
  ],
  [
    'Moonshot: no money',
    429,
    {
      error: {
        type: 'exceeded_current_quota_error',
        message: 'Your account is not active, please check your plan.',
      },
    },
    'exhausted',
  ],
  [
    'Moonshot: a limit',
    429,
    {
      error: {
        type: 'rate_limit_reached_error',
        message: 'Your account reached max request limit. RPM: 3, please try again after 1 seconds',
      },
    },
    'rate_limited',
  ],
  [
    'Moonshot: a key',
    401,
    { error: { type: 'invalid_authentication_error', message: 'Invalid Authentication' } },
    'unauthorized',
  ],
  [
    'Moonshot: no right',
    403,
    { error: { type: 'permission_denied_error', message: 'The API you are accessing is not open' } },
    'forbidden',
  ],
  [
    'Z.ai: no money',
    429,
    { error: { code: '1113', message: '余额不足或无可用资源包,请充值。' } },
    'exhausted',
  ],
  [
    'Z.ai: an overload',
    429,
    { error: { code: '1305', message: '该模型当前访问量过大，请您稍后再试' } },
    'overloaded',
  ],
  [
    'Z.ai: a plan that is used up',
    429,
    {
      error: {
        code: '1308',
        message: 'Usage limit reached for 5 hour. Your limit will reset at 2026-01-05 20:00:00',
      },
    },
    'exhausted',
  ],
  ['Z.ai: too long', 400, { error: { code: '1261', message: 'Prompt 超长' } }, 'too_long'],
  ['Z.ai: a role', 400, { error: { code: '1214', message: 'Incorrect role information' } }, 'rejected'],
  [
    'Cerebras: a key',
    401,
    { message: 'Wrong API Key', type: 'invalid_request_error', param: 'api_key', code: 'wrong_api_key' },
    'unauthorized',
  ],
  [
    'Cerebras: a model',
    404,
    {
      message: 'Model x does not exist or you do not have access to it.',
      type: 'not_found_error',
      param: 'model',
      code: 'model_not_found',
    },
    'no_such_model',
  ],
  [
    'Cerebras: tokens of a day',
    429,
    {
      message: 'Tokens per day limit exceeded - too many tokens processed.',
      type: 'too_many_tokens_error',
      param: 'quota',
      code: 'token_quota_exceeded',
    },
    'rate_limited',
  ],
  [
    'Cerebras: traffic',
    429,
    {
      message: "We're experiencing high traffic right now! Please try again soon.",
      type: 'too_many_requests_error',
      param: 'queue',
      code: 'queue_exceeded',
    },
    'overloaded',
  ],
  [
    'xAI: a key',
    400,
    { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***7k.' },
    'unauthorized',
  ],
  [
    'xAI: no money',
    429,
    {
      code: 'Some resource has been exhausted',
      error: 'Your team has either used all available credits or reached its monthly spending limit.',
    },
    'exhausted',
  ],
  [
    'Fireworks: a model',
    404,
    {
      error: {
        object: 'error',
        type: 'invalid_request_error',
        code: 'NOT_FOUND',
        message: 'Model not found, inaccessible, and/or not deployed',
      },
    },
    'no_such_model',
  ],
  [
    'Together: no money',
    402,
    code('Credit limit exceeded, please navigate to your settings.', 'credit_limit'),
    'exhausted',
  ],
  [
    'Together: an overload',
    503,
    code('The server is overloaded or not ready yet.', 'overloaded'),
    'overloaded',
  ],
  [
    'Qwen: no money',
    400,
    {
      error: {
        message: 'Access denied, please make sure your account is in good standing.',
        type: 'Arrearage',
        code: 'Arrearage',
      },
      request_id: 'x',
    },
    'exhausted',
  ],
  [
    'Qwen: a filter',
    400,
    {
      error: {
        message: 'Input data may contain inappropriate content.',
        type: 'data_inspection_failed',
        code: 'data_inspection_failed',
      },
    },
    'rejected',
  ],
  [
    'Qwen: no tools',
    400,
    {
      error: {
        message: 'The tool call is not supported.',
        type: 'invalid_request_error',
        code: 'invalid_parameter_error',
      },
    },
    'unsupported',
  ],
  [
    'Qwen: a model',
    404,
    {
      error: {
        message: 'The model `qwen-x` does not exist or you do not have access to it.',
        type: 'invalid_request_error',
        code: 'model_not_found',
      },
    },
    'no_such_model',
  ],
];
