import { expect, test } from 'bun:test';
import { span } from '../../src/telemetry/span.ts';

test.each([
  [-5, '0 s'],
  [0, '0 s'],
  [15_000, '15 s'],
  [59_600, '1 min'],
  [65_000, '1 min 5 s'],
  [3_600_000, '1 h'],
  [3_605_000, '1 h'],
  [5_400_000, '1 h 30 min'],
  [90_000_000, '1 d 1 h'],
  [2_678_400_000, '31 d'],
])('%i ms are %s', (ms, words) => {
  expect(span(ms)).toBe(words);
});
