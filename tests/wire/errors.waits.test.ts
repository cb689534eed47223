/** How long to wait, as a refusal says it: in words, in fields, in the headers that it repeats. */
import { describe, expect, test } from 'bun:test';
import { explained, google, openai } from '../support/refusals.ts';

const date = 'Thu, 05 Nov 2026 12:00:00 GMT';
const now = Date.parse(date);
const SECOND = 1_000;

const retryInfo = (message: string, retryDelay: unknown) =>
  google(429, 'RESOURCE_EXHAUSTED', message, [{ '@type': 'x' }, { retryDelay }]);
const openrouter = (headers: object, more: object = {}) => ({
  error: {
    message: 'Rate limit exceeded: free-models-per-day.',
    code: 429,
    metadata: { headers, provider_name: null, ...more },
  },
});

describe('the wait that a body names', () => {
  const CASES: [who: string, headers: Record<string, string>, body: unknown, waitMs: number | null][] = [
    ['Groq', {}, openai('Rate limit reached. Please try again in 7.66s. Visit…'), 7660],
    ['Groq, for longer', {}, openai('Rate limit reached. Please try again in 1m7.66s. Visit…'), 67_660],
    ['OpenAI', {}, openai('Rate limit reached on requests per min. Please try again in 20s.'), 20 * SECOND],
    ['OpenAI, for a moment', {}, openai('Rate limit reached. Please try again in 248ms.'), 248],
    ['OpenAI, for a day', {}, openai('Please try again in 1h12m3.5s.'), 4_323_500],
    [
      'Azure',
      {},
      openai('You have exceeded the call rate limit. Please retry after 20 seconds.'),
      20 * SECOND,
    ],
    ['Moonshot', {}, openai('max RPM: 3, please try again after 1 seconds'), SECOND],
    ['LiteLLM', {}, openai('No deployments available, Try again in 5 seconds. Passed model=x'), 5 * SECOND],
    ['a gateway', {}, openai('All accounts are limited (reset after 29s)'), 29 * SECOND],
    ['in other words', {}, openai('Please wait 12 seconds before you go on.'), 12 * SECOND],
    ['in other words', {}, openai('Please wait for 2 minutes.'), 120 * SECOND],
    ['in other words', {}, openai('The limit resets in 2h 5m'), 7_500 * SECOND],
    ['in the words of a header', {}, openai('Too many requests. Retry-After: 30s'), 30 * SECOND],
    ['Gemini', {}, retryInfo('no', '34.4s'), 34_400],
    ['Gemini, in parts', {}, retryInfo('no', { seconds: 34, nanos: 400_000_000 }), 34_400],
    ['Gemini, in words as well', {}, retryInfo('Please retry in 40.5s.', '34.4s'), 40_500],
    ['Gemini, for half a day', {}, retryInfo('no', '35625s'), 35_625 * SECOND],
    ['Gemini, without any quota', {}, retryInfo('Quota exceeded, limit: 0, model: x', '46s'), null],
    [
      'OpenRouter',
      { date },
      openrouter({ 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': `${now + 90_000}` }),
      90_000,
    ],
    [
      'OpenRouter, in seconds',
      { date },
      openrouter({ 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': `${(now + 90_000) / 1000}` }),
      90_000,
    ],
    ['OpenRouter, of what is behind it', {}, openrouter({ 'Retry-After': '11' }), 11 * SECOND],
    ['OpenRouter, in a field', {}, openrouter({}, { retry_after_seconds: 7 }), 7 * SECOND],
    [
      'OpenRouter, without a clock',
      {},
      openrouter({ 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': `${now + 90_000}` }),
      null,
    ],
    [
      'OpenRouter, of a limit that is not reached',
      { date },
      openrouter({ 'X-RateLimit-Remaining': '5', 'X-RateLimit-Reset': `${now + 90_000}` }),
      null,
    ],
    [
      'what is behind a gateway',
      {},
      {
        error: {
          message: 'Provider returned error',
          code: 429,
          metadata: { raw: 'Please try again in 3s.' },
        },
      },
      3 * SECOND,
    ],
    ['a field', {}, { error: { message: 'no', retry_after: 12 } }, 12 * SECOND],
    ['a field, in digits', {}, { error: { message: 'no', retry_after: '12.5' } }, 12_500],
    ['a field, with its unit', {}, { error: { message: 'no', retryAfter: '1m2.5s' } }, 62_500],
    ['a field in milliseconds', {}, { error: { message: 'no', retry_after_ms: 250 } }, 250],
    ['a field around the error', {}, { error: { message: 'no' }, retry_after: 3 }, 3 * SECOND],
    ['nothing', { date }, '', null],
    ['a header, which is read elsewhere', { date, 'retry-after': '30' }, '', null],
    ['a year', {}, retryInfo('no', '31536000s'), null],
    ['less than nothing', {}, { error: { message: 'no', retry_after: -5 } }, null],
    ['no number', {}, { error: { message: 'no', retry_after: 'soon' } }, null],
    ['a number without end', {}, '{"error":{"message":"no","retry_after":1e999}}', null],
  ];

  test.each(CASES)('%s (%p)', (_who, headers, body, waitMs) => {
    expect(explained(429, body, headers).waitMs ?? null).toBe(waitMs);
  });
});
