/** Names that stand for credentials. */
import { describe, expect, test } from 'bun:test';
import { headerAuth } from '../../src/auth/header.ts';
import { credentialNames } from '../../src/proxy/credential-names.ts';
import { backup, primary } from '../support/relay.ts';

const KEY = 'sk-ant-a-very-secret-key';
const from = (headers: Record<string, string>) => ({ headers: new Headers(headers) });
const nobody = from({});
const client = from({ 'x-api-key': KEY });
const other = from({ 'x-api-key': 'another' });
const names = credentialNames('salt');

describe('the client’s own', () => {
  const anthropic = primary();

  test('the same credential has the same name, another one another', () => {
    const name = names.of(anthropic, client);
    expect(names.of(anthropic, from({ 'x-api-key': KEY, 'user-agent': 'x' }))).toBe(name ?? 'none');
    expect(names.of(anthropic, other)).not.toBe(name);
    expect(names.of(anthropic, from({ authorization: `Bearer ${KEY}` }))).not.toBe(name);
    expect(names.of(primary({ name: 'again' }), client)).toBe(name ?? 'none');
  });

  test('asked once more for the same request it is the same, for each of several upstreams', () => {
    const mine = backup();
    const first = [names.of(anthropic, client), names.of(mine, client)];
    expect([names.of(anthropic, client), names.of(mine, client)]).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });

  test('none is sent: no name, also the second time', () => {
    expect([names.of(anthropic, nobody), names.of(anthropic, nobody), names.own(anthropic)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test('where the client has none, it is ccproxy’s', () => {
    const both = primary({ ownKey: 'own' });
    const own = names.own(both);
    expect(own).not.toBeNull();
    expect(names.of(both, from({ 'x-api-key': 'NOT_NEEDED' }))).toBe(own ?? 'none');
    expect(names.of(both, nobody)).toBe(own ?? 'none');
    expect(names.of(both, client)).not.toBe(own);
  });
});

describe('ccproxy’s own', () => {
  test('is the same for every client, and for the prober', () => {
    const mine = backup();
    const own = names.own(mine);
    expect(own).not.toBeNull();
    expect([names.of(mine, client), names.of(mine, other), names.of(mine, nobody)]).toEqual([own, own, own]);
    expect(names.of(primary({ mode: 'own', ownKey: 'k' }), client)).toBe(
      names.of(primary({ mode: 'own', ownKey: 'k' }), other) ?? 'none',
    );
  });

  test('what a client sends makes no difference, whatever the upstream does with it', () => {
    const echo = backup({
      auth(headers, { headers: theirs }) {
        headers.set('x-api-key', theirs.get('x-api-key') ?? 'none');
        return headers;
      },
    });
    expect(names.of(echo, client)).toBe(names.of(echo, other) ?? 'none');
  });

  test('another key is another name, no key is none', () => {
    const ownOf = (key?: string) => names.own(backup({ auth: headerAuth(key, 'x-api-key') }));
    expect(ownOf('one')).not.toBe(ownOf('two'));
    expect(ownOf()).toBeNull();
  });
});

test('a name reveals nothing, and is another one with another salt', () => {
  const name = names.of(primary(), client) ?? '';
  expect(name).toMatch(/^[0-9a-f]{16}$/);
  expect(credentialNames('salt').of(primary(), client)).toBe(name);
  expect(credentialNames('other salt').of(primary(), client)).not.toBe(name);
});

test('two headers are told from one that has both their values', () => {
  const split = names.of(primary(), from({ 'x-api-key': 'a', authorization: 'Bearer b' }));
  expect(split).not.toBe(names.of(primary(), from({ 'x-api-key': 'b', authorization: 'Bearer a' })));
});
