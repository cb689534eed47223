import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { calibration } from '../../src/core/calibration.ts';

/** The factor after these counts, each of a request that was estimated at 1000 tokens. */
function after(...counts: number[]): number | undefined {
  const calibrated = calibration();
  for (const counted of counts) calibrated.note('groq', 'large', 1000, counted);
  return calibrated.factor('groq', 'large');
}

describe('the factor', () => {
  test('is none before anything was counted', () => {
    expect(after()).toBeUndefined();
  });
  test('is the first count at once', () => {
    expect(after(700)).toBe(0.7);
  });
  test('goes up at once and down slowly', () => {
    expect(after(700, 900)).toBe(0.9);
    expect(after(900, 700)).toBeCloseTo(0.86);
    expect(after(900, ...Array<number>(30).fill(700))).toBeCloseTo(0.7, 2);
  });
  test.each([0, -5, 10, 100_000, Number.NaN])('does not believe a count of %d', (counted) => {
    expect(after(counted)).toBeUndefined();
    expect(after(700, counted)).toBe(0.7);
  });
  test.each([
    [20, 30],
    [200, 600],
    [999, 1300],
  ])('learns nothing of a short request, to which a server adds much: %d and %d', (estimated, counted) => {
    const calibrated = calibration();
    calibrated.note('groq', 'large', estimated, counted);
    expect(calibrated.factor('groq', 'large')).toBeUndefined();
  });
  test('belongs to one upstream and one model', () => {
    const calibrated = calibration();
    calibrated.note('groq', 'large', 1000, 700);
    expect(calibrated.factor('groq', 'small')).toBeUndefined();
    expect(calibrated.factor('other', 'large')).toBeUndefined();
  });
  test('of very many models forgets, and does not grow', () => {
    const calibrated = calibration();
    for (let at = 0; at < 2000; at += 1) calibrated.note('groq', `model-${at}`, 1000, 800);
    expect(calibrated.factor('groq', 'model-0')).toBeUndefined();
    expect(calibrated.factor('groq', 'model-1999')).toBe(0.8);
  });
});

test('the estimate of a request that was just counted is never below the count', () => {
  const property = fc.property(fc.array(fc.integer({ min: 300, max: 3500 }), { minLength: 1 }), (counts) => {
    const factor = after(...counts) ?? 0;
    expect(Math.ceil(1000 * factor)).toBeGreaterThanOrEqual(counts.at(-1) ?? 0);
  });
  fc.assert(property);
});
