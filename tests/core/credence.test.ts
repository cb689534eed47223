/** Whose probes answer 5xx is believed, until a request shows otherwise. */
import { expect, test } from 'bun:test';
import { type Hearsay, hear, isBelieved, UNHEARD } from '../../src/core/credence.ts';

const bad = (count: number): Hearsay[] => Array.from({ length: count }, () => 'bad probe');

test.each<[sentence: string, heard: Hearsay[], believed: boolean]>([
  ['nothing', [], true],
  ['a first complaint', bad(1), true],
  ['four', bad(4), true],
  ['five, and no request', bad(5), false],
  ['many, and no request', bad(500), false],
  ['a request that went well meanwhile', [...bad(1), 'good request'], false],
  ['and goes on complaining', [...bad(1), 'good request', ...bad(3)], false],
  ['a request that went well before', ['good request', ...bad(1)], true],
  ['a request that failed as well', [...bad(7), 'bad request'], true],
  ['a request that failed after one that went well', [...bad(1), 'good request', 'bad request'], true],
  ['a good probe in between', [...bad(4), 'good probe', ...bad(4)], true],
  ['a good probe after a contradiction', [...bad(1), 'good request', 'good probe', ...bad(1)], true],
])('%s', (_, heard, believed) => {
  expect(isBelieved(heard.reduce(hear, UNHEARD))).toBe(believed);
});
