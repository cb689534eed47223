/** Whether it is our own network that is gone, told from what was reached and what was not. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Ms } from '../../src/core/failure.ts';
import { type Network, saw, UNSEEN, unsure } from '../../src/core/network.ts';

const START = 1_700_000_000_000;

/**
 * What was seen, in words: `-a` host a was lost, `+a` it was reached, `-a!` it was lost and this machine has no network at
 * all, a number: so many seconds pass.
 */
function told(story: string): { network: Network; now: Ms } {
  let network = UNSEEN;
  let now = START;
  for (const word of story.split(' ').filter(Boolean)) {
    if (/^[-+]?\d/.test(word)) now += Number(word) * 1000;
    else {
      const host = word[1] ?? '';
      // In capitals: a host next door.
      const key = `host http://${host === host.toUpperCase() ? `${host.toLowerCase()}.local` : `${host}.test`}`;
      network = saw(network, key, word.startsWith('+'), now, !word.endsWith('!'));
    }
  }
  return { network, now };
}

describe('offline', () => {
  const ROWS: [story: string, offline: boolean, because: string][] = [
    ['', false, 'nothing was seen'],
    ['-a', false, 'one host may be down'],
    ['-A -B', true, 'those next door were lost as well'],
    ['-a -A', true, 'and so with one of them'],
    ['+A -a -b', true, 'next door says nothing of the world'],
    ['-a -b +A', true, 'nor when it is reached since'],
    ['+A -B', false, 'but of what is next door it does'],
    ['-A -B +A', false, 'and so when it is reached since'],
    ['-a -a -a', false, 'it is one host still'],
    ['-a -b', true, 'two at once are not'],
    ['-a 10 -b', true, 'they were lost together'],
    ['-a 10.001 -b', false, 'they were not'],
    ['-a 10.001 -b -a', true, 'lost once more, now they are'],
    ['-a -5 -b', true, 'the clock was set back a little'],
    ['-a -3600 -b', false, 'nobody knows when the first was lost'],
    ['+c -a -b', false, 'another was reached'],
    ['+c 30 -a -b', false, 'and lately enough'],
    ['+c 30.001 -a -b', true, 'that is too long ago'],
    ['+c 29 -a 2 -b', true, 'too long ago when the second was lost'],
    ['+c 3600 -3600 -a -b', false, 'it is lately again by the clock'],
    ['+c -3600 -a -b', true, 'nobody knows when it was reached'],
    ['+a -a -b', true, 'what was lost since speaks for nothing'],
    ['+a +b -a -b', true, 'they were all lost'],
    ['-a -b +a', false, 'one that is reached ends it'],
    ['-a -b +c', false, 'whichever it is'],
    ['-a -b +c -a -b', false, 'and it speaks for a while'],
    ['-a -b +c 31 -a -b', true, 'but not for ever'],
    ['-a -b 3600', true, 'it lasts until one is reached'],
    ['-a -b 3600 -a', true, 'also when one alone is tried'],
    ['-a!', true, 'without any network one says enough'],
    ['+c -a!', false, 'unless another was reached a moment ago'],
    ['+c 31 -a!', true, 'too long ago'],
    ['+a!', false, 'reached is reached'],
  ];
  test.each(ROWS)('"%s": %p, %s', (story, offline) => {
    expect(told(story).network.offline).toBe(offline);
  });

  test('nothing is changed in place, and the state is plain data', () => {
    const before = told('-a').network;
    const copy = structuredClone(before);
    const after = saw(before, 'b', false, START);
    expect([before, UNSEEN]).toEqual([copy, { offline: false, hosts: {} }]);
    expect(JSON.parse(JSON.stringify(after))).toEqual(after);
  });
});

test('a machine with one remote host is never offline while it has a network', () => {
  const seen = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -100_000, max: 100_000 })));
  fc.assert(
    fc.property(seen, (sights) => {
      let [network, now] = [UNSEEN, START];
      for (const [reached, wait] of sights) {
        now += wait;
        network = saw(network, 'a', reached, now);
        expect(network.offline).toBe(false);
      }
    }),
  );
});

test('whatever is seen, reached is online, and nothing but two losses or no network begins it', () => {
  const host = fc.constantFrom('a', 'b', 'c');
  const sight = fc.tuple(host, fc.boolean(), fc.boolean(), fc.integer({ min: -20_000, max: 40_000 }));
  fc.assert(
    fc.property(fc.array(sight, { maxLength: 40, size: 'max' }), (sights) => {
      let [network, now] = [UNSEEN, START];
      const lost = new Set<string>();
      for (const [host, reached, connected, wait] of sights) {
        now += wait;
        const before = network.offline;
        network = saw(network, host, reached, now, connected);
        if (reached) lost.delete(host);
        else lost.add(host);
        if (reached) expect(network.offline).toBe(false);
        else if (before) expect(network.offline).toBe(true);
        else if (network.offline) expect(!connected || lost.size >= 2).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test.each<[story: string, unsure: string[], because: string]>([
  ['', ['a', 'b', 'c'], 'never seen'],
  ['-a -b', ['c'], 'lost just now'],
  ['+a -b', ['a', 'c'], 'one of them reached: it may be gone since'],
  ['-a -b 2', ['c'], 'a moment ago'],
  ['-a 1 -b 1.001', ['a', 'c'], 'one of them not lately enough'],
  ['+a -3', ['a', 'b', 'c'], 'the clock was set back'],
])('"%s": %p should be looked at, %s', (story, hosts) => {
  const { network, now } = told(story);
  const keys = (names: string[]) => names.map((name) => `host http://${name}.test`);
  expect(unsure(network, keys(['a', 'b', 'c']), now)).toEqual(keys(hosts));
});
