/** Long texts are counted once, and not too many of them are kept. */
import { expect, test } from 'bun:test';
import { rememberCounts } from '../../src/core/remembered-counts.ts';

function counting() {
  const asked: string[] = [];
  const count = rememberCounts((text) => asked.push(text) * 1000 + text.length);
  return { asked, count };
}

test('a long text is counted once, however it was made', () => {
  const { asked, count } = counting();
  const first = count('a'.repeat(500));
  expect(count(['a'.repeat(250), 'a'.repeat(250)].join(''))).toBe(first);
  expect(asked.length).toBe(1);
  expect(count(`${'a'.repeat(499)}b`)).not.toBe(first);
});

test('a short text is not kept, and neither is one that alone is too long', () => {
  const { asked, count } = counting();
  for (const text of ['a', 'a'.repeat(499), 'a'.repeat((1 << 20) + 1)]) {
    count(text);
    count(text);
  }
  expect(asked.length).toBe(6);
});

test('when there are too many, all are forgotten but the last', () => {
  const { asked, count } = counting();
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(400_000));
  for (const text of texts) count(text);
  expect(asked.length).toBe(3);
  count(texts[2] ?? '');
  expect(asked.length).toBe(3);
  count(texts[0] ?? '');
  expect(asked.length).toBe(4);
});
