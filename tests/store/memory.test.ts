import { expect, test } from 'bun:test';
import { initial, isolate } from '../../src/core/breaker.ts';
import { memoryStore } from '../../src/store/memory.ts';

test('never holds more than 2000 breakers, and forgets the one written longest ago, but none that is held out by hand', () => {
  const store = memoryStore();
  const held = isolate(initial(), 1);
  store.write('held', held);
  for (let at = 0; at < 2500; at += 1) store.write(`model ${at}`, { ...initial(), generation: at });
  const keys = [...store.keys()];
  expect(keys).toHaveLength(2000);
  expect(store.read('held')).toEqual(held);
  expect([keys.includes('model 500'), keys.includes('model 501')]).toEqual([false, true]);
  expect(store.read('model 2499').generation).toBe(2499);
});

test('has what was known before', () => {
  const held = isolate(initial(), 1);
  const store = memoryStore([['held', held]]);
  expect([store.read('held'), [...store.keys()]]).toEqual([held, ['held']]);
  expect(store.read('never asked')).toEqual(initial());
});
