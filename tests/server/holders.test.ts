import { describe, expect, test } from 'bun:test';
import { createHolders } from '../../src/server/holders.ts';

/** Holders named 1, 2, …, and how often nobody was left. */
function holdersOf(isEnd = true) {
  let names = 0;
  const seen = { left: 0 };
  const holders = createHolders({
    name: () => String(++names),
    left() {
      seen.left += 1;
      return isEnd;
    },
  });
  return { holders, seen };
}

/** Reads on in an answer; undefined at its end. */
function reading(answer: Response): () => Promise<string | undefined> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  return async () => {
    const { done, value } = await reader.read();
    return done ? undefined : new TextDecoder().decode(value);
  };
}

describe('a holder', () => {
  test('is named, and its answer goes on until it lets go', async () => {
    const { holders, seen } = holdersOf();
    const [first, second] = [reading(holders.hold()), reading(holders.hold())];
    expect([await first(), await second(), holders.streams]).toEqual(['1\n', '2\n', 2]);
    expect([holders.release('1'), seen.left]).toEqual([false, 0]);
    expect([await first(), holders.streams]).toEqual([undefined, 1]);
  });

  test('that was the last and lets go is answered until the process is gone', async () => {
    const { holders, seen } = holdersOf();
    const next = reading(holders.hold());
    await next();
    expect([holders.release('1'), seen.left]).toEqual([true, 1]);
    const after = await Promise.race([next(), new Promise((resolve) => setImmediate(resolve, 'open'))]);
    expect(after).toBe('open');
    holders.dismiss();
    expect(holders.streams).toBe(1);
  });

  test('that was the last, where nothing ends because of that, is let go at once', async () => {
    const { holders, seen } = holdersOf(false);
    const next = reading(holders.hold());
    await next();
    expect([holders.release('1'), seen.left]).toEqual([false, 1]);
    expect([await next(), holders.streams]).toEqual([undefined, 0]);
  });

  test('that is gone without a word is let go', async () => {
    const { holders, seen } = holdersOf();
    await holders.hold().body?.cancel();
    expect([seen.left, holders.streams]).toEqual([1, 0]);
  });

  test('that lets go twice, or never was one, lets go once', async () => {
    const { holders, seen } = holdersOf();
    const letGo = holders.add();
    const other = holders.hold();
    letGo();
    letGo();
    expect([holders.release('nobody'), seen.left]).toEqual([false, 0]);
    await other.body?.cancel();
    expect([holders.release('2'), seen.left]).toEqual([false, 1]);
  });

  test('by other means counts as one', () => {
    const { holders, seen } = holdersOf();
    const [first, second] = [holders.add(), holders.add()];
    first();
    expect(seen.left).toBe(0);
    second();
    expect([seen.left, holders.streams]).toEqual([1, 0]);
  });

  test('is told when the process was told to stop, and counts no more', async () => {
    const { holders, seen } = holdersOf();
    const next = reading(holders.hold());
    holders.add();
    await next();
    holders.dismiss();
    expect([await next(), await next(), holders.streams, seen.left]).toEqual(['stopping\n', undefined, 0, 0]);
    expect([holders.release('1'), seen.left]).toEqual([false, 0]);
  });
});
