/** Whose credential goes where. */
import { describe, expect, test } from 'bun:test';
import { bearerToken, clientCredentials } from '../../src/auth/credential.ts';
import { headerAuth } from '../../src/auth/header.ts';
import { passthroughAuth } from '../../src/auth/passthrough.ts';
import type { Inbound } from '../../src/core/upstream.ts';
import { rejectedCredentials } from '../../src/proxy/rejected.ts';
import { asking } from '../support/relay.ts';

const coming = (headers: Record<string, string>): Inbound =>
  asking({ headers: { 'x-api-key': '', ...headers } });
const BETAS = 'claude-code-20250219,oauth-2025-04-20, context-1m';

/** The headers that go out, as an object; null when there is no credential to send. */
function sent(
  auth: ReturnType<typeof headerAuth>,
  headers: Record<string, string>,
  beta: string | null = BETAS,
) {
  const outgoing = new Headers({ accept: 'x', ...(beta === null ? {} : { 'anthropic-beta': beta }) });
  const result = auth(outgoing, coming(headers));
  return result === null ? null : Object.fromEntries(result);
}

describe('a Bearer token', () => {
  test.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer', null],
    ['Bearer ', null],
    ['Basic abc', null],
    ['', null],
  ])('of %p is %p', (authorization, expected) => {
    expect(bearerToken(new Headers({ authorization }))).toBe(expected);
  });
});

describe("the client's credentials", () => {
  test.each([
    [{}, []],
    [{ 'x-api-key': 'k' }, ['api-key k']],
    [{ authorization: 'Bearer t' }, ['bearer t']],
    [{ 'x-api-key': 'k', authorization: 'Bearer k' }, ['api-key k', 'bearer k']],
    [{ 'x-api-key': 'NOT_NEEDED', authorization: 'Bearer NOT_NEEDED' }, []],
    [{ 'x-api-key': ' NOT_NEEDED ', authorization: 'Bearer  NOT_NEEDED' }, []],
    [{ 'x-api-key': 'NOT_NEEDED', authorization: 'Bearer t' }, ['bearer t']],
    [{ 'x-api-key': '  ' }, []],
  ])('of %p are %p', (headers, expected) => {
    const found = clientCredentials(new Headers(headers)).map(({ kind, value }) => `${kind} ${value}`);
    expect(found).toEqual(expected);
  });
});

describe('Anthropic gets', () => {
  const client = passthroughAuth({ mode: 'client', ownKey: 'own' });
  const rest = { accept: 'x', 'anthropic-beta': BETAS };
  const owned = { accept: 'x', 'anthropic-beta': 'claude-code-20250219, context-1m', 'x-api-key': 'own' };

  test.each([
    ["the client's key", client, { 'x-api-key': 'k' }, { ...rest, 'x-api-key': 'k' }],
    ["the client's token", client, { authorization: 'Bearer t' }, { ...rest, authorization: 'Bearer t' }],
    [
      'both where the client sends both',
      client,
      { 'x-api-key': 'k', authorization: 'Bearer k' },
      { ...rest, 'x-api-key': 'k', authorization: 'Bearer k' },
    ],
    [
      'the token alone where the key is the placeholder',
      client,
      { 'x-api-key': 'NOT_NEEDED', authorization: 'Bearer t' },
      { ...rest, authorization: 'Bearer t' },
    ],
    ["ccproxy's key, without the beta of a login, where there is none", client, {}, owned],
    ['the same for the placeholder', client, { authorization: 'Bearer NOT_NEEDED' }, owned],
    [
      'the same always, where it is configured so',
      passthroughAuth({ mode: 'own', ownKey: 'own' }),
      { 'x-api-key': 'k', authorization: 'Bearer t' },
      owned,
    ],
    [
      'nothing where there is nothing to send',
      passthroughAuth({ mode: 'client' }),
      { 'x-api-key': 'NOT_NEEDED' },
      null,
    ],
    ['nothing where its own is missing', passthroughAuth({ mode: 'own' }), { 'x-api-key': 'k' }, null],
  ])('%s', (_, auth, headers, expected) => {
    expect(sent(auth, headers)).toEqual(expected);
  });

  test.each([
    ['oauth-2025-04-20', undefined],
    [null, undefined],
    ['a,oauth-2025-04-20', 'a'],
    ['oauth-2025-04-20-x', 'oauth-2025-04-20-x'],
  ])("of the betas %p with ccproxy's key %p", (beta, expected) => {
    expect(sent(client, {}, beta)?.['anthropic-beta']).toBe(expected);
  });
});

describe('another upstream gets', () => {
  test.each([
    ['a Bearer token', headerAuth('k', 'authorization'), { authorization: 'Bearer k' }],
    ['the same, however it is spelt', headerAuth('k', 'Authorization'), { authorization: 'Bearer k' }],
    ['its key as it is in any other header', headerAuth('k', 'x-goog-api-key'), { 'x-goog-api-key': 'k' }],
    ['nothing without a key', headerAuth(undefined, 'authorization'), {}],
  ])("%s, and nothing of the client's", (_, auth, expected) => {
    expect(sent(auth, { 'x-api-key': 'client', authorization: 'Bearer client' }, null)).toEqual({
      accept: 'x',
      ...expected,
    });
  });
});

describe('rejected credentials', () => {
  const of = (headers: Record<string, string>) => new Headers(headers);
  const TOKEN = of({ authorization: 'Bearer t' });

  test('are known for five minutes from the first rejection', () => {
    const rejected = rejectedCredentials('salt');
    expect(rejected.knows(TOKEN, 0)).toBe(false);
    expect([rejected.note(TOKEN, 0), rejected.note(TOKEN, 200_000)]).toEqual([true, false]);
    expect([rejected.knows(TOKEN, 300_000), rejected.knows(TOKEN, 300_001)]).toEqual([true, false]);
    expect(rejected.note(TOKEN, 300_001)).toBe(true);
  });

  test('are told apart by value and by kind', () => {
    const rejected = rejectedCredentials('salt');
    rejected.note(TOKEN, 0);
    expect(rejected.knows(of({ authorization: 'Bearer u' }), 0)).toBe(false);
    expect(rejected.knows(of({ 'x-api-key': 't' }), 0)).toBe(false);
    expect(rejected.knows(of({ 'x-api-key': 'new', authorization: 'Bearer t' }), 0)).toBe(true);
  });

  test('the placeholder and nothing at all are none', () => {
    const rejected = rejectedCredentials('salt');
    for (const headers of [of({}), of({ 'x-api-key': 'NOT_NEEDED' })]) {
      expect([rejected.note(headers, 0), rejected.knows(headers, 0)]).toEqual([false, false]);
    }
  });

  test('of many the newest thousand are known', () => {
    const rejected = rejectedCredentials('salt');
    for (let at = 0; at <= 1000; at += 1) rejected.note(of({ 'x-api-key': `k${at}` }), at);
    expect(rejected.knows(of({ 'x-api-key': 'k0' }), 1000)).toBe(false);
    expect(rejected.knows(of({ 'x-api-key': 'k1' }), 1000)).toBe(true);
  });
});
