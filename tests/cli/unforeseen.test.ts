import { describe, expect, test } from 'bun:test';
import { describeUnforeseen, lastWords } from '../../src/cli/unforeseen.ts';

test('an unforeseen error is told by name and place, never in its own words', () => {
  const error = new RangeError('cannot read "a secret" of\n    at the request');
  const told = describeUnforeseen(error);
  expect(told).toMatch(/^RangeError at .*unforeseen\.test\.ts:\d+/);
  expect(told).not.toContain('secret');
});

test.each([['a secret'], [{ message: 'a secret' }], [null], [undefined]])(
  'what is no error is told by type: %j',
  (thrown) => {
    expect(describeUnforeseen(thrown)).toBe(typeof thrown);
  },
);

describe('a command that ends by an error nobody foresaw', () => {
  const error = new TypeError('no such thing');

  test.each<[string, string[], Record<string, string>, boolean]>([
    ['says one line', ['status'], {}, false],
    ['says all of it where that is asked for', ['status', '--log-level', 'debug'], {}, true],
    ['says all of it where the flag holds its value', ['--log-level=debug', 'status'], {}, true],
    ['says all of it where the environment asks', ['status'], { CCPROXY_LOG_LEVEL: 'debug' }, true],
    ['says one line at another level', ['--log-level', 'info'], { CCPROXY_LOG_LEVEL: 'debug' }, false],
  ])('%s', (_, args, env, whole) => {
    const words = lastWords(error, args, env);
    expect(words).toStartWith('internal error: TypeError at ');
    expect(words.split('\n').length > 1).toBe(whole);
    expect(words.includes('no such thing')).toBe(whole);
  });
});
