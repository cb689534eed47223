/** How long an upstream says that it will not serve. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { dated, headerWait, longest, spokenWait } from '../../src/core/retry-after.ts';
import { NOON } from '../support/manual-clock.ts';

const DAY = 24 * 3_600_000;
const http = (at: number) => new Date(at).toUTCString();
const rfc3339 = (at: number) => new Date(at).toISOString();

const epoch = (at: number) => String(at / 1000);

/** Null for nothing that can be used. */
const wait = (headers: Record<string, string>, now = NOON) => headerWait(new Headers(headers), now) ?? null;

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
    [{ 'retry-after': http(NOON - 60_000) }, null],
    [{ 'retry-after': '2764801' }, null],
    [{ 'retry-after': '2764800' }, 32 * DAY],
    [{ 'retry-after': '1e3' }, null],
    [{ 'retry-after': '2026' }, 2_026_000],
    [{ 'retry-after': 'Monday' }, null],
    [{ 'retry-after': '30s' }, 30_000],
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
        const known = wait({ 'retry-after': after, 'retry-after-ms': ms, date });
        if (known !== null) expect(known).toBeWithin(0, 32 * DAY + 1);
      }),
    );
  });
});

describe('a clock that is off by hours', () => {
  const THEIRS = NOON + 7 * 3_600_000;
  test.each<[string, Record<string, string>]>([
    ['an HTTP date', { 'retry-after': http(THEIRS + 60_000) }],
    [
      'a bucket',
      {
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': rfc3339(THEIRS + 60_000),
      },
    ],
    [
      'a subscription',
      {
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-reset': epoch(THEIRS + 60_000),
      },
    ],
    ['OpenRouter', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(THEIRS + 60_000) }],
  ])('does not matter, theirs is the one they mean: %s', (_, headers) => {
    const date = http(THEIRS);
    for (const now of [NOON, THEIRS, THEIRS + DAY]) expect(wait({ ...headers, date }, now)).toBe(60_000);
    expect(wait({ ...headers, date: 'today' }, THEIRS)).toBe(60_000);
  });
});

describe('the window of a subscription', () => {
  const of = (fields: Record<string, string>) =>
    wait(
      Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]),
      ),
    );
  const hours = (count: number) => epoch(NOON + count * 3_600_000);
  test.each<[string, Record<string, string>, number | null]>([
    ['the common reset', { status: 'rejected', reset: hours(3), '5h-status': 'allowed' }, 3],
    ['the rejected one', { status: 'rejected', '5h-status': 'rejected', '5h-reset': hours(2) }, 2],
    [
      'not the one that still serves',
      {
        status: 'rejected',
        '5h-status': 'allowed_warning',
        '5h-reset': hours(2),
        '7d-status': 'rejected',
        '7d-reset': hours(90),
      },
      90,
    ],
    [
      'the last of two',
      {
        status: 'rejected',
        '7d-status': 'rejected',
        '7d-reset': hours(90),
        '5h-status': 'rejected',
        '5h-reset': hours(2),
      },
      90,
    ],
    ['one of a name never heard', { '9w_new-status': 'rejected', '9w_new-reset': hours(1) }, 1],
    ['of Opus', { status: 'rejected', '7d_opus-status': 'rejected', '7d_opus-reset': hours(50) }, 50],
    [
      'where the common reset is past',
      { status: 'rejected', reset: hours(-1), '5h-status': 'rejected', '5h-reset': hours(4) },
      4,
    ],
    [
      'not when it serves for money',
      { status: 'allowed', 'overage-in-use': 'true', '5h-status': 'rejected', '5h-reset': hours(2) },
      null,
    ],
    [
      'not when only money would not do',
      { 'overage-status': 'rejected', 'overage-reset': hours(300), '5h-status': 'allowed' },
      null,
    ],
    [
      'no longer than itself, whatever money would do',
      {
        status: 'rejected',
        '5h-status': 'rejected',
        '5h-reset': hours(2),
        'overage-status': 'rejected',
        'overage-reset': hours(300),
      },
      2,
    ],
    [
      'money, where nothing else is known',
      { status: 'rejected', 'overage-status': 'rejected', 'overage-reset': hours(300) },
      300,
    ],
    ['nothing of use', { status: 'rejected', '5h-status': 'rejected', '5h-reset': 'soon' }, null],
  ])('is %s', (_, fields, expected) => {
    expect(of(fields)).toBe(expected === null ? null : expected * 3_600_000);
  });

  test('and a header that says otherwise: the later one', () => {
    const headers = {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-reset': hours(3),
    };
    expect(wait({ ...headers, 'retry-after': '7999' })).toBe(3 * 3_600_000);
    expect(wait({ ...headers, 'retry-after': '20000' })).toBe(20_000_000);
  });
});

describe('the limits of OpenAI, Groq and OpenRouter', () => {
  const limit = (name: string, left: string, reset: string) => ({
    [`x-ratelimit-remaining${name}`]: left,
    [`x-ratelimit-reset${name}`]: reset,
  });
  test.each<[Record<string, string>, number | null]>([
    [limit('-requests', '0', '1s'), 1_000],
    [limit('-requests', '0', '6m0s'), 360_000],
    [limit('-tokens', '0', '7.66s'), 7_660],
    [limit('-tokens', '0', '2m59.56s'), 179_560],
    [limit('-tokens', '0', '90ms'), 90],
    [limit('-tokens', '0', '1h2m3s'), 3_723_000],
    [limit('-tokens', '0', '12'), 12_000],
    [limit('-tokens', '-3', '12'), 12_000],
    [limit('-tokens', '5', '9h'), null],
    [limit('-tokens', '', '9h'), null],
    [limit('-tokens', '0', '-9s'), null],
    [limit('-tokens', '0', 'later'), null],
    [{ 'x-ratelimit-reset-tokens': '9h' }, null],
    [{ ...limit('-tokens', '0', '90ms'), ...limit('-requests', '0', '6m0s') }, 360_000],
    [{ ...limit('-tokens', '0', '20s'), 'retry-after': '2' }, 20_000],
    [limit('', '0', String(NOON + 5_000)), 5_000],
    [limit('', '0', epoch(NOON + 5_000)), 5_000],
    [limit('', '0', String(NOON - 5_000)), null],
    [limit('', '0', '1'), 1_000],
    [limit('-tokens', '0', '1m2.5s'), 62_500],
    [limit('-requests', '0', new Date(NOON + 5_000).toISOString()), 5_000],
    // Cerebras says which window it is, and fractions of seconds; Mistral and Together have names of their own.
    [limit('-tokens-minute', '0', '33.38'), 33_380],
    [limit('-requests-day', '0', '33011.382867'), 33_011_383],
    [{ 'ratelimitbysize-remaining': '0', 'ratelimitbysize-reset': '28' }, 28_000],
    [{ 'x-ratelimitbysize-remaining': '0', 'x-ratelimitbysize-reset': '28' }, 28_000],
    [{ 'x-tokenlimit-remaining': '0', 'x-tokenlimit-reset': '7' }, 7_000],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '12' }, 12_000],
    [{ ratelimit: 'limit=100, remaining=0, reset=30' }, 30_000],
    [{ ratelimit: '"minute";r=0;t=30' }, 30_000],
    [{ ratelimit: 'limit=100, remaining=7, reset=30' }, null],
    [{ 'ratelimit-remaining': '0' }, null],
    [{ 'x-remaining': '0', 'x-reset': '9' }, null],
    [{ 'x-ms-retry-after-ms': '250' }, 250],
    [{ 'x-retry-after-ms': '250', 'retry-after-ms': '300' }, 300],
    [{ 'retry-after': '1m2.5s' }, 62_500],
    [{ 'retry-after': epoch(NOON + 5_000) }, 5_000],
  ])('%p: %p', (headers, expected) => {
    expect(wait(headers)).toBe(expected);
  });
});

describe('words', () => {
  const date = http(NOON);
  test.each<[string, number | undefined]>([
    ['Please try again in 7.66s. Visit https://example.test/limits', 7_660],
    ['Please try again in 1m7.66s.', 67_660],
    ['Please retry in 1m2.5s.', 62_500],
    ['please try again in 248ms', 248],
    ['Retry after 20 seconds.', 20_000],
    ['Try again in 5 minutes.', 300_000],
    ['Try again in about 2 hours and 5 minutes', 7_500_000],
    ['try again in 300 milliseconds', 300],
    ['Try again in 3 days.', 3 * DAY],
    ['Try again in 90 days.', undefined],
    ['Please wait 12 seconds.', 12_000],
    ['Please wait for 2 minutes.', 120_000],
    ['(reset after 29s)', 29_000],
    ['It resets in 2h 5m', 7_500_000],
    ['Available again in 1h', 3_600_000],
    ['Retry-After: 30s', 30_000],
    ['Please wait before you try again.', undefined],
    ['It resets at midnight.', undefined],
    ['Try again in 3 moons.', undefined],
    ['Try again later.', undefined],
    ['You will regain access on 2026-01-08 at 00:00 UTC.', 2.5 * DAY],
    ['You will regain access on 2026-01-08.', 2.5 * DAY],
    ['Your limit resets at 2026-01-05T13:00:00Z', 3_600_000],
    ['Your limit will reset at 2026-01-05 13:00:00', undefined],
    ['You will regain access on 2025-12-01 at 00:00 UTC', undefined],
    ['', undefined],
  ])('%s: %p', (message, expected) => {
    expect(spokenWait(message, new Headers({ date }))).toBe(expected as number);
  });

  test('that name a day mean nothing without a clock', () => {
    const message = 'You will regain access on 2026-01-08 at 00:00 UTC';
    expect(spokenWait(message, new Headers())).toBeUndefined();
    expect(spokenWait(message, dated(new Headers(), NOON))).toBe(2.5 * DAY);
    expect(spokenWait(message, dated(new Headers({ date }), NOON + DAY))).toBe(2.5 * DAY);
  });
});

test('of several waits the longest that can be believed counts', () => {
  expect(longest(1, undefined, 3, 2)).toBe(3);
  expect(longest(Number.NaN, -1, 33 * DAY, 7)).toBe(7);
  expect(longest(undefined, Number.POSITIVE_INFINITY)).toBeUndefined();
});
