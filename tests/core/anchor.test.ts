/** The last words of a text, which are to be repeated. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { anchorOf } from '../../src/core/anchor.ts';

const LONG =
  'The bridge was built in three years. It stands on nine pillars, and each of them is as wide as a house. The river below it ';

describe('the anchor', () => {
  test.each([
    ['', ''],
    [' \n', ''],
    ['Ha', 'Ha'],
    ['That is all. \n', 'That is all.'],
    [LONG, 'and each of them is as wide as a house. The river below it'],
    ['橋'.repeat(100), '橋'.repeat(60)],
    ['🌉'.repeat(100), '🌉'.repeat(30)],
    [`word ${'x'.repeat(58)}`, 'x'.repeat(58)],
  ])('of %j is %j', (said, anchor) => {
    expect(anchorOf(said)).toBe(anchor);
  });

  test('is the end of the text, whole and short', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constant(LONG),
          fc.lorem({ maxCount: 40 }),
          fc.string({ unit: 'grapheme', maxLength: 300 }),
        ),
        (said) => {
          const anchor = anchorOf(said);
          expect(said.trimEnd()).toEndWith(anchor);
          expect(anchor.length).toBeLessThanOrEqual(60);
          if (said.isWellFormed()) expect(anchor.isWellFormed()).toBe(true);
          if (said.trim() !== '') expect(anchor.trim()).not.toBe('');
        },
      ),
    );
  });
});
