import { describe, expect, test } from 'bun:test';
import type { FailureKind } from '../../src/core/failure.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';

const explain = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  openaiChat.explain(status, new Headers(headers), typeof body === 'string' ? body : JSON.stringify(body));
const openai = (message: string, more: object = {}) => ({
  error: { message, type: 'invalid_request_error', ...more },
});

describe('the kind of a refusal', () => {
  const CASES: [name: string, status: number, body: unknown, kind: FailureKind][] = [
    ['a bad request', 400, openai("Invalid value for 'messages'"), 'rejected'],
    ['an error that is a string', 400, { error: 'bad' }, 'rejected'],
    ['a message without an error', 422, { message: 'bad input', object: 'error' }, 'rejected'],
    [
      'a detail',
      422,
      { detail: [{ loc: ['body', 'n'], msg: 'field required', input: 'a secret' }] },
      'rejected',
    ],
    ['an empty body', 400, '', 'rejected'],
    ['a wrong key', 401, openai('Incorrect API key provided: sk-abcdef123456'), 'unauthorized'],
    ['no right', 403, { errors: [{ message: 'no access' }] }, 'forbidden'],
    ['a wrong key as 403', 403, openai('Invalid API key'), 'unauthorized'],
    ['a challenge', 403, '<!doctype html><title>Just a moment</title>', 'garbled'],
    [
      'a wrong key as 400',
      400,
      [{ error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }],
      'unauthorized',
    ],
    ['no money', 402, { error: { message: 'Insufficient credits', code: 402 } }, 'exhausted'],
    [
      'no quota as 429',
      429,
      openai('You exceeded your current quota, please check your plan and billing details.', {
        code: 'insufficient_quota',
      }),
      'exhausted',
    ],
    ['no balance as 400', 400, openai('Your credit balance is too low'), 'exhausted'],
    ['no balance as 403', 403, { message: 'insufficient balance' }, 'exhausted'],
    [
      'a limit per minute in the words of a quota',
      429,
      [
        {
          error: {
            code: 429,
            message: 'You exceeded your current quota.',
            status: 'RESOURCE_EXHAUSTED',
            details: [{ retryDelay: '34.4s' }],
          },
        },
      ],
      'rate_limited',
    ],
    ['too many requests', 429, openai('Rate limit reached'), 'rate_limited'],
    [
      'a limit per minute of Groq',
      429,
      openai(
        'Rate limit reached on tokens per minute (TPM): Limit 6000, Used 5900, Requested 800. Upgrade at https://example.test/settings/billing',
        { code: 'rate_limit_exceeded' },
      ),
      'rate_limited',
    ],
    [
      'a request above the limit per minute of Groq',
      413,
      openai('Request too large on tokens per minute (TPM): Limit 6000, Requested 80000.', {
        code: 'rate_limit_exceeded',
      }),
      'unsupported',
    ],
    ['too many requests, without words', 429, '', 'rate_limited'],
    [
      'an unknown model',
      404,
      openai('The model `x` does not exist', { code: 'model_not_found' }),
      'no_such_model',
    ],
    [
      'an unknown model as 400',
      400,
      { error: { message: 'acme/nothing is not a valid model ID: unknown model' } },
      'no_such_model',
    ],
    [
      'an unsupported parameter',
      400,
      openai("Unsupported parameter: 'max_tokens' is not supported with this model.", {
        code: 'unsupported_parameter',
      }),
      'unsupported',
    ],
    ['an unknown role', 400, openai('messages[1].role: unknown variant `system`'), 'unsupported'],
    ['an image for a text model', 400, openai('Model only support text input'), 'unsupported'],
    [
      'an output limit above the model',
      400,
      openai('max_tokens is too large: 64000. This model supports at most 16384 completion tokens'),
      'unsupported',
    ],
    [
      'an output limit that leaves no room',
      400,
      openai(
        "'max_tokens' is too large: 64000. This model's maximum context length is 32768 tokens and your request has 1200 input tokens (64000 > 32768 - 1200).",
      ),
      'unsupported',
    ],
    [
      'an output limit that leaves no room, in older words',
      400,
      openai(
        "This model's maximum context length is 16385 tokens. However, you requested 17000 tokens (1000 in the messages, 16000 in the completion).",
      ),
      'unsupported',
    ],
    ['no provider with tools', 404, openai('No endpoints found that support tool use.'), 'unsupported'],
    [
      'a prompt that is too long for Bedrock',
      400,
      { message: 'Input is too long for requested model.', __type: 'ValidationException' },
      'too_long',
    ],
    ['too large', 413, '', 'too_long'],
    ['a timeout', 408, '', 'transient'],
    ['a conflict', 409, openai('try again'), 'transient'],
    ['too early', 425, '', 'transient'],
    ['not implemented', 501, '', 'unsupported'],
    ['an HTML page', 502, '<html><head><title>502 Bad Gateway</title></head></html>', 'garbled'],
    ['a page that says too large', 413, '<html><title>413</title></html>', 'too_long'],
    ['an overload', 503, { error: { message: 'The model is overloaded. Try later.' } }, 'overloaded'],
    ['an overload of Groq', 498, '', 'overloaded'],
    ['an overload as 529', 529, '', 'overloaded'],
    ['plain trouble', 500, { message: 'internal', __type: 'InternalServerException' }, 'server_error'],
    ['an error with 200', 200, { error: { message: 'slow down', type: 'rate_limit_error' } }, 'rate_limited'],
    ['an error with 200 and a code', 200, { error: { message: 'upstream', code: 502 } }, 'server_error'],
    ['a redirect', 302, '', 'misdirected'],
    ['a redirect that says otherwise', 307, openai('busy', { type: 'rate_limit_error' }), 'misdirected'],
    ['a page with 200', 200, '<html></html>', 'misdirected'],
    ['a pace that is too quick', 429, openai('Slow down', { code: 'slow_down' }), 'rate_limited'],
    ['the same, formerly', 503, openai('Slow down', { code: 'slow_down' }), 'rate_limited'],
  ];

  test.each(CASES)('%s', (_name, status, body, kind) => {
    const failure = explain(status, body);
    expect(failure.kind).toBe(kind);
    expect(failure.status).toBe(status >= 400 ? status : undefined);
    expect(failure.message).not.toBe('');
  });
});

describe('a request that is too long', () => {
  const CASES: [
    name: string,
    status: number,
    message: string,
    tokens: { asked: number; limit: number } | undefined,
  ][] = [
    [
      'OpenAI',
      400,
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 150123 tokens. Please reduce the length of the messages.",
      { asked: 150123, limit: 128000 },
    ],
    [
      'vLLM',
      400,
      "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8500 in the messages, 500 in the completion).",
      { asked: 9000, limit: 8192 },
    ],
    [
      'OpenRouter',
      400,
      "This endpoint's maximum context length is 131,072 tokens. However, you requested about 140,500 tokens",
      { asked: 140500, limit: 131072 },
    ],
    ['Groq', 400, 'Please reduce the length of the messages or completion.', undefined],
    [
      'llama.cpp',
      400,
      'request (9001 tokens) exceeds the available context size (8192 tokens), try increasing it',
      { asked: 9001, limit: 8192 },
    ],
    [
      'Gemini',
      400,
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      { asked: 1200000, limit: 1048576 },
    ],
    [
      'Mistral',
      422,
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      { asked: 40000, limit: 32768 },
    ],
    [
      'a copy of Anthropic',
      400,
      'prompt is too long: 210000 tokens > 200000 maximum',
      { asked: 210000, limit: 200000 },
    ],
  ];

  test.each(CASES)('in the words of %s', (_name, status, message, tokens) => {
    const failure = explain(status, { error: { message } });
    expect(failure.kind).toBe('too_long');
    expect(failure.tokens).toEqual(tokens as { asked: number; limit: number });
  });
});

test('llama.cpp names its tokens in fields', () => {
  const error = {
    message: 'the request exceeds the available context size',
    n_prompt_tokens: 9001,
    n_ctx: 8192,
  };
  expect(explain(400, { error })).toMatchObject({ kind: 'too_long', tokens: { asked: 9001, limit: 8192 } });
});

describe('the wait that a body names', () => {
  const date = 'Thu, 05 Nov 2026 12:00:00 GMT';
  const now = Date.parse(date);
  const google = (message: string, retryDelay: string) => [
    { error: { code: 429, message, details: [{ '@type': 'x' }, { retryDelay }] } },
  ];
  const openrouter = (reset: number, message = 'Rate limit exceeded: free-models-per-day.') => ({
    error: {
      message,
      code: 429,
      metadata: { headers: { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(reset) } },
    },
  });
  const CASES: [name: string, headers: Record<string, string>, body: unknown, waitMs: number | undefined][] =
    [
      ['words', {}, openai('Rate limit reached. Please try again in 1m7.66s. Visit…'), 67_660],
      ['RetryInfo', {}, google('x', '34.4s'), 34_400],
      ['RetryInfo and words', {}, google('Please retry in 40s.', '34.4s'), 40_000],
      ['RetryInfo of half a day', {}, google('x', '35625s'), 35_625_000],
      [
        'RetryInfo where there is no quota at all',
        {},
        google('Quota exceeded, limit: 0, model: x', '46s'),
        undefined,
      ],
      ["OpenRouter's headers", { date }, openrouter(now + 90_000), 90_000],
      ["OpenRouter's headers without a clock", {}, openrouter(now + 90_000), undefined],
      ['nothing', { date }, '', undefined],
      ['headers, which are not its business', { date, 'retry-after': '30' }, '', undefined],
      ['a year', {}, google('x', '31536000s'), undefined],
    ];

  test.each(CASES)('%s', (_name, headers, body, waitMs) => {
    expect(explain(429, body, headers).waitMs).toBe(waitMs as number);
  });
});

describe('a message fit for logs', () => {
  const CASES: [name: string, body: unknown, never: string][] = [
    ['a key', openai('Incorrect API key provided: sk-proj-abcDEF123456. Find yours…'), 'abcDEF'],
    ['a masked key', openai('Incorrect API key provided: gsk_ab****************wxyz'), 'wxyz'],
    ['a bearer token', { message: 'bad header Authorization: Bearer abc.def.ghi' }, 'abc.def'],
    ['a long random run', { error: 'token 9f8e7d6c5b4a39281706f5e4d3c2b1a0ffee is wrong' }, '9f8e7d6c'],
    ['a quotation of the request', openai(`Could not parse "${'my secret plan '.repeat(9)}"`), 'secret plan'],
    [
      'the input of a validation',
      { detail: [{ loc: ['body'], msg: 'wrong type', input: 'my secret plan' }] },
      'secret',
    ],
    [
      'the raw error of a provider',
      { error: { message: 'x', metadata: { raw: 'my secret plan' } } },
      'secret',
    ],
    ['a page', `<html><title>Oops</title>${'secret '.repeat(100)}</html>`, 'secret'],
  ];

  test.each(CASES)('has no part of %s', (_name, body, never) => {
    expect(explain(400, body).message).not.toContain(never);
  });

  test('is short', () => {
    expect(explain(400, openai('much to say. '.repeat(500))).message.length).toBeLessThan(320);
  });
});
