import { expect, test } from 'bun:test';
import { describeUnforeseen } from '../../src/cli/unforeseen.ts';

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
