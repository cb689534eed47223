import { describe, expect, test } from 'bun:test';
import { initial, isolate } from '../../src/core/breaker.ts';
import { memoryStore } from '../../src/store/memory.ts';

const HELD = isolate(initial(), 1);

/** A store in which these were written first, and then so many more models of clients. */
function flooded(first: readonly string[], more: number) {
  const store = memoryStore();
  store.write('model held', HELD);
  for (const key of first) store.write(key, initial());
  for (let at = 0; at < more; at += 1) store.write(`model ${at}`, { ...initial(), generation: at });
  return { store, keys: [...store.keys()] };
}

describe('of more than 2000 breakers', () => {
  test('those written longest ago are forgotten, but none that is held out by hand', () => {
    const { store, keys } = flooded([], 2500);
    expect(keys).toHaveLength(2000);
    expect(store.read('model held')).toEqual(HELD);
    expect([keys.includes('model 500'), keys.includes('model 501')]).toEqual([false, true]);
    expect(store.read('model 2499').generation).toBe(2499);
  });

  test.each(['host https://a.example', 'upstream a https://a.example/v1'])(
    '%p stays while there are some of models or credentials',
    (key) => {
      const { keys } = flooded([key, 'credential a https://a.example/v1 c'], 2500);
      expect(keys).toHaveLength(2000);
      expect(keys).toContain(key);
      expect(keys).not.toContain('credential a https://a.example/v1 c');
    },
  );

  test('upstreams are forgotten where there is nothing else', () => {
    const store = memoryStore();
    for (let at = 0; at < 2001; at += 1) store.write(`upstream ${at}`, initial());
    const keys = [...store.keys()];
    expect([keys.length, keys.includes('upstream 0'), keys.includes('upstream 1')]).toEqual([
      2000,
      false,
      true,
    ]);
  });
});

test('has what was known before', () => {
  const store = memoryStore([['held', HELD]]);
  expect([store.read('held'), [...store.keys()]]).toEqual([HELD, ['held']]);
  expect(store.read('never asked')).toEqual(initial());
});
