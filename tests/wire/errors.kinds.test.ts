/** What every kind of refusal is that a backup answers with. */
import { describe, expect, test } from 'bun:test';
import type { FailureKind } from '../../src/core/failure.ts';
import { PROVIDER_REFUSALS } from '../support/provider-refusals.ts';
import { explained, openai } from '../support/refusals.ts';

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
      'too_long',
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
    const failure = explained(status, body);
    expect(failure.kind).toBe(kind);
    expect(failure.status).toBe(status >= 400 ? status : undefined);
    expect(failure.message).not.toBe('');
  });
});

describe('in the words of each provider', () => {
  test.each([...PROVIDER_REFUSALS])('%s', (_who, status, body, kind, headers) => {
    const failure = explained(status, body, headers);
    expect([failure.kind, failure.message]).toEqual([kind, expect.stringMatching(/./)]);
  });

  test('a call that a model got wrong is not repeated: it is what the model said', () => {
    const said = { message: "error parsing tool call: raw='I water the roses', err=x" };
    expect(explained(500, { error: said }).message).toBe(
      '500: the model wrote a call that its server could not read',
    );
  });
});
