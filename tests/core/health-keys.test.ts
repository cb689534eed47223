/** What shares a breaker, and what does not. */
import { describe, expect, test } from 'bun:test';
import { type HealthKeys, healthKeys, isOf, modelOf, SCOPES } from '../../src/core/health-keys.ts';

const A = { name: 'a', base: 'https://api.one.test/v1' };
const ofA = healthKeys(A, 'k1', 'm1');

describe('what two requests share', () => {
  const ROWS: [sentence: string, other: HealthKeys, shared: (keyof HealthKeys)[]][] = [
    ['the same once more', healthKeys(A, 'k1', 'm1'), ['host', 'upstream', 'credential', 'model']],
    [
      'the same, configured anew',
      healthKeys({ ...A }, 'k1', 'm1'),
      ['host', 'upstream', 'credential', 'model'],
    ],
    ['another model', healthKeys(A, 'k1', 'm2'), ['host', 'upstream', 'credential']],
    ['another credential, the same model', healthKeys(A, 'k2', 'm1'), ['host', 'upstream']],
    ['no credential', healthKeys(A, null, 'm1'), ['host', 'upstream']],
    ['a probe', healthKeys(A, 'k1', null), ['host', 'upstream', 'credential']],
    ['another upstream at the same address', healthKeys({ ...A, name: 'b' }, 'k1', 'm1'), ['host']],
    ['another path of the same host', healthKeys({ ...A, base: `${A.base}/x` }, 'k1', 'm1'), ['host']],
    [
      'the same host, its port spelled out',
      healthKeys({ ...A, base: 'https://API.one.test:443/v1' }, 'k1', 'm1'),
      ['host'],
    ],
    ['another port', healthKeys({ ...A, base: 'https://api.one.test:8443/v1' }, 'k1', 'm1'), []],
    ['without TLS', healthKeys({ ...A, base: 'http://api.one.test/v1' }, 'k1', 'm1'), []],
    ['another host', healthKeys({ ...A, base: 'https://api.two.test/v1' }, 'k1', 'm1'), []],
  ];
  test.each(ROWS)('%s', (_sentence, other, shared) => {
    expect(SCOPES.filter((scope) => other[scope] !== undefined && other[scope] === ofA[scope])).toEqual(
      shared,
    );
  });
});

test('no credential and a probe leave a key out, and no two keys of a request are the same', () => {
  expect(Object.keys(healthKeys(A, null, 'm')).sort()).toEqual(['host', 'model', 'upstream']);
  expect(Object.keys(healthKeys(A, 'k', null)).sort()).toEqual(['credential', 'host', 'upstream']);
  expect(Object.keys(healthKeys(A, null, null)).sort()).toEqual(['host', 'upstream']);
  expect(new Set(Object.values(ofA)).size).toBe(4);
});

test('widest first', () => {
  expect(SCOPES).toEqual(['host', 'upstream', 'credential', 'model']);
});

describe('whose key it is', () => {
  const ROWS: [sentence: string, keys: HealthKeys, own: (keyof HealthKeys)[]][] = [
    ['its own', ofA, ['upstream', 'credential', 'model']],
    ['another client of it', healthKeys(A, 'k2', 'm2'), ['upstream', 'credential', 'model']],
    ['without a credential', healthKeys(A, null, 'm2'), ['upstream', 'model']],
    ['another upstream', healthKeys({ ...A, name: 'b' }, 'k1', 'm1'), []],
    ['one whose name begins alike', healthKeys({ ...A, name: 'ab' }, 'k1', 'm1'), []],
    ['one whose address begins alike', healthKeys({ ...A, base: `${A.base}beta` }, 'k1', 'm1'), []],
    ['one below its address', healthKeys({ ...A, base: `${A.base}/beta` }, 'k1', 'm1'), []],
  ];
  test.each(ROWS)('%s', (_sentence, keys, own) => {
    expect(SCOPES.filter((scope) => isOf(A, keys[scope] ?? ''))).toEqual(own);
  });
});

test.each([['claude-opus-4-8'], ['org/model:free'], ['a model with  spaces '], ['']])(
  'the model of a key: "%s"',
  (model) => {
    expect(modelOf(healthKeys(A, 'k', model).model ?? '')).toBe(model);
    expect(modelOf(healthKeys(A, null, model).model ?? '')).toBe(model);
  },
);

test('other keys have none', () => {
  const { host, upstream, credential = '' } = ofA;
  expect([host, upstream, credential].map(modelOf)).toEqual([undefined, undefined, undefined]);
});
