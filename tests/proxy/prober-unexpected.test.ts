/** Whatever throws, it goes on, and somebody is told; when it stops, it stops. */
import { expect, test } from 'bun:test';
import { begun, failing, leftOf, type ProbingBench, probed, probing, well } from '../support/probing.ts';
import { blackHole } from '../support/relay.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const one = probed('one', { intervalMs: 10_000 });
const two = probed('two');

test.each([
  ['at rest', well, 0],
  ['with a probe under way', blackHole, 100],
  ['while it confirms', failing('refused'), 100],
  ['while it is open', failing('refused'), 5_000],
] as const)('when it stops %s nothing is left', async (_, voice, ms) => {
  const bench = await begun([one, two], { voices: { one: voice, two: voice } });
  await bench.clock.advance(ms);
  expect(await leftOf(bench)).toEqual({ timers: 0, requests: 0 });
  bench.prober.nudge();
  bench.prober.doubt(one);
  bench.prober.active();
  bench.prober.watch([one]);
  await bench.clock.advance(MINUTE);
  expect(bench.clock.waiting).toEqual([]);
});

test('a machine that does not tell its addresses is no matter', async () => {
  const bench = probing([one]);
  Object.defineProperty(bench.machine, 'addresses', {
    get() {
      throw new Error('not here');
    },
  });
  bench.prober.watch([one]);
  await bench.clock.advance(20_000);
  expect(bench.times('one')).toEqual([0, 10_000, 20_000]);
});

test('a journal that throws stops nothing for good, and somebody is told each time', async () => {
  const told: unknown[] = [];
  const bench = probing([one], { unexpected: (error) => void told.push(error) });
  const problem = new Error('the disk is full');
  bench.runtime.journal.probe = () => {
    throw problem;
  };
  bench.prober.watch([one]);
  await bench.clock.advance(20_000);
  expect(bench.times('one').length).toBeGreaterThanOrEqual(3);
  expect(told).toEqual(bench.times('one').map(() => problem));
});

test.each<[string, (bench: ProbingBench) => void]>([
  ['a timer', ({ clock }) => clock.set(HOUR)],
  [
    'a beat',
    ({ machine }) => {
      machine.addresses = '192.168.1.7';
    },
  ],
])('what throws in %s is told once, and it goes on', async (_, happens) => {
  const told: unknown[] = [];
  const problem = new Error('there is nothing to forget');
  const bench = await begun([one], {
    unexpected: (error) => void told.push(error),
    forgetConnections() {
      throw problem;
    },
  });
  happens(bench);
  await bench.clock.advance(5_000);
  expect(told).toEqual([problem]);
  bench.prober.active();
  const before = bench.times('one').length;
  await bench.clock.advance(MINUTE);
  expect(bench.times('one').length - before).toBeGreaterThanOrEqual(5);
});
