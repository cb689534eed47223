/** Whose probes answer 5xx is believed, until a request shows otherwise. */
import { expect, test } from 'bun:test';
import { type Hearsay, hear, isBelieved, UNHEARD } from '../../src/core/credence.ts';

const bad = (count: number): Hearsay[] => Array.from({ length: count }, () => 'bad probe');

/** Each is heard a second after the one before; of a request it may be said how many seconds before that it began. */
type Heard = Hearsay | readonly ['good request', began: number];

test.each<[sentence: string, heard: Heard[], believed: boolean]>([
  ['nothing', [], true],
  ['a first complaint', bad(1), true],
  ['four', bad(4), true],
  ['five, and no request', bad(5), false],
  ['many, and no request', bad(500), false],
  ['a request that went well meanwhile', [...bad(1), 'good request'], false],
  ['and goes on complaining', [...bad(1), 'good request', ...bad(3)], false],
  ['a request that went well before', ['good request', ...bad(1)], true],
  ['one that began before the complaint and ends well', [...bad(1), ['good request', 5]], true],
  ['one that began at that moment', [...bad(1), ['good request', 1]], true],
  ['one that began between two complaints', [...bad(2), ['good request', 1.5]], true],
  ['one that began after the last of two', [...bad(2), ['good request', 0.5]], false],
  ['a request that failed as well', [...bad(7), 'bad request'], true],
  ['a request that failed after one that went well', [...bad(1), 'good request', 'bad request'], true],
  ['a good probe in between', [...bad(4), 'good probe', ...bad(4)], true],
  ['a good probe after a contradiction', [...bad(1), 'good request', 'good probe', ...bad(1)], true],
])('%s', (_, heard, believed) => {
  let credence = UNHEARD;
  let now = 1_700_000_000_000;
  for (const one of heard) {
    now += 1_000;
    const [what, began] = typeof one === 'string' ? [one, 0] : one;
    credence = hear(credence, what, now - began * 1_000);
  }
  expect(isBelieved(credence)).toBe(believed);
});
