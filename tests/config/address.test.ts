import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseAddress } from '../../src/config/address.ts';
import { isLoopback } from '../../src/core/loopback.ts';

describe('a base URL', () => {
  test.each([
    ['https://api.groq.com/openai/v1', 'https://api.groq.com/openai/v1', undefined],
    ['https://api.groq.com/openai/v1/', 'https://api.groq.com/openai/v1', undefined],
    ['https://api.groq.com/openai', 'https://api.groq.com/openai/v1', undefined],
    ['https://api.groq.com/openai/v1///', 'https://api.groq.com/openai/v1', undefined],
    ['https://api.groq.com//openai//v1', 'https://api.groq.com/openai/v1', undefined],
    ['https://h', 'https://h/v1', undefined],
    ['https://h/', 'https://h/v1', undefined],
    ['https://h/v1', 'https://h/v1', undefined],
    ['https://h/v1/v1', 'https://h/v1', undefined],
    ['https://h/api/v1', 'https://h/api/v1', undefined],
    ['https://h/v4', 'https://h/v4', undefined],
    ['https://h/api/paas/v4', 'https://h/api/paas/v4', undefined],
    ['https://h/v1beta/openai', 'https://h/v1beta/openai', undefined],
    ['https://h/anthropic', 'https://h/anthropic/v1', undefined],
    ['https://h/v1/chat/completions', 'https://h/v1', 'openai-chat'],
    ['https://h/v1/chat/completions/', 'https://h/v1', 'openai-chat'],
    ['https://h/chat/completions', 'https://h', 'openai-chat'],
    ['https://h/api/paas/v4/chat/completions', 'https://h/api/paas/v4', 'openai-chat'],
    ['https://h/v1/messages', 'https://h/v1', 'anthropic'],
    ['https://h/v1/messages/', 'https://h/v1', 'anthropic'],
    ['https://h/v1/messages/count_tokens', 'https://h/v1', 'anthropic'],
    ['https://h/V1/Messages', 'https://h/V1', 'anthropic'],
    ['https://messages/v1', 'https://messages/v1', undefined],
    ['HTTPS://H.Example:443/v1', 'https://h.example/v1', undefined],
    ['  https://h/v1  ', 'https://h/v1', undefined],
    ['http://localhost:11434', 'http://localhost:11434/v1', undefined],
    ['http://[::1]:8080/v1/messages', 'http://[::1]:8080/v1', 'anthropic'],
    ['http://127.0.0.1:1/v1', 'http://127.0.0.1:1/v1', undefined],
  ])('%s is %s', (text, base, dialect) => {
    expect(parseAddress(text)).toEqual({ base, ...(dialect && { dialect }) } as ReturnType<
      typeof parseAddress
    >);
  });

  test.each([
    ['ftp://h/v1', 'not http or https', 'the scheme ftp'],
    ['file:///etc/passwd', 'not http or https', 'the scheme file'],
    ['h.example/v1', 'has no scheme', 'no http:// or https://'],
    ['localhost:11434', 'has no scheme', 'no http:// or https://'],
    ['not a url', 'not a URL', 'something else'],
    ['', 'not a URL', 'something else'],
    ['https://', 'not a URL', 'something else'],
    ['https://h:99999/v1', 'not a URL', 'something else'],
    ['https://user:pw@h/v1', 'holds a credential', 'a user name or password before the host'],
    ['https://user@h/v1', 'holds a credential', 'a user name or password before the host'],
    ['https://h/v1?api-version=1', 'has a query string', 'a ? in the URL'],
    ['https://h/v1?', 'has a query string', 'a ? in the URL'],
    ['https://h/v1#x', 'has a fragment', 'a # in the URL'],
    [
      'https://h/v1/responses',
      'the Responses API is not available in this version',
      'a path that ends in /responses',
    ],
  ])('%s is refused', (text, what, found) => {
    expect(parseAddress(text)).toMatchObject({ what, found, allowed: expect.any(String) });
  });

  test.each([
    ['http://h/v1', true],
    ['http://10.0.0.1/v1', true],
    ['http://localhost.evil.example/v1', true],
    ['https://h/v1', false],
    ['http://127.8.9.1/v1', false],
    ['http://[::1]/v1', false],
  ])('%s travels unencrypted: %p', (text, expected) => {
    expect('warning' in parseAddress(text)).toBe(expected);
  });

  test('is the same when it is understood twice, with an endpoint or without', () => {
    const segment = fc.stringMatching(/^[a-z]{1,6}$/).filter((text) => !/^(messages|responses)$/.test(text));
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 3 }),
        fc.constantFrom('v1', 'v4', 'v1beta'),
        (path, version) => {
          const base = ['https://host.example', ...path, version].join('/');
          for (const end of ['', '/', '/messages', '/chat/completions', '/messages/']) {
            expect(parseAddress(base + end)).toMatchObject({ base });
          }
        },
      ),
    );
  });
});

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.evil.example', false],
  ['evil.localhost', false],
  ['128.0.0.1', false],
])('%s is loopback: %p', (host, expected) => expect(isLoopback(host)).toBe(expected));
