/** Who is asked, in which order. */
import { expect, test } from 'bun:test';
import { select } from '../../src/core/select.ts';
import { backup } from '../support/relay.ts';

test.each<[string, string]>([
  ['', ''],
  ['a b c', 'a b c'],
  ['a! b c', 'b c'],
  ['a? b c', 'b c a'],
  ['a? b? c', 'c a b'],
  ['a? b! c?', 'a c'],
  ['a!? b', 'b'],
])('of "%s" are asked "%s" (! barred, ? last)', (chain, expected) => {
  const standings = chain
    .split(' ')
    .filter(Boolean)
    .map((word) => ({
      upstream: backup({ name: word.replace(/[!?]/g, '') }),
      barred: word.includes('!') ? 'no credential' : null,
      last: word.includes('?'),
    }));
  expect(
    select(standings)
      .map(({ name }) => name)
      .join(' '),
  ).toBe(expected);
});
