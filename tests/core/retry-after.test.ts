/** When an upstream says it will serve again. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { retryAt } from '../../src/core/retry-after.ts';
import { NOON } from '../support/manual-clock.ts';

const DAY = 24 * 3_600_000;
const http = (at: number) => new Date(at).toUTCString();
const rfc3339 = (at: number) => new Date(at).toISOString();

/** How long from now; null for nothing that can be used. */
const wait = (headers: Record<string, string>) => {
  const at = retryAt(new Headers(headers), NOON);
  return at === undefined ? null : at - NOON;
};

describe('the wait', () => {
  test.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': ' 1.5 ' }, 1_500],
    [{ 'retry-after': '' }, null],
    [{ 'retry-after': '-5' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': 'Infinity' }, null],
    [{ 'retry-after': '99999999999' }, null],
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 1_000],
    [{ 'retry-after-ms': 'x', 'retry-after': '1' }, 1_000],
    [{ 'retry-after': http(NOON + 60_000) }, 60_000],
    [{ 'retry-after': http(NOON - 60_000) }, 0],
    [{ 'retry-after': http(NOON + 60_000), date: http(NOON + 50_000) }, 10_000],
    [{ 'retry-after': http(NOON + 40 * DAY) }, null],
    [{ 'anthropic-ratelimit-requests-reset': rfc3339(NOON + 9_000) }, null],
    [
      {
        'anthropic-ratelimit-requests-remaining': '3',
        'anthropic-ratelimit-requests-reset': rfc3339(NOON + 9_000),
      },
      null,
    ],
    [
      {
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': rfc3339(NOON + 9_000),
      },
      9_000,
    ],
    [
      {
        'retry-after': '2',
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': rfc3339(NOON + 9_000),
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': rfc3339(NOON + 5_000),
      },
      9_000,
    ],
    [
      {
        date: http(NOON + 4_000),
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': rfc3339(NOON + 9_000),
      },
      5_000,
    ],
    [{ 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': 'x' }, null],
    [
      {
        'anthropic-ratelimit-unified-status': 'allowed',
        'anthropic-ratelimit-unified-reset': String(NOON / 1000 + 60),
      },
      null,
    ],
    [
      {
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-reset': String(NOON / 1000 + 3_600),
      },
      3_600_000,
    ],
    [{ 'anthropic-ratelimit-unified-status': 'rejected' }, null],
  ])('of %p is %p', (headers, expected) => {
    expect(wait(headers)).toBe(expected);
  });

  test('is never before now, whatever a server says', () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((at) => at.toUTCString()),
    );
    const plain = value.map((text) => text.replace(/[^\x20-\x7e]/g, ''));
    fc.assert(
      fc.property(plain, plain, plain, (after, ms, date) => {
        const at = wait({ 'retry-after': after, 'retry-after-ms': ms, date });
        if (at !== null) expect(at).toBeWithin(0, 31 * DAY + 1);
      }),
    );
  });
});
