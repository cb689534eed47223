/** Whose fault it is that there is no way to a host. */
import { describe, expect, test } from 'bun:test';
import { turns } from '../support/manual-clock.ts';
import {
  begun,
  failing,
  leftOf,
  local,
  type ProbingBench,
  probed,
  probing,
  well,
} from '../support/probing.ts';

const one = probed('one', { intervalMs: 10_000 });
const two = probed('two');
const here = local('here');

const names = (bench: ProbingBench, ...upstreams: (typeof one)[]) =>
  upstreams.map((upstream) => bench.view(upstream).name);

describe('our own network goes', () => {
  test('within a probe it is known; nothing trips, and what is here is not touched', async () => {
    const bench = await begun([one, two, here]);
    await bench.clock.advance(5_000);
    bench.gone.add('*');
    await bench.clock.advance(5_000);
    expect(bench.network.offline).toBe(true);
    expect(bench.times('one')).toEqual([0, 10_000]);
    expect(bench.dialled).toEqual(['two.test']);
    await bench.clock.advance(600_000);
    expect(bench.breakers).toEqual([]);
    expect(names(bench, one, two, here)).toEqual(['closed', 'closed', 'closed']);
    expect(bench.times('here').length).toBe(
      bench.records.filter(({ upstream }) => upstream === 'here').length,
    );
    expect(bench.records.some(({ upstream, failure }) => upstream === 'here' && failure)).toBe(false);
  });

  test('though another was reached a second before, and one failure opens', async () => {
    const hasty = probed('one', { intervalMs: 10_000 }, { breaker: { ...one.breaker, failures: 1 } });
    const bench = await begun([hasty, two]);
    await bench.clock.advance(9_000);
    bench.request(two, null);
    bench.gone.add('*');
    await bench.clock.advance(1_000);
    expect(bench.network.offline).toBe(true);
    expect(bench.breakers).toEqual([]);
  });

  test('a request finds it out as well, and its own loss is forgiven', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(5_000);
    bench.gone.add('*');
    bench.request(one, 'unreachable');
    await bench.clock.advance(0);
    expect(bench.network.offline).toBe(true);
    expect(bench.breakers).toEqual([]);
    bench.gone.clear();
    await bench.clock.advance(5_000);
    expect(bench.network.offline).toBe(false);
    // The loss from before does not count any more: one more is the first.
    bench.request(one, 'unreachable');
    expect(bench.view(one).name).toBe('closed');
  });

  test('several requests at once that open a breaker are forgiven', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(5_000);
    bench.gone.add('*');
    bench.request(one, 'unreachable');
    bench.request(one, 'unreachable');
    expect(bench.view(one).name).toBe('open');
    bench.request(two, 'unreachable');
    await bench.clock.advance(0);
    expect(bench.network.offline).toBe(true);
    expect(names(bench, one, two)).toEqual(['closed', 'closed']);
  });

  test('it is probed every five seconds, and that it is back is known within a probe; then all are probed at once', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(5_000);
    bench.gone.add('*');
    await bench.clock.advance(5_000);
    const before = bench.times('one').length;
    await bench.clock.advance(60_000);
    expect(bench.times('one').length - before).toBe(12);
    bench.gone.clear();
    const sent = bench.sent.length;
    await bench.clock.advance(5_000);
    expect(bench.network.offline).toBe(false);
    expect(new Set(bench.sent.slice(sent).map(({ upstream }) => upstream))).toEqual(new Set(['one', 'two']));
    expect(bench.records.at(-1)?.failure).toBeUndefined();
  });

  test('requests that fail meanwhile are no reason for more', async () => {
    const bench = await begun([one, two]);
    bench.gone.add('*');
    await bench.clock.advance(10_000);
    expect(bench.network.offline).toBe(true);
    const before = bench.sent.length;
    bench.prober.doubt(one);
    bench.prober.doubt(two);
    await bench.clock.advance(1_000);
    expect(bench.sent.length).toBe(before);
  });

  test('from the beginning', async () => {
    const bench = probing([one, two]);
    bench.gone.add('*');
    bench.prober.watch([one, two]);
    await bench.clock.advance(60_000);
    expect(bench.network.offline).toBe(true);
    expect(bench.breakers).toEqual([]);
  });

  test('a machine without any network says so at the first loss, though there is one host only', async () => {
    const bench = await begun([one, here]);
    bench.gone.add('*');
    bench.machine.isConnected = false;
    await bench.clock.advance(10_000);
    expect(bench.network.offline).toBe(true);
    expect(names(bench, one, here)).toEqual(['closed', 'closed']);
  });

  test('probes that did not count are written down', async () => {
    const bench = await begun([one, two]);
    bench.gone.add('*');
    await bench.clock.advance(40_000);
    const kinds = new Set(bench.records.slice(2).map(({ failure }) => failure?.kind));
    expect(kinds).toEqual(new Set(['unreachable']));
    expect(bench.records.findLast(({ upstream }) => upstream === 'one')?.failure?.kind).toBe('unreachable');
  });
});

describe('one host goes', () => {
  test('it trips though its failure is one of the name service, because the others are there', async () => {
    const bench = await begun([one, two, here]);
    await bench.clock.advance(5_000);
    bench.gone.add('one');
    await bench.clock.advance(5_250);
    expect(bench.network.offline).toBe(false);
    expect(names(bench, one, two, here)).toEqual(['open', 'closed', 'closed']);
    expect(bench.dialled).toEqual(['two.test', 'two.test']);
  });

  test('whoever refuses is there', async () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const bench = await begun([one, two], { handshake: () => Promise.reject(refused) });
    await bench.clock.advance(5_000);
    bench.gone.add('one');
    await bench.clock.advance(5_250);
    expect(bench.network.offline).toBe(false);
    expect(bench.view(one).name).toBe('open');
  });

  test('a host that hangs is lost after two seconds, and the probe waits for that', async () => {
    const bench = await begun([one, two], { handshake: () => new Promise(() => {}) });
    await bench.clock.advance(5_000);
    bench.gone.add('*');
    await bench.clock.advance(5_000 + 1_999);
    expect(bench.network.offline).toBe(false);
    await bench.clock.advance(1);
    expect(bench.network.offline).toBe(true);
    expect(bench.breakers).toEqual([]);
  });

  test('nobody looks over the head of an outbound proxy', async () => {
    const bench = await begun([one, two], { isProxied: () => true });
    bench.gone.add('one');
    await bench.clock.advance(10_250);
    expect(bench.dialled).toEqual([]);
    expect(bench.view(one).name).toBe('open');
  });

  test.each([
    ['of this machine', here],
    ['next door', probed('box', {}, { base: 'http://192.168.1.20:8000/v1' })],
    ['next door, by its name', probed('box', {}, { base: 'http://gpu-box:8000/v1' })],
  ])('a dead server %s says nothing about the network', async (_, near) => {
    const bench = await begun([near, one, two], { voices: { [near.name]: failing('unreachable') } });
    await bench.clock.advance(1_000);
    expect(bench.network.offline).toBe(false);
    expect(bench.view(near).name).toBe('open');
  });

  test('a server next door is no evidence that the world is there', async () => {
    const near = probed('box', {}, { base: 'http://192.168.1.20:8000/v1' });
    const bench = await begun([near, one, two]);
    await bench.clock.advance(5_000);
    bench.gone.add('*');
    await bench.clock.advance(5_000);
    expect(bench.network.offline).toBe(true);
    expect(new Set(bench.dialled)).toEqual(new Set(['two.test', '192.168.1.20']));
    const before = bench.times('box').length;
    await bench.clock.advance(60_000);
    // Nobody is impatient about it: it is not cut off.
    expect(bench.times('box').length - before).toBe(2);
    expect(bench.network.offline).toBe(true);
  });

  test('a look that throws is told, and the next look is a look', async () => {
    const problem = new TypeError('no such port');
    const told: unknown[] = [];
    let looks = 0;
    const bench = await begun([one, two], {
      unexpected: (error) => void told.push(error),
      handshake() {
        looks += 1;
        if (looks === 1) throw problem;
        return Promise.resolve();
      },
    });
    await bench.clock.advance(5_000);
    bench.gone.add('one');
    await bench.clock.advance(5_250);
    expect(told).toEqual([problem]);
    expect(looks).toBe(2);
    expect(bench.view(one).name).toBe('open');
  });

  test('what else was wrong is not forgiven with our network', async () => {
    const bench = await begun([one, two]);
    bench.request(one, 'server_error');
    bench.request(one, 'server_error');
    bench.gone.add('*');
    await bench.clock.advance(40_000);
    expect(bench.network.offline).toBe(true);
    expect(bench.view(one).name).toBe('half-open');
  });
});

describe('where probes are disabled', () => {
  const silent = [probed('one', { enabled: false }), probed('two', { enabled: false })] as const;
  const [first, second] = silent;

  test('a request that fails has hosts looked at, and what it did is forgiven', async () => {
    const bench = await begun([...silent]);
    bench.gone.add('*');
    bench.request(first, 'unreachable');
    await bench.clock.advance(0);
    expect(bench.network.offline).toBe(true);
    expect(bench.dialled).toEqual(['one.test', 'two.test']);
    bench.gone.clear();
    await bench.clock.advance(5_000);
    expect(bench.network.offline).toBe(false);
    bench.request(first, 'unreachable');
    expect(names(bench, first, second)).toEqual(['closed', 'closed']);
    expect(bench.sent).toEqual([]);
  });

  test('where only one is gone it counts', async () => {
    const bench = await begun([...silent]);
    bench.gone.add('one');
    bench.request(first, 'unreachable');
    await bench.clock.advance(1_000);
    bench.request(first, 'unreachable');
    await turns();
    expect(bench.network.offline).toBe(false);
    expect(names(bench, first, second)).toEqual(['open', 'closed']);
  });

  test('when it stops while it looks, or while we are offline, nothing is left', async () => {
    const looking = await begun([...silent], { handshake: () => new Promise(() => {}) });
    looking.prober.doubt(first);
    await turns();
    expect(looking.clock.waiting).toContain(2_000);
    expect(await leftOf(looking)).toEqual({ timers: 0, requests: 0 });

    const offline = await begun([...silent]);
    offline.gone.add('*');
    offline.request(first, 'unreachable');
    await offline.clock.advance(0);
    expect(offline.network.offline).toBe(true);
    expect(await leftOf(offline)).toEqual({ timers: 0, requests: 0 });
    offline.network.saw('host https://one.test', true);
    expect(offline.clock.waiting).toEqual([]);
  });
});

test('well again, it is as if nothing had been', async () => {
  const bench = await begun([one, two], { voices: { one: well } });
  bench.gone.add('*');
  await bench.clock.advance(30_000);
  bench.gone.clear();
  await bench.clock.advance(5_000);
  const before = bench.times('one').length;
  await bench.clock.advance(60_000);
  expect(bench.times('one').length - before).toBe(6);
});
