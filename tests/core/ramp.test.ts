/** An upstream that takes over is asked for more the more it has answered. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { halve, mostOf, NEW_RAMP, type Ramp, raise, touch } from '../../src/core/ramp.ts';
import { NOON } from '../support/manual-clock.ts';

const SECOND = 1000;
const at = (allowed: number, lastAt = NOON): Ramp => ({ allowed, lastAt });

describe('a ramp', () => {
  test('starts with four', () => {
    expect(mostOf(NEW_RAMP)).toBe(4);
    expect(touch(NEW_RAMP, NOON)).toEqual(at(4));
  });

  test.each([
    [1, 2],
    [4, 5],
    [62, 63],
    [63, Number.POSITIVE_INFINITY],
    [64, Number.POSITIVE_INFINITY],
  ])('of %i is after a first content one of %f', (before, after) => {
    expect(mostOf(raise(at(before)))).toBe(after);
  });

  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [5, 2],
    [63, 31],
    [64, 32],
  ])('of %i is after a refusal one of %i', (before, after) => {
    expect(mostOf(halve(at(before)))).toBe(after);
  });

  test('doubles while all that may wait are answered', () => {
    let ramp = touch(NEW_RAMP, NOON);
    const seen: number[] = [];
    for (let trip = 0; trip < 5; trip += 1) {
      seen.push(mostOf(ramp));
      for (let left = ramp.allowed; left > 0; left -= 1) ramp = raise(ramp);
    }
    expect(seen).toEqual([4, 8, 16, 32, Number.POSITIVE_INFINITY]);
  });

  test('without a limit for long has one again after a single refusal', () => {
    let ramp = at(60);
    for (let count = 0; count < 1000; count += 1) ramp = raise(ramp);
    expect(mostOf(halve(ramp))).toBe(32);
  });

  test.each([
    ['at once', 0, 20],
    ['a little later', SECOND, 20],
    ['59.999 s later', 60 * SECOND - 1, 20],
    ['60 s later', 60 * SECOND, 4],
    ['an hour later', 3600 * SECOND, 4],
    ['after the clock was set back', -3600 * SECOND, 20],
  ])('of 20, when the next request comes %s', (_, later, allowed) => {
    expect(touch(at(20), NOON + later)).toEqual(at(allowed, NOON + later));
  });

  test('that was halved starts anew as well', () => {
    expect(touch(at(1), NOON + 60 * SECOND).allowed).toBe(4);
  });

  test('lasts while requests come, however long', () => {
    let ramp = at(20);
    for (let minute = 1; minute <= 10; minute += 1) ramp = touch(ramp, NOON + minute * 59 * SECOND);
    expect(ramp.allowed).toBe(20);
  });

  test('is never changed in place', () => {
    const ramp = Object.freeze(at(20));
    touch(ramp, NOON + 60 * SECOND);
    raise(ramp);
    halve(ramp);
    expect(ramp).toEqual(at(20));
  });
});

test('whatever happens: at least one may wait, and at most 63 or any number', () => {
  const step = fc.oneof(fc.constantFrom(raise, halve), fc.nat(90 * SECOND));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let ramp = NEW_RAMP;
      let now = NOON;
      for (const one of steps) {
        if (typeof one === 'number') {
          now += one;
          ramp = touch(ramp, now);
        } else ramp = one(ramp);
        expect(ramp.allowed).toBeWithin(1, 65);
        expect(mostOf(ramp)).toBe(ramp.allowed === 64 ? Number.POSITIVE_INFINITY : ramp.allowed);
      }
    }),
  );
});
