/** How an answer went, as MiniMax tells it beside whatever else it says. */
import { expect, test } from 'bun:test';
import type { FailureKind } from '../../src/core/failure.ts';
import { badResp } from '../../src/wire/errors/base-resp.ts';
import { explained } from '../support/refusals.ts';

const told = (code: unknown, words: unknown = 'x') => ({
  id: '06a',
  choices: null,
  base_resp: { status_code: code, status_msg: words },
});

test.each<[code: number, words: string, kind: FailureKind]>([
  [1000, 'unknown error', 'server_error'],
  [1001, 'request timeout', 'server_error'],
  [1002, 'rate limit', 'rate_limited'],
  [1004, 'login fail: Please carry the API secret key', 'unauthorized'],
  [1008, 'insufficient balance', 'exhausted'],
  [1013, 'internal error', 'server_error'],
  [1024, 'internal error', 'server_error'],
  [1026, 'input new_sensitive', 'rejected'],
  [1027, 'output new_sensitive', 'rejected'],
  [1033, 'system error', 'server_error'],
  [1039, 'token limit', 'rate_limited'],
  [1041, 'conn limit', 'rate_limited'],
  [1042, 'invisible character ratio limit', 'rejected'],
  [2013, 'invalid params', 'rejected'],
  [2013, 'invalid params, context window exceeds limit', 'too_long'],
  [2045, 'rate growth limit', 'rate_limited'],
  [2049, 'invalid api key', 'unauthorized'],
  [2056, 'usage limit exceeded', 'exhausted'],
  [4711, 'of next year', 'server_error'],
])('%d, %s: %s', (code, words, kind) => {
  const failure = explained(200, told(code, words));
  expect([failure.kind, failure.message.includes(String(code))]).toEqual([kind, true]);
});

test('its words are told', () => {
  expect(explained(200, told(1024, 'internal error')).message).toBe('500: internal error (1024)');
});

test.each([told(0, ''), told('0'), told(null), told('x'), told(undefined), { base_resp: 'x' }, {}])(
  'went well: %j',
  (answer) => {
    expect(badResp(answer)).toBeUndefined();
  },
);

test.each([
  [500, { type: 'error', error: { type: 'api_error', message: 'insufficient balance (1008)' } }],
  [
    429,
    {
      error: { http_code: '429', message: 'insufficient balance (1008)', type: 'insufficient_balance_error' },
    },
  ],
])('no money, said with %d', (status, body) => {
  expect(explained(status, body).kind).toBe('exhausted');
});
