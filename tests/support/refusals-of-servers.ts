/** Refusals of servers of one's own, and of copies of Anthropic's, and what they are. */
import { code, messages, type Row, vllm } from './refusals.ts';

export const LOCAL: readonly Row[] = [
  ['Ollama: a model', 404, messages('not_found_error', "model 'x' not found"), 'no_such_model'],
  [
    'Ollama: a model, in its own shape',
    404,
    { error: "model 'x' not found, try pulling it first" },
    'no_such_model',
  ],
  [
    'llama.cpp: a template',
    500,
    { error: { code: 500, message: 'Jinja Exception: Unexpected role order', type: 'server_error' } },
    'unsupported',
  ],
  [
    'vLLM: a template',
    400,
    vllm('Conversation roles must alternate user/assistant/user/assistant/...', 'BadRequestError', 400),
    'unsupported',
  ],
  [
    'llama.cpp: no templates for tools',
    500,
    { error: { code: 500, message: 'tools param requires --jinja flag', type: 'server_error' } },
    'unsupported',
  ],
  [
    'Ollama: no tools',
    400,
    messages('invalid_request_error', 'library/x:latest does not support tools'),
    'unsupported',
  ],
  [
    'Ollama: too many',
    503,
    { error: 'server busy, please try again. maximum pending requests exceeded' },
    'overloaded',
  ],
  [
    'Ollama: no memory',
    500,
    { error: 'model requires more system memory (9.1 GiB) than is available (3.2 GiB)' },
    'server_error',
  ],
  [
    'Ollama: a call that it cannot read',
    500,
    messages('api_error', 'error parsing tool call: raw=\'{"bed":""1}\', err=invalid character'),
    'fumbled',
  ],
  [
    'Ollama: another parser',
    500,
    { error: 'XML syntax error on line 35: element <parameter> closed by </function>' },
    'fumbled',
  ],
  ['Ollama: no such path', 404, '404 page not found', 'no_such_model'],
  [
    'Ollama: a plan that is used up',
    429,
    { error: "you've reached your hourly usage limit, please upgrade" },
    'exhausted',
  ],
  [
    'llama.cpp: still loading',
    503,
    { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
    'server_error',
  ],
  [
    'llama.cpp: a key',
    401,
    { error: { code: 401, message: 'Invalid API Key', type: 'authentication_error' } },
    'unauthorized',
  ],
  [
    'llama.cpp: no such path',
    404,
    { error: { code: 404, message: 'File Not Found', type: 'not_found_error' } },
    'misdirected',
  ],
  [
    'llama.cpp: a call that it cannot read',
    500,
    { error: { code: 500, message: 'Failed to parse input at pos 12: <tool_call>', type: 'server_error' } },
    'fumbled',
  ],
  [
    'llama.cpp: no tools',
    501,
    { error: { code: 501, message: 'tools param requires --jinja flag', type: 'not_supported_error' } },
    'unsupported',
  ],
  [
    'llama.cpp: too long',
    400,
    {
      error: {
        code: 400,
        message: 'the request exceeds the available context size, try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9001,
        n_ctx: 4096,
      },
    },
    'too_long',
  ],
  [
    'LM Studio: no model',
    404,
    code(
      'No models loaded. Please load a model in the developer page.',
      'model_not_found',
      'invalid_request_error',
    ),
    'no_such_model',
  ],
  [
    'LM Studio: no such path',
    400,
    { error: 'Unexpected endpoint or method. (POST /v1/messages)' },
    'misdirected',
  ],
  ['vLLM: a model', 404, vllm('The model `x` does not exist.', 'NotFoundError', 404), 'no_such_model'],
  ['vLLM: no such path, or anything', 404, { detail: 'Not Found' }, 'no_such_model'],
  ['vLLM: no key', 401, { error: 'Unauthorized' }, 'unauthorized'],
  ['vLLM: dead', 500, vllm('EngineCore encountered an issue.', 'InternalServerError', 500), 'server_error'],
  [
    'vLLM: no parser for calls',
    400,
    vllm(
      '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
      'BadRequestError',
      400,
    ),
    'rejected',
  ],
  ['a copy of Anthropic: a model', 404, messages('not_found_error', 'model: claude-x'), 'no_such_model'],
  ['a copy of Anthropic: an overload', 529, messages('overloaded_error', 'Overloaded'), 'overloaded'],
  [
    'a copy of Anthropic: no money',
    400,
    messages('invalid_request_error', 'Your credit balance is too low to access the API.'),
    'exhausted',
  ],
];
