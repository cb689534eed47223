/** What a refusal says, as it goes into logs, `status` and the final error. */
import { describe, expect, test } from 'bun:test';
import { discreet } from '../../src/wire/errors/discreet.ts';
import { explained, openai } from '../support/refusals.ts';

const PLAN = 'my secret plan';

describe('has no part of', () => {
  test.each<[what: string, body: unknown, never: string[]]>([
    ['a key', openai('Incorrect API key provided: sk-proj-abcDEF123456. Find yours…'), ['abcDEF', '123456']],
    ["a key of Groq's", openai('Invalid key gsk_Ab12Cd34Ef56'), ['Ab12']],
    ["a key of Google's", openai('API key AIzaSyA1234567890abcdef is not valid'), ['A1234567']],
    ["a key of Amazon's", { message: 'The token AKIAIOSFODNN7EXAMPLE is wrong' }, ['IOSFODNN7']],
    ["a key of Bedrock's", { message: 'bad key ABSKQmVkcm9ja0FQSUtleS1hYmM=' }, ['QmVkcm9j']],
    ["a token of Google's", { message: 'ya29.a0AfH6SMBx-yz is no token' }, ['a0AfH6']],
    [
      'a key that is half random',
      openai('key 0123456789abcdef0123456789abcdef.AbCdEf0123456789 is wrong'),
      ['AbCdEf', '0123456789'],
    ],
    [
      'a key that was masked',
      openai('Incorrect API key provided: gsk_ab****************wxyz'),
      ['wxyz', 'gsk_ab'],
    ],
    ['the ends of a key', openai('Your api key: ****2345 is invalid'), ['2345']],
    [
      'the ends of a key, with words between',
      openai('API Key = sk-...wxyz, Hash =0123456789abcdef0123456789abcdef'),
      ['wxyz', '0123456789'],
    ],
    ['the ends of a short key', openai('Incorrect API key provided: xa***7k.'), ['7k']],
    ['a key in other signs', openai('The key ••••••••wxyz is wrong'), ['wxyz']],
    ['a bearer token', { message: 'bad header Authorization: Bearer abc.def.ghi' }, ['abc.def']],
    ['another header', { message: 'bad header x-api-key: short1 and api-key=short2!' }, ['short1', 'short2']],
    ['a basic credential', { message: 'bad header authorization: basic dXNlcjpwYXNz' }, ['dXNlcj']],
    [
      'a signed token',
      { message: 'expired: eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl' },
      ['hbGci', 'zdWIi', 'c2lnb'],
    ],
    ['a key in an address', { message: 'POST https://x.test/v1?key=abcdef12&alt=sse failed' }, ['abcdef12']],
    [
      'a password in an address',
      { message: 'no route to https://rose:thorn5@x.test/v1' },
      ['thorn5', 'rose:'],
    ],
    ['a password', { message: 'password: thorn5thorn is wrong' }, ['thorn5']],
    ['a long random run', { error: 'token 9f8e7d6c5b4a39281706f5e4d3c2b1a0ffee is wrong' }, ['9f8e7d6c']],
    ['an organisation', openai('Rate limit reached in organization org-AbCdEf123456 on tokens'), ['AbCdEf']],
    ['a project', openai('Project proj_Ab12Cd34 has no access'), ['Ab12Cd']],
    ['an account', { message: 'User arn:aws:iam::123456789012:user/x is not authorized' }, ['123456789012']],
    [
      'an address of a person',
      { message: 'The account rose@garden.test is not active' },
      ['rose@', 'garden.test'],
    ],
    ['a quotation of the request', openai(`Could not parse "${`${PLAN} `.repeat(9)}"`), [PLAN]],
    [
      'a quotation that is longer than what is read',
      openai(`Could not parse "${`${PLAN} `.repeat(200)}"`),
      [PLAN],
    ],
    ['a quotation with another in it', openai(`Could not parse "${`${PLAN} 'x' `.repeat(9)}"`), [PLAN]],
    ['a quotation in Python', openai(`Could not parse b'it's ${`${PLAN} `.repeat(9)}'`), [PLAN]],
    ['a request that is quoted as JSON', openai(`Bad: {"messages":[{"content":"${PLAN}"}]}`), [PLAN]],
    ['a request that is quoted as a list', openai(`Bad: [{'role': 'user', 'content': '${PLAN}'}]`), [PLAN]],
    ['the input of a validation', { detail: [{ loc: ['body'], msg: 'wrong type', input: PLAN }] }, [PLAN]],
    [
      'the raw error of a provider',
      { error: { message: 'x', metadata: { raw: PLAN, flagged_input: PLAN } } },
      [PLAN],
    ],
    ['the details of an error', { error: { message: 'x', details: PLAN, param: PLAN } }, [PLAN]],
    [
      'what a model wrote',
      { error: { message: 'x', code: 'tool_use_failed', failed_generation: PLAN } },
      [PLAN],
    ],
    ['a call that a model wrote', { error: `error parsing tool call: raw='${PLAN}', err=x` }, [PLAN]],
    ['a page', `<html><title>Oops</title>${PLAN}</html>`, [PLAN, '<']],
    ['a page in an error', { error: { message: `<html><title>Oops</title>${PLAN}</html>` } }, [PLAN, '<']],
    [
      'markup',
      { error: { message: '<b>It</b> is <a href="https://x.test">closed</a><br/>' } },
      ['<', 'href'],
    ],
    ['words of whatever stands before it', `upstream connect error: ${PLAN}`, [PLAN]],
  ])('%s', (_what, body, never) => {
    const { message } = explained(400, body);
    for (const part of never) expect(message).not.toContain(part);
    expect(message).toContain('400');
  });
});

test.each([
  "details: <At path 'properties.bed': type is not defined>",
  '<400> InternalError.Algo.InvalidParameter: no',
  'max_tokens is too large: 64000. This model supports at most 16384 completion tokens',
  'Input token: 1200000 exceeds the limit',
  "Unknown parameter: 'stream_options'.",
  'thinking.signature: Field required',
  'The model `openai/gpt-oss-120b` does not exist',
  "Invalid 'tools[0].function.description': string too long.",
  // What stands between two quotations, or two apostrophes, is none.
  'input length and `max_tokens` exceed the limit: 188240 + 21333 > 200000, decrease input length or `max_tokens`',
  'The field "stop" is not understood by this server in requests that have tools as well, nor is the field "top_k"',
  "The model's answer would be longer than what the server has room for, and the server doesn't say so any sooner",
])('what is no secret stays: %s', (message) => {
  expect(discreet(message)).toBe(message);
});

test('and is short, and in one line', () => {
  const { message } = explained(400, openai('much to say.\n'.repeat(500)));
  expect(message.length).toBeLessThan(320);
  expect(message).not.toContain('\n');
});
