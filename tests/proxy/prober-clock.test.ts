/** The machine sleeps, moves to another network, has its clock set. */
import { describe, expect, test } from 'bun:test';
import { begun, failing, kinds, probed, well } from '../support/probing.ts';
import { blackHole } from '../support/relay.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const one = probed('one', { intervalMs: 10_000 });
const two = probed('two');

describe('when the machine wakes', () => {
  test('connections are dropped, everything is probed at once, and failures say nothing for a while', async () => {
    const bench = await begun([one, two]);
    bench.gone.add('*');
    bench.clock.set(8 * HOUR);
    await bench.clock.advance(5_000);
    expect(bench.forgotten()).toBe(1);
    expect(bench.view(one).name).toBe('closed');
    await bench.clock.advance(4_000);
    expect(kinds(bench).filter((kind) => kind === 'unreachable').length).toBeGreaterThan(4);
    expect([bench.view(one).name, bench.view(two).name]).toEqual(['closed', 'closed']);
    expect(bench.network.offline).toBe(false);
    bench.gone.clear();
    await bench.clock.advance(8_000);
    expect([bench.view(one).name, bench.view(two).name]).toEqual(['closed', 'closed']);
    expect(bench.breakers).toEqual([]);
  });

  test('what failures to connect opened is tried at once', async () => {
    const bench = await begun([one], { voices: { one: failing('refused') } });
    await bench.clock.advance(250);
    bench.voices.one = well;
    bench.clock.set(MINUTE);
    await bench.clock.advance(4_750);
    expect(bench.times('one')).toEqual([0, 250, MINUTE + 5_000]);
    await bench.clock.advance(2_000);
    expect(bench.view(one).name).toBe('closed');
    expect(bench.forgotten()).toBe(1);
  });

  test('what failed answers opened is not', async () => {
    const bench = await begun([one]);
    bench.request(one, 'server_error');
    bench.request(one, 'server_error');
    await bench.clock.advance(0);
    bench.clock.set(9_000);
    bench.machine.addresses = '192.168.1.7';
    await bench.clock.advance(5_000);
    expect(bench.forgotten()).toBe(1);
    expect(bench.times('one')).toEqual([0]);
  });

  test('a probe over a connection from before is given up', async () => {
    const bench = await begun([one], { voices: { one: blackHole } });
    await bench.clock.advance(2_000);
    bench.voices.one = well;
    bench.clock.set(HOUR);
    bench.prober.active();
    await bench.clock.advance(0);
    expect(kinds(bench)).toEqual(['ok']);
    expect(bench.underWay()).toBe(0);
  });

  test('a machine that is only busy has not slept', async () => {
    const bench = await begun([one]);
    bench.clock.set(9_000);
    await bench.clock.advance(20_000);
    expect(bench.forgotten()).toBe(0);
  });
});

describe('when the addresses change', () => {
  test('connections are dropped, everything is looked at once, and what failures to connect opened is tried', async () => {
    const bench = await begun([one, two], { voices: { one: failing('refused') } });
    await bench.clock.advance(250);
    bench.voices.one = well;
    bench.machine.addresses = '192.168.1.7';
    await bench.clock.advance(4_750);
    expect(bench.times('one')).toEqual([0, 250, 5_000]);
    expect(bench.times('two')).toEqual([0, 5_000]);
    await bench.clock.advance(2_000);
    expect(bench.view(one).name).toBe('closed');
    expect(bench.forgotten()).toBe(1);
  });

  test('nothing is excused', async () => {
    const bench = await begun([one, two]);
    bench.voices.one = failing('refused');
    bench.machine.addresses = '192.168.1.7';
    await bench.clock.advance(5_000);
    expect(bench.network.justWoken).toBe(false);
    await bench.clock.advance(250);
    expect(bench.view(one).name).toBe('open');
  });

  test('a breaker opens as ever while they change all the time', async () => {
    const bench = await begun([one, two]);
    for (let count = 0; count < 24; count += 1) {
      bench.machine.addresses = `172.17.0.${count}`;
      bench.voices.one = failing('refused');
      await bench.clock.advance(5_000);
    }
    expect(bench.forgotten()).toBe(2);
    expect(bench.view(one).name).toBe('open');
    expect(bench.times('one').length).toBeLessThan(10);
  });

  test('a change that comes too soon is seen to when a minute is over, if it lasts', async () => {
    const bench = await begun([two]);
    bench.machine.addresses = '192.168.1.7';
    await bench.clock.advance(5_000);
    bench.machine.addresses = '192.168.1.7 192.168.1.8';
    await bench.clock.advance(MINUTE - 1);
    expect(bench.forgotten()).toBe(1);
    await bench.clock.advance(1);
    expect(bench.forgotten()).toBe(2);
    bench.machine.addresses = '192.168.1.9';
    await bench.clock.advance(5_000);
    bench.machine.addresses = '192.168.1.7 192.168.1.8';
    await bench.clock.advance(2 * MINUTE);
    expect(bench.forgotten()).toBe(2);
  });

  test('to have none is to be nowhere yet: the next ones count', async () => {
    const bench = await begun([two]);
    bench.machine.addresses = '';
    await bench.clock.advance(10_000);
    expect(bench.forgotten()).toBe(0);
    bench.machine.addresses = '192.168.1.7';
    await bench.clock.advance(5_000);
    expect(bench.forgotten()).toBe(1);
  });

  test('also right after it woke: that is when the new network comes up', async () => {
    const bench = await begun([two]);
    bench.machine.addresses = '';
    bench.clock.set(HOUR);
    await bench.clock.advance(5_000);
    expect(bench.forgotten()).toBe(1);
    bench.machine.addresses = '192.168.1.7';
    await bench.clock.advance(5_000);
    expect(bench.forgotten()).toBe(2);
  });

  test('a probe over a connection of the old network is given up', async () => {
    const patient = await begun([probed('one', { timeoutMs: 20_000 })], { voices: { one: blackHole } });
    await patient.clock.advance(4_000);
    patient.voices.one = well;
    patient.machine.addresses = '192.168.1.7';
    await patient.clock.advance(1_000);
    expect(kinds(patient)).toEqual(['ok']);
    expect(patient.underWay()).toBe(0);
  });
});

describe('a clock that is set back', () => {
  test.each([2 * MINUTE, HOUR, 400 * 24 * HOUR])(
    'by %i ms: no storm, and nothing waits for the old time',
    async (byMs) => {
      const bench = await begun([one, two]);
      await bench.clock.advance(12_000);
      const before = bench.sent.length;
      bench.clock.set(-byMs);
      await bench.clock.advance(MINUTE);
      const after = bench.sent.slice(before).filter(({ upstream }) => upstream === 'one').length;
      expect(after).toBeGreaterThanOrEqual(5);
      expect(after).toBeLessThanOrEqual(7);
      expect(bench.forgotten()).toBe(0);
    },
  );

  test('one that is open is tried again', async () => {
    const bench = await begun([one], { voices: { one: failing('refused') } });
    await bench.clock.advance(250);
    expect(bench.view(one).name).toBe('open');
    bench.voices.one = well;
    bench.clock.set(-HOUR);
    await bench.clock.advance(MINUTE);
    expect(bench.view(one).name).toBe('closed');
  });
});
