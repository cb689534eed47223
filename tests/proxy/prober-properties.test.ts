/** No order of events leaves anything behind. */
import { describe, expect, test } from 'bun:test';
import { begun, failing, leftOf, local, probed, status, well } from '../support/probing.ts';
import { blackHole } from '../support/relay.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const one = probed('one', { intervalMs: 10_000 });

/** Numbers that look random and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('whatever happens', () => {
  test('in 200 stories no permit is lost, no probe is left, and in the end everyone is well', async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = numbers(seed);
      const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
      const chain = [one, probed('two', { method: 'models' }), local('three')];
      const bench = await begun(chain, { random });
      const list = () => new Response('{"data":[]}');
      const voices = [well, list, status(401), status(404), status(500), failing('refused'), blackHole];
      for (let step = 0; step < 12; step += 1) {
        const upstream = pick(chain);
        const doing: (() => void)[] = [
          () => void Object.assign(bench.voices, { [upstream.name]: pick(voices) }),
          () => void bench.gone.add(pick(['*', 'one', 'two'])),
          () => bench.gone.clear(),
          () => bench.clock.set(pick([HOUR, -HOUR, 20_000, -5_000])),
          () => bench.prober.nudge(),
          () => bench.prober.active(),
          () =>
            void bench.request(
              upstream,
              pick([null, 'refused', 'server_error', 'unreachable', 'rate_limited']),
            ),
          () => bench.prober.watch(chain.filter(() => random() < 0.8)),
          () => {
            bench.machine.addresses = String(random());
          },
        ];
        pick(doing)();
        await bench.clock.advance(pick([0, 100, 1_000, 5_000, 30_000]));
      }
      bench.gone.clear();
      for (const { name } of chain) bench.voices[name] = list;
      bench.prober.watch(chain);
      await bench.clock.advance(20 * MINUTE);
      for (const upstream of chain) {
        if (bench.view(upstream).name === 'half-open') expect(bench.request(upstream, null)).toBe(true);
      }
      const stuck = [...bench.runtime.breakers.keys()].filter((key) => {
        const state = bench.runtime.breakers.read(key);
        return state.phase === 'half-open' && state.canary;
      });
      expect({ seed, stuck }).toEqual({ seed, stuck: [] });
      expect({ seed, standing: chain.map((upstream) => bench.view(upstream).name) }).toEqual({
        seed,
        standing: ['closed', 'closed', 'closed'],
      });
      expect(await leftOf(bench)).toEqual({ timers: 0, requests: 0 });
    }
  }, 60_000);
});
