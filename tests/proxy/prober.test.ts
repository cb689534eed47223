/** Upstreams are known before a request meets them. */
import { describe, expect, test } from 'bun:test';
import { healthKeys } from '../../src/core/health-keys.ts';
import { holdOut } from '../../src/proxy/interventions.ts';
import { ask } from '../../src/proxy/permits.ts';
import { turns } from '../support/manual-clock.ts';
import { begun, failing, kinds, local, probed, status, well } from '../support/probing.ts';
import { blackHole } from '../support/relay.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const one = probed('one', { intervalMs: 10_000 });
const two = probed('two');

describe('a dead upstream', () => {
  test.each([
    ['refused', 250],
    ['unresponsive', 250],
  ] as const)(
    'that is %s is open after its confirming probe, without any request',
    async (kind, confirmedMs) => {
      const bench = await begun([one, two], { voices: { one: failing(kind) } });
      expect(bench.view(one).name).toBe('closed');
      await bench.clock.advance(confirmedMs);
      expect(bench.view(one).name).toBe('open');
      expect(bench.times('one')).toEqual([0, confirmedMs]);
      expect(bench.view(two).name).toBe('closed');
    },
  );

  test('that takes probes and says nothing: one limit, a shorter one to confirm it, and both end', async () => {
    const bench = await begun([one], { voices: { one: blackHole } });
    await bench.clock.advance(3_000);
    expect(kinds(bench)).toEqual(['unresponsive']);
    await bench.clock.advance(250 + 1_500);
    expect(kinds(bench)).toEqual(['unresponsive', 'unresponsive']);
    expect(bench.records.map(({ tookMs }) => tookMs)).toEqual([3_000, 1_500]);
    expect(bench.underWay()).toBe(0);
    expect(bench.view(one).name).toBe('open');
  });

  test('gets no packet while it is open, and one at the moment its time is up', async () => {
    const bench = await begun([one], { voices: { one: failing('refused') } });
    await bench.clock.advance(250 + 9_999);
    expect(bench.times('one')).toEqual([0, 250]);
    await bench.clock.advance(1);
    expect(bench.times('one')).toEqual([0, 250, 10_250]);
    expect(bench.view(one)).toMatchObject({ name: 'open', until: expect.any(Number) });
  });

  test('that is back is closed by two good connections two seconds apart, with no request at risk', async () => {
    const bench = await begun([one], { voices: { one: failing('refused') } });
    await bench.clock.advance(250);
    bench.voices.one = well;
    await bench.clock.advance(10_000);
    expect(bench.view(one).name).toBe('half-open');
    expect(bench.request(one, null)).toBe(false);
    await bench.clock.advance(2_000);
    expect(bench.times('one')).toEqual([0, 250, 10_250, 12_250]);
    expect(bench.view(one).name).toBe('closed');
  });

  test('that a request met is open after the confirming probe; a second request never meets it', async () => {
    const bench = await begun([one]);
    await bench.clock.advance(3_000);
    bench.voices.one = failing('refused');
    bench.request(one, 'refused');
    await bench.clock.advance(0);
    expect(bench.times('one')).toEqual([0, 3_000]);
    expect(bench.view(one).name).toBe('open');
  });

  test('that takes more than two failures is confirmed until it is open, more and more slowly', async () => {
    const patient = probed('one', {}, { breaker: { ...one.breaker, failures: 6 } });
    const bench = await begun([patient], { voices: { one: failing('refused') } });
    await bench.clock.advance(7_750);
    expect(bench.times('one')).toEqual([0, 250, 750, 1_750, 3_750, 7_750]);
    expect(bench.view(patient).name).toBe('open');
  });
});

describe('what a probe cannot show', () => {
  test('a green probe never closes what failed answers opened; it lets one request try', async () => {
    const bench = await begun([one]);
    bench.request(one, 'server_error');
    bench.request(one, 'server_error');
    expect(bench.view(one).name).toBe('open');
    await bench.clock.advance(10 * MINUTE);
    expect(bench.view(one).name).toBe('half-open');
    expect(bench.records.every(({ failure }) => failure === undefined)).toBe(true);
    expect(bench.request(one, null)).toBe(true);
    expect(bench.view(one).name).toBe('closed');
  });

  test('after such a probe it is asked as often as ever, no more', async () => {
    const bench = await begun([one]);
    bench.request(one, 'server_error');
    bench.request(one, 'server_error');
    await bench.clock.advance(1 * MINUTE);
    const [first = 0, ...times] = bench.times('one').filter((at) => at >= 15_000);
    expect([first, ...times]).toEqual([15_000, 25_000, 35_000, 45_000, 55_000]);
  });

  test('a green probe takes back no failed answer of a closed one', async () => {
    const bench = await begun([one]);
    bench.request(one, 'server_error');
    await bench.clock.advance(5_000);
    bench.request(one, 'server_error');
    expect(bench.view(one).name).toBe('open');
  });

  test('5xx of a probe opens it, and only a request closes it', async () => {
    const bench = await begun([one], { voices: { one: status(503) } });
    await bench.clock.advance(250);
    expect(bench.view(one)).toMatchObject({ name: 'open', reason: expect.stringContaining('503') });
    bench.voices.one = well;
    await bench.clock.advance(5 * MINUTE);
    expect(bench.view(one).name).toBe('half-open');
  });

  test('retry-after of such an answer is heeded', async () => {
    const bench = await begun([one], { voices: { one: status(503, { 'retry-after': '120' }) } });
    await bench.clock.advance(250 + 60_000);
    expect(bench.times('one')).toEqual([0, 250]);
  });
});

describe('a credential', () => {
  const keyed = probed('one', { method: 'models' });
  const list = () => new Response('{"data":[]}', { headers: { 'content-type': 'application/json' } });

  test('that is rejected is blocked at once, tried again after five minutes, and comes back by a good probe', async () => {
    const bench = await begun([keyed], { voices: { one: status(401) } });
    expect(bench.view(keyed).name).toBe('blocked');
    await bench.clock.advance(5 * MINUTE - 1);
    expect(bench.times('one')).toEqual([0]);
    bench.voices.one = list;
    await bench.clock.advance(1);
    expect(bench.times('one')).toEqual([0, 5 * MINUTE]);
    expect(bench.view(keyed).name).toBe('closed');
  });

  test('the host of a rejected one is well: an upstream with another key there is probed', async () => {
    const other = probed('other', {}, { base: keyed.base });
    const bench = await begun([keyed, other], { voices: { one: status(401) } });
    await bench.clock.advance(31_000);
    expect(bench.times('other')).toEqual([0, 30_000]);
    expect(bench.view(other).name).toBe('closed');
  });
});

describe('when there is no probe', () => {
  test.each(['exhausted', 'unauthorized'] as const)('after %s, until it is over', async (kind) => {
    const keyed = probed('one', { method: 'models' });
    const bench = await begun([keyed]);
    bench.request(keyed, kind);
    const { name, until = 0 } = bench.view(keyed);
    expect(['cooldown', 'blocked']).toContain(name);
    await bench.clock.advance(until - bench.clock.now() - 1);
    expect(bench.times('one')).toEqual([0]);
    await bench.clock.advance(1);
    expect(bench.times('one').length).toBe(2);
  });

  test('a limit of one model is nothing to a probe, which asks for none', async () => {
    const bench = await begun([one]);
    bench.request(one, 'rate_limited');
    expect(bench.view(one).name).toBe('cooldown');
    await bench.clock.advance(10_000);
    expect(bench.times('one')).toEqual([0, 10_000]);
  });

  test('while it is held out by hand', async () => {
    const bench = await begun([one]);
    holdOut({ upstream: one, keys: healthKeys(one, null, null) }, bench.runtime);
    await bench.clock.advance(HOUR);
    bench.prober.nudge();
    bench.prober.doubt(one);
    await bench.clock.advance(HOUR);
    expect(bench.times('one')).toEqual([0]);
  });

  test('where probes are disabled', async () => {
    const bench = await begun([probed('one', { enabled: false })]);
    bench.prober.nudge();
    await bench.clock.advance(HOUR);
    expect(bench.sent).toEqual([]);
  });
});

describe('how often', () => {
  test('with two upstreams and nobody there, a day', async () => {
    const bench = await begun([one, two]);
    const counts: [string, number, number][] = [];
    for (const [label, ms] of [
      ['10 minutes', 10 * MINUTE],
      ['half an hour', 20 * MINUTE],
      ['an hour', 30 * MINUTE],
      ['a day', 23 * HOUR],
    ] as const) {
      await bench.clock.advance(ms);
      counts.push([label, bench.times('one').length, bench.times('two').length]);
    }
    expect(counts).toEqual([
      ['10 minutes', 61, 21],
      ['half an hour', 81, 41],
      ['an hour', 87, 47],
      ['a day', 363, 323],
    ]);
    expect(bench.sent.every(({ outgoing }) => outgoing.method === 'HEAD')).toBe(true);
  });

  test('a request after a long time has every upstream looked at', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(2 * HOUR + 2 * MINUTE);
    const before = bench.sent.length;
    bench.prober.active();
    await bench.clock.advance(0);
    expect(bench.sent.slice(before).map(({ upstream }) => upstream)).toEqual(['one', 'two']);
  });

  test('requests one after the other have none looked at', async () => {
    const bench = await begun([one]);
    for (let count = 0; count < 50; count += 1) {
      bench.prober.active();
      await bench.clock.advance(100);
    }
    expect(bench.times('one')).toEqual([0]);
  });

  test('many doubts at once are one probe, and one a second', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(5_000);
    for (let count = 0; count < 30; count += 1) {
      bench.prober.doubt(one);
      await bench.clock.advance(100);
    }
    expect(bench.times('one')).toEqual([0, 5_000, 6_000, 7_000]);
    expect(bench.times('two')).toEqual([0]);
  });

  test('a doubt while a probe is under way waits for that one', async () => {
    const bench = await begun([one], { voices: { one: blackHole } });
    bench.prober.doubt(one);
    await bench.clock.advance(2_999);
    expect(bench.times('one')).toEqual([0]);
    expect(bench.underWay()).toBe(1);
  });

  test.each([404, 401, 503])(
    'probes that cost are ten seconds apart, whoever wants them, though they say %i',
    async (code) => {
      const costly = probed('one', { method: 'message', intervalMs: 30_000 });
      const bench = await begun([costly], { voices: { one: status(code) } });
      for (let count = 0; count < 60; count += 1) {
        bench.prober.nudge();
        bench.prober.doubt(costly);
        bench.machine.addresses = `192.168.1.${Math.floor(count / 5)}`;
        await bench.clock.advance(1_000);
      }
      expect(bench.times('one').slice(0, 2)).toEqual(code === 401 ? [0] : [0, 10_000]);
      const apart = bench.times('one').map((at, index, all) => at - (all[index - 1] ?? -10_000));
      expect(Math.min(...apart)).toBeGreaterThanOrEqual(10_000);
    },
  );

  test('a client that starts has those looked at that were not just now, and not the open ones', async () => {
    const three = probed('three');
    const bench = await begun([one, two, three], { voices: { three: failing('refused') } });
    await bench.clock.advance(1_999);
    bench.prober.nudge();
    await bench.clock.advance(0);
    expect(bench.sent.length).toBe(4);
    await bench.clock.advance(1);
    bench.prober.nudge();
    bench.prober.nudge();
    await bench.clock.advance(0);
    expect([bench.times('one'), bench.times('two'), bench.times('three')]).toEqual([
      [0, 2_000],
      [0, 2_000],
      [0, 250],
    ]);
  });
});

describe('another chain', () => {
  test('those that stay keep what is known, those that are new are probed at once, those that are gone not at all', async () => {
    const bench = await begun([one, two]);
    await bench.clock.advance(5_000);
    const three = probed('three');
    bench.voices.three = well;
    bench.prober.watch([{ ...two }, three]);
    await bench.clock.advance(25_000);
    expect(bench.times('one')).toEqual([0]);
    expect(bench.times('two')).toEqual([0, 30_000]);
    expect(bench.times('three')).toEqual([5_000]);
    expect(bench.records.findLast(({ upstream }) => upstream === 'two')).toMatchObject({
      method: 'head',
      tookMs: 0,
    });
  });

  test('one that goes while it is probed takes its probe along', async () => {
    const bench = await begun([one, two], { voices: { one: blackHole } });
    bench.prober.watch([two]);
    await turns();
    expect(bench.underWay()).toBe(0);
    await bench.clock.advance(MINUTE);
    expect(bench.times('one')).toEqual([0]);
    expect(bench.view(one).name).toBe('closed');
  });
});

describe('the rest of the house', () => {
  test.each([
    ['of this machine', local('here')],
    ['next door', probed('here', {}, { base: 'http://192.168.1.20:8000/v1' })],
  ])('a server %s that is at work may be too busy for a probe', async (_, here) => {
    const busy = await begun([here], { voices: { here: blackHole }, isServing: () => true });
    await busy.clock.advance(MINUTE);
    expect(kinds(busy).length).toBeGreaterThan(2);
    expect(busy.view(here).name).toBe('closed');

    const dead = await begun([here], { voices: { here: blackHole } });
    await dead.clock.advance(10_000);
    expect(dead.view(here).name).toBe('open');
  });

  test('one that is far away has no such excuse', async () => {
    const bench = await begun([one], { voices: { one: blackHole }, isServing: () => true });
    await bench.clock.advance(10_000);
    expect(bench.view(one).name).toBe('open');
  });

  test('a request that tries it keeps probes away until it is over', async () => {
    const bench = await begun([one]);
    bench.request(one, 'server_error');
    bench.request(one, 'server_error');
    await bench.clock.advance(16_000);
    const subject = { upstream: one, keys: healthKeys(one, null, null) };
    const leave = ask(subject, bench.runtime);
    expect(leave?.isTrial).toBe(true);
    await bench.clock.advance(60_000);
    expect(bench.times('one').at(-1)).toBe(15_000);
    leave?.settle({ ok: true });
    await bench.clock.advance(1_000);
    expect(bench.times('one').length).toBe(3);
  });

  test('what a probe under way was wanted for meanwhile, it was', async () => {
    const answer = Promise.withResolvers<Response>();
    const bench = await begun([one], { voices: { one: () => answer.promise } });
    await bench.clock.advance(2_500);
    bench.prober.nudge();
    answer.resolve(well());
    await bench.clock.advance(5_000);
    expect(bench.times('one')).toEqual([0]);
  });
});
