/** A bucket holds what was put in, up to its capacity, and gives no more than it holds. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { fullBucket, refill, type TokenBucket, take } from '../../src/core/token-bucket.ts';

const holding = (tokens: number, capacity = 10): TokenBucket => ({ capacity, tokens });

describe('a bucket', () => {
  test('is full at first', () => {
    expect(fullBucket(7)).toEqual({ capacity: 7, tokens: 7 });
  });

  test.each([
    ['nothing', 4, 0, 4],
    ['a little', 4, 1, 5],
    ['just what is missing', 4, 6, 10],
    ['more than there is room for', 4, 7, 10],
    ['more, when it is full', 10, 1, 10],
  ])('refilled with %s', (_, before, amount, after) => {
    expect(refill(holding(before), amount)).toEqual(holding(after));
  });

  test.each([
    ['nothing', 4, 0, 4, true],
    ['nothing, when it is empty', 0, 0, 0, true],
    ['a part', 4, 3, 1, true],
    ['all of it', 4, 4, 0, true],
    ['more than it holds', 4, 5, 4, false],
    ['something, when it is empty', 0, 1, 0, false],
  ])('asked for %s', (_, before, amount, after, isTaken) => {
    expect(take(holding(before), amount)).toEqual([holding(after), isTaken]);
  });

  test('is never changed in place', () => {
    const bucket = Object.freeze(holding(5));
    refill(bucket, 2);
    take(bucket, 2);
    expect(bucket).toEqual(holding(5));
  });
});

test('whatever is done: never below nothing or above capacity, and no more comes out than was in it and went in', () => {
  const step = fc.record({ isTake: fc.boolean(), amount: fc.nat(30) });
  fc.assert(
    fc.property(fc.nat(50), fc.array(step, { maxLength: 100 }), (capacity, steps) => {
      let bucket = fullBucket(capacity);
      let offered = capacity;
      let taken = 0;
      for (const { isTake, amount } of steps) {
        const before = bucket.tokens;
        if (isTake) {
          const [left, isTaken] = take(bucket, amount);
          expect(isTaken).toBe(amount <= before);
          if (isTaken) taken += amount;
          bucket = left;
        } else {
          bucket = refill(bucket, amount);
          offered += amount;
        }
        expect(bucket.capacity).toBe(capacity);
        expect(bucket.tokens).toBeWithin(0, capacity + 1);
        expect(taken + bucket.tokens).toBeLessThanOrEqual(offered);
      }
    }),
  );
});
