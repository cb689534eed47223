/** No order of events leaves anything behind. */
import { expect, test } from 'bun:test';
import {
  begun,
  failing,
  leftOf,
  local,
  type ProbingBench,
  probed,
  status,
  well,
} from '../support/probing.ts';
import { blackHole } from '../support/relay.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const one = probed('one', { intervalMs: 10_000 });
const chain = [one, probed('two', { method: 'models' }), local('three')];
const list = () => new Response('{"data":[]}');
const VOICES = [
  well,
  list,
  status(401),
  status(404),
  status(500),
  failing('refused'),
  failing('untrusted'),
  blackHole,
];
const KINDS = [null, 'refused', 'server_error', 'unreachable', 'untrusted', 'rate_limited'] as const;

/** Numbers that look random and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const picker =
  (random: () => number) =>
  <T>(of: readonly T[]): T =>
    of[Math.floor(random() * of.length)] as T;

/** Twelve things happen, of all kinds. */
async function anyStory(seed: number): Promise<ProbingBench> {
  const random = numbers(seed);
  const pick = picker(random);
  const bench = await begun(chain, { random });
  const { machine, voices, gone, clock, prober } = bench;
  for (let step = 0; step < 12; step += 1) {
    const upstream = pick(chain);
    const doing: (() => void)[] = [
      () => void Object.assign(voices, { [upstream.name]: pick(VOICES) }),
      () => void gone.add(pick(['*', 'one', 'two'])),
      () => gone.clear(),
      () => void Object.assign(machine, { hasPortal: !machine.hasPortal }),
      () => void Object.assign(machine, { isConnected: !machine.isConnected }),
      () => void Object.assign(machine, { addresses: pick(['', String(random())]) }),
      () => clock.set(pick([HOUR, -HOUR, 20_000, -5_000])),
      () => prober.nudge(),
      () => prober.active(),
      () => void bench.request(upstream, pick(KINDS)),
      () => prober.watch(chain.filter(() => random() < 0.8)),
    ];
    pick(doing)();
    await clock.advance(pick([0, 100, 1_000, 5_000, 30_000]));
  }
  return bench;
}

/** Those whose one permit is with somebody. */
function tried({ runtime: { breakers } }: ProbingBench): string[] {
  return [...breakers.keys()].filter((key) => {
    const state = breakers.read(key);
    return state.phase === 'half-open' && state.canary;
  });
}

test('in 300 stories that end in the middle no permit is lost, and nothing is left', async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const bench = await anyStory(seed);
    // A permit is with a probe, and that is under way: whatever comes next, it is given back.
    if (bench.underWay() === 0) expect({ seed, tried: tried(bench) }).toEqual({ seed, tried: [] });
    expect({ seed, ...(await leftOf(bench)) }).toEqual({ seed, timers: 0, requests: 0 });
    expect({ seed, tried: tried(bench) }).toEqual({ seed, tried: [] });
  }
}, 60_000);

test('in 300 stories everyone is well in the end, once everything is well', async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const bench = await anyStory(seed);
    bench.gone.clear();
    Object.assign(bench.machine, { hasPortal: false, isConnected: true });
    for (const { name } of chain) bench.voices[name] = list;
    bench.prober.watch(chain);
    await bench.clock.advance(20 * MINUTE);
    for (const upstream of chain) {
      if (bench.view(upstream).name === 'half-open') expect(bench.request(upstream, null)).toBe(true);
    }
    const standing = chain.map((upstream) => bench.view(upstream).name);
    expect({ seed, standing, offline: bench.network.offline }).toEqual({
      seed,
      standing: ['closed', 'closed', 'closed'],
      offline: false,
    });
    expect(tried(bench)).toEqual([]);
    expect(await leftOf(bench)).toEqual({ timers: 0, requests: 0 });
  }
}, 60_000);

/** Something happens to our own network, twelve times; upstreams are well all the time. */
async function networkStory(seed: number): Promise<ProbingBench> {
  const random = numbers(seed);
  const pick = picker(random);
  const bench = await begun(chain, { random });
  const { machine, gone, clock, prober } = bench;
  bench.voices.two = list;
  const doing: (() => void)[] = [
    () => void gone.add('*'),
    () => gone.clear(),
    () => void Object.assign(machine, { hasPortal: true }),
    () => void Object.assign(machine, { hasPortal: false }),
    () => void Object.assign(machine, { isConnected: !machine.isConnected }),
    () => void Object.assign(machine, { addresses: pick(['', String(random())]) }),
    () => clock.set(pick([HOUR, -HOUR, 20_000, -5_000])),
    () => prober.nudge(),
    () => prober.doubt(pick(chain)),
  ];
  for (let step = 0; step < 12; step += 1) {
    pick(doing)();
    await clock.advance(pick([0, 100, 1_000, 5_000, 30_000]));
  }
  return bench;
}

test('in 300 stories of our own network no upstream is blamed, and ten seconds after it is back all is well', async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const bench = await networkStory(seed);
    expect({ seed, breakers: bench.breakers }).toEqual({ seed, breakers: [] });
    bench.gone.clear();
    Object.assign(bench.machine, { hasPortal: false, isConnected: true });
    // Five for a beat that notices a clock that was set back, five to the next look.
    await bench.clock.advance(10_000);
    const standing = chain.map((upstream) => bench.view(upstream).name);
    expect({ seed, standing, offline: bench.network.offline }).toEqual({
      seed,
      standing: ['closed', 'closed', 'closed'],
      offline: false,
    });
    expect(await leftOf(bench)).toEqual({ timers: 0, requests: 0 });
  }
}, 60_000);
