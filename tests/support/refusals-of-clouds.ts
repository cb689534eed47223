/** Refusals of OpenAI, Azure and Groq, in the shape and with the words that each is known by, and what they are. */
import { code, openai, type Row } from './refusals.ts';

export const OPENAI: readonly Row[] = [
  ['OpenAI: a value', 400, openai("Invalid value for 'messages[3].name'."), 'rejected'],
  [
    'OpenAI: a key',
    401,
    openai('Incorrect API key provided: sk-ab****wxyz.', { code: 'invalid_api_key' }),
    'unauthorized',
  ],
  [
    'OpenAI: an organisation',
    401,
    openai('You must be a member of an organization to use the API.'),
    'unauthorized',
  ],
  [
    'OpenAI: a country',
    403,
    code(
      'Country, region, or territory not supported',
      'unsupported_country_region_territory',
      'request_forbidden',
    ),
    'forbidden',
  ],
  [
    'OpenAI: a model',
    404,
    code(
      'The model `gpt-x` does not exist or you do not have access to it.',
      'model_not_found',
      'invalid_request_error',
    ),
    'no_such_model',
  ],
  [
    'OpenAI: a path',
    404,
    code('Invalid URL (POST /v1/v1/chat/completions)', null, 'invalid_request_error'),
    'misdirected',
  ],
  [
    'OpenAI: no money',
    429,
    code(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
    ),
    'exhausted',
  ],
  [
    'OpenAI: a limit',
    429,
    code(
      'Rate limit reached for gpt-x in organization org-AbCdEf123456 on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.',
      'rate_limit_exceeded',
      'requests',
    ),
    'rate_limited',
  ],
  [
    'OpenAI: more than the limit',
    429,
    code(
      'Request too large for gpt-x in organization org-AbCdEf123456 on tokens per min (TPM): Limit 30000, Requested 45012. The input or output tokens must be reduced in order to run successfully.',
      'rate_limit_exceeded',
      'tokens',
    ),
    'too_long',
  ],
  [
    'OpenAI: its own trouble',
    500,
    code('The server had an error while processing your request. Sorry about that!', null, 'server_error'),
    'server_error',
  ],
  [
    'OpenAI: an overload',
    503,
    code('The engine is currently overloaded, please try again later', null, 'server_error'),
    'overloaded',
  ],
  [
    'Azure: a key',
    401,
    {
      error: { code: '401', message: 'Access denied due to invalid subscription key or wrong API endpoint.' },
    },
    'unauthorized',
  ],
  [
    'Azure: a deployment',
    404,
    {
      error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' },
    },
    'no_such_model',
  ],
  ['Azure: a path', 404, { error: { code: '404', message: 'Resource not found' } }, 'no_such_model'],
  [
    'Azure: a limit',
    429,
    {
      error: {
        code: '429',
        message:
          'Requests to the operation have exceeded the token rate limit of your pricing tier. Please retry after 20 seconds.',
      },
    },
    'rate_limited',
  ],
  [
    'Azure: a filter',
    400,
    {
      error: {
        message:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      },
    },
    'rejected',
  ],
];

export const GROQ: readonly Row[] = [
  ['Groq: a key', 401, code('Invalid API Key', 'invalid_api_key', 'invalid_request_error'), 'unauthorized'],
  ['Groq: no access', 403, { error: { message: 'Forbidden' } }, 'forbidden'],
  [
    'Groq: a model that is gone',
    400,
    code(
      'The model `llama-x` has been decommissioned and is no longer supported.',
      'model_decommissioned',
      'invalid_request_error',
    ),
    'no_such_model',
  ],
  [
    'Groq: more than the limit',
    413,
    code(
      'Request too large for model `x` in organization `org_01abcdef` on tokens per minute (TPM): Limit 6000, Requested 41230, please reduce your message size and try again.',
      'rate_limit_exceeded',
      'tokens',
    ),
    'too_long',
  ],
  [
    'Groq: a call that it cannot read',
    400,
    {
      error: {
        message:
          "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
        type: 'invalid_request_error',
        code: 'tool_use_failed',
        failed_generation: '<function=Water{"bed": 1}',
      },
    },
    'fumbled',
  ],
  [
    'Groq: a call of no tool',
    400,
    {
      error: {
        message: "tool call validation failed: attempted to call tool 'json' which was not in request.tools",
        type: 'invalid_request_error',
        code: 'tool_use_failed',
      },
    },
    'fumbled',
  ],
  [
    'Groq: JSON that it cannot read',
    400,
    {
      error: {
        message:
          "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
        type: 'invalid_request_error',
        code: 'json_validate_failed',
        failed_generation: '',
      },
    },
    'fumbled',
  ],
  [
    'Groq: an output that it cannot read',
    400,
    code(
      'Parsing failed. The model generated output that could not be parsed.',
      'output_parse_failed',
      'invalid_request_error',
    ),
    'fumbled',
  ],
  [
    'Groq: capacity',
    498,
    code('Flex tier capacity exceeded for model `x`.', 'capacity_exceeded'),
    'overloaded',
  ],
  [
    'Groq: an overload',
    503,
    code(
      'x is currently over capacity. Please try again and back off exponentially.',
      null,
      'internal_server_error',
    ),
    'overloaded',
  ],
];
