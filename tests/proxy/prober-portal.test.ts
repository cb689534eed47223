/** A network that asks for a login first answers for every host, with a certificate of its own. */
import { describe, expect, test } from 'bun:test';
import { begun, kinds, type ProbingBench, probed } from '../support/probing.ts';

const MINUTE = 60_000;

const one = probed('one', { intervalMs: 10_000 });
const two = probed('two');

const names = (bench: ProbingBench, ...upstreams: (typeof one)[]) =>
  upstreams.map((upstream) => bench.view(upstream).name);

/** Its certificate alone is not the right one. */
const expired = (): Response => {
  throw Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });
};

describe('all hosts untrusted', () => {
  test('is our network: nobody is blocked, and five seconds after the login all is well', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(5_000);
    bench.machine.hasPortal = true;
    await bench.clock.advance(5_000);
    expect(bench.network.offline).toBe(true);
    await bench.clock.advance(20 * MINUTE);
    expect(bench.breakers).toEqual([]);
    expect(new Set(kinds(bench).slice(2))).toEqual(new Set(['untrusted']));
    const before = bench.times('one').length;
    await bench.clock.advance(MINUTE);
    expect(bench.times('one').length - before).toBe(12);
    bench.machine.hasPortal = false;
    await bench.clock.advance(5_000);
    expect(bench.network.offline).toBe(false);
    expect(names(bench, one, two)).toEqual(['closed', 'closed']);
    expect(bench.breakers).toEqual([]);
  });

  test('a host that was reached a second before is looked at all the same', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(9_000);
    bench.request(two, null);
    bench.machine.hasPortal = true;
    await bench.clock.advance(1_000);
    expect(bench.dialled).toEqual(['two.test']);
    expect(bench.network.offline).toBe(true);
    expect(names(bench, one, two)).toEqual(['closed', 'closed']);
  });

  test('a bare connection speaks for nobody: it may be the network that accepts', async () => {
    const plain = probed('plain', {}, { base: 'http://plain.example/v1' });
    const bench = await begun([one, two, plain]);
    await bench.clock.advance(31_000);
    bench.machine.hasPortal = true;
    bench.prober.doubt(one);
    await bench.clock.advance(0);
    expect(bench.dialled).toEqual(['two.test']);
  });

  test('what requests met is forgiven', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(5_000);
    bench.machine.hasPortal = true;
    bench.request(one, 'untrusted');
    expect(bench.view(one).name).toBe('blocked');
    bench.request(two, 'untrusted');
    expect(bench.network.offline).toBe(true);
    expect(names(bench, one, two)).toEqual(['closed', 'closed']);
  });

  test('just after waking as well', async () => {
    const bench = await begun([one, two]);
    bench.machine.hasPortal = true;
    bench.clock.set(8 * 60 * MINUTE);
    bench.prober.active();
    await bench.clock.advance(0);
    expect(bench.network.offline).toBe(true);
    expect(bench.view(one).name).toBe('closed');
    expect(bench.breakers.filter(({ to }) => to.name === 'blocked')).toEqual([]);
  });

  test('where no upstream is probed, the network is back when a certificate is good', async () => {
    const silent = [probed('one', { enabled: false }), probed('two', { enabled: false })] as const;
    const bench = await begun([...silent]);
    bench.machine.hasPortal = true;
    bench.request(silent[0], 'untrusted');
    bench.request(silent[1], 'untrusted');
    await bench.clock.advance(MINUTE);
    expect(bench.network.offline).toBe(true);
    bench.machine.hasPortal = false;
    await bench.clock.advance(5_000);
    expect(bench.network.offline).toBe(false);
  });
});

describe('one host untrusted', () => {
  test('is that host, for five minutes; the others are looked at once', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(5_000);
    bench.voices.one = expired;
    await bench.clock.advance(5_000);
    expect(bench.dialled).toEqual(['two.test']);
    expect(names(bench, one, two)).toEqual(['blocked', 'closed']);
    await bench.clock.advance(5 * MINUTE - 1);
    expect(bench.times('one')).toEqual([0, 10_000]);
    await bench.clock.advance(1);
    expect(bench.times('one').length).toBe(3);
  });

  test.each<[string, (bench: ProbingBench) => void]>([
    ['a client starts', ({ prober }) => prober.nudge()],
    [
      'the addresses change',
      ({ machine }) => {
        machine.addresses = '192.168.1.7';
      },
    ],
    ['the machine wakes', ({ clock }) => clock.set(MINUTE)],
  ])('when %s it is looked at at once, and two seconds later it is back', async (_, happens) => {
    const bench = await begun([one]);
    bench.machine.hasPortal = true;
    await bench.clock.advance(20_000);
    expect(bench.view(one).name).toBe('blocked');
    bench.machine.hasPortal = false;
    happens(bench);
    await bench.clock.advance(5_000 + 2_000);
    expect(bench.view(one).name).toBe('closed');
  });

  test('clients that start one after the other have it looked at every two seconds at most', async () => {
    const bench = await begun([one]);
    bench.machine.hasPortal = true;
    await bench.clock.advance(20_000);
    const before = bench.times('one').length;
    for (let count = 0; count < 40; count += 1) {
      bench.prober.nudge();
      await bench.clock.advance(100);
    }
    expect(bench.times('one').length - before).toBe(2);
    expect(bench.view(one).name).toBe('blocked');
  });

  test('what a bad key blocked is not looked at sooner', async () => {
    const keyed = probed('one', { method: 'models' });
    const bench = await begun([keyed], { voices: { one: () => new Response('{}', { status: 401 }) } });
    expect(bench.view(keyed).name).toBe('blocked');
    await bench.clock.advance(MINUTE);
    bench.prober.nudge();
    await bench.clock.advance(MINUTE);
    expect(bench.times('one')).toEqual([0]);
  });
});
