/** Some servers answer 5xx to probes alone: what requests show counts for more. */
import { expect, test } from 'bun:test';
import { begun, type ProbingBench, probed } from '../support/probing.ts';

const one = probed('one', { intervalMs: 10_000 });
const broken = () => new Response(null, { status: 500 });
const MINUTE = 60_000;

const state = (bench: ProbingBench) => bench.view(one).name;

test('an upstream whose requests go well keeps serving, whatever it says to probes', async () => {
  const bench = await begun([one]);
  bench.voices.one = broken;
  await bench.clock.advance(12_000);
  expect(state(bench)).toBe('open');
  // The last resort, or a backup that is gone: a request found that it serves.
  bench.prober.well(one, bench.clock.now() - 500);
  await bench.clock.advance(20_000);
  expect(bench.request(one, null)).toBe(true);
  expect(state(bench)).toBe('closed');
  for (let minute = 0; minute < 30; minute += 1) {
    await bench.clock.advance(MINUTE);
    expect([bench.request(one, null), state(bench)]).toEqual([true, 'closed']);
  }
});

test('one that never had a request gets one to show what it can, after some minutes', async () => {
  const bench = await begun([one], { voices: { one: broken } });
  await bench.clock.advance(MINUTE);
  expect([bench.request(one, null), state(bench)]).toEqual([false, 'open']);
  await bench.clock.advance(4 * MINUTE);
  expect(state(bench)).toBe('half-open');
  expect(bench.request(one, null)).toBe(true);
  await bench.clock.advance(10 * MINUTE);
  expect(state(bench)).toBe('closed');
});

test('one whose request fails as well is believed', async () => {
  const bench = await begun([one], { voices: { one: broken } });
  await bench.clock.advance(5 * MINUTE);
  expect(bench.request(one, 'server_error')).toBe(true);
  expect(state(bench)).toBe('open');
  await bench.clock.advance(5 * MINUTE);
  expect([bench.request(one, null), state(bench)]).toEqual([false, 'open']);
});

test('what a good probe took back counts again', async () => {
  const bench = await begun([one]);
  bench.voices.one = broken;
  await bench.clock.advance(12_000);
  bench.prober.well(one, bench.clock.now());
  bench.voices.one = () => new Response(null, { status: 200 });
  await bench.clock.advance(20_000);
  bench.request(one, null);
  expect(state(bench)).toBe('closed');
  bench.voices.one = broken;
  await bench.clock.advance(30_000);
  expect(state(bench)).toBe('open');
});

test('what is not believed is written down all the same', async () => {
  const bench = await begun([one]);
  bench.voices.one = broken;
  await bench.clock.advance(12_000);
  bench.prober.well(one, bench.clock.now());
  await bench.clock.advance(20_000);
  bench.request(one, null);
  await bench.clock.advance(MINUTE);
  expect(state(bench)).toBe('closed');
  const lately = bench.records.slice(-5).map(({ failure }) => [failure?.kind, failure?.status]);
  expect(lately).toEqual(Array.from({ length: 5 }, () => ['server_error', 500]));
  expect(bench.records.at(-1)?.failure).toMatchObject({ kind: 'server_error', status: 500 });
  // Nor is it asked more often than one that is well.
  expect(
    bench
      .times('one')
      .slice(-5)
      .map((at, index, all) => at - (all[index - 1] ?? at - 10_000)),
  ).toEqual(Array.from({ length: 5 }, () => 10_000));
});

test('an answer that began before the outage and ends well in the middle of it contradicts nothing', async () => {
  const bench = await begun([one]);
  const startedAt = bench.clock.now();
  bench.voices.one = broken;
  await bench.clock.advance(12_000);
  expect(state(bench)).toBe('open');
  bench.prober.well(one, startedAt);
  await bench.clock.advance(MINUTE);
  expect([bench.request(one, null), state(bench)]).toEqual([false, 'open']);
});

test('a clock that is set back makes no request older than a complaint', async () => {
  const bench = await begun([one]);
  bench.voices.one = broken;
  await bench.clock.advance(12_000);
  bench.clock.set(-60 * MINUTE);
  await bench.clock.advance(5_000);
  bench.prober.well(one, bench.clock.now());
  await bench.clock.advance(30_000);
  expect(bench.request(one, null)).toBe(true);
  await bench.clock.advance(5 * MINUTE);
  expect(state(bench)).toBe('closed');
});
