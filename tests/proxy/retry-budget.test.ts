/** What is asked a second time is a small share of what is asked at all. */
import { describe, expect, test } from 'bun:test';
import { type RetryBudgets, retryBudgets } from '../../src/proxy/retry-budget.ts';
import { manualClock } from '../support/manual-clock.ts';

/** How many are granted in a row. */
function granted(ask: () => boolean): number {
  let count = 0;
  while (count < 1000 && ask()) count += 1;
  return count;
}

const retries = (budgets: RetryBudgets, upstream = 'one') => granted(() => budgets.mayRetry(upstream));
const hedges = (budgets: RetryBudgets) => granted(() => budgets.mayHedge());

function note(budgets: RetryBudgets, requests: number, upstream = 'one'): void {
  for (let at = 0; at < requests; at += 1) {
    budgets.noteRequest();
    budgets.noteAsked(upstream);
  }
}

describe('retries', () => {
  test('ten in a row, of an upstream that was never asked too', () => {
    expect(retries(retryBudgets(manualClock()))).toBe(10);
  });

  test.each([
    [4, 0],
    [5, 1],
    [9, 1],
    [10, 2],
    [49, 9],
    [50, 10],
    [51, 10],
    [5000, 10],
  ])('after %i requests more, %i more', (requests, more) => {
    const budgets = retryBudgets(manualClock());
    retries(budgets);
    note(budgets, requests);
    expect(retries(budgets)).toBe(more);
  });

  test('a part of one is kept for the next', () => {
    const budgets = retryBudgets(manualClock());
    retries(budgets);
    for (const expected of [0, 1, 0, 1]) {
      note(budgets, expected === 0 ? 3 : 2);
      expect(retries(budgets)).toBe(expected);
    }
  });

  test('of each upstream are counted apart', () => {
    const budgets = retryBudgets(manualClock());
    expect(retries(budgets, 'one')).toBe(10);
    note(budgets, 5, 'two');
    expect([retries(budgets, 'one'), retries(budgets, 'two')]).toEqual([0, 10]);
  });

  test('are one in five in the long run', () => {
    const budgets = retryBudgets(manualClock());
    let repeated = 0;
    for (let at = 0; at < 10_000; at += 1) {
      budgets.noteRequest();
      budgets.noteAsked('one');
      if (budgets.mayRetry('one')) repeated += 1;
    }
    // The first request finds the bucket full: its share is lost.
    expect(repeated).toBe(10 + Math.floor(9_999 / 5));
  });
});

describe('hedges', () => {
  test('two in a row', () => {
    expect(hedges(retryBudgets(manualClock()))).toBe(2);
  });

  test.each([
    [19, 0],
    [20, 1],
    [39, 1],
    [40, 2],
    [41, 2],
    [5000, 2],
  ])('after %i requests more, %i more', (requests, more) => {
    const budgets = retryBudgets(manualClock());
    hedges(budgets);
    note(budgets, requests);
    expect(hedges(budgets)).toBe(more);
  });

  test('are of all upstreams together', () => {
    const budgets = retryBudgets(manualClock());
    hedges(budgets);
    note(budgets, 10, 'one');
    note(budgets, 10, 'two');
    expect(hedges(budgets)).toBe(1);
  });

  test('are one in twenty in the long run', () => {
    const budgets = retryBudgets(manualClock());
    let hedged = 0;
    for (let at = 0; at < 10_000; at += 1) {
      budgets.noteRequest();
      budgets.noteAsked('one');
      if (budgets.mayHedge()) hedged += 1;
    }
    expect(hedged).toBe(2 + Math.floor(9_999 / 20));
  });
});

test('retries and hedges do not pay for each other', () => {
  const budgets = retryBudgets(manualClock());
  expect(retries(budgets)).toBe(10);
  expect(hedges(budgets)).toBe(2);
});

test('last resorts: five at once, and one more each second, of each upstream apart', async () => {
  const clock = manualClock();
  const budgets = retryBudgets(clock);
  const lastResorts = (upstream: string) => granted(() => budgets.mayInsist(upstream));
  expect([lastResorts('one'), lastResorts('two')]).toEqual([5, 5]);
  await clock.advance(999);
  expect(lastResorts('one')).toBe(0);
  await clock.advance(1);
  expect(lastResorts('one')).toBe(1);
  await clock.advance(3_600_000);
  expect(lastResorts('one')).toBe(5);
});
