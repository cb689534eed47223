/** What a failure is called: people read it in the log, in `status` and in the client. */
import { describe, expect, test } from 'bun:test';
import {
  explainNative as anthropic,
  explainNativeEvent as anthropicEvent,
} from '../../src/wire/dialects/anthropic/explain.ts';
import { explain as openai, explainInStream as openaiEvent } from '../../src/wire/errors/explain.ts';

const NONE = new Headers();
const SECRET = 'the garden is closed';
const body = (type: string, message = SECRET, more: object = {}) =>
  JSON.stringify({ type: 'error', error: { type, message, ...more } });
const limited = (claim: string) =>
  new Headers({
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-representative-claim': claim,
  });
const NO_MONEY = 'the credit or a spend limit is used up';

describe('the Messages API', () => {
  test.each<[status: number, body: string, headers: Headers, words: string]>([
    [500, body('api_error'), NONE, '500 api error'],
    [200, body('api_error'), NONE, '200 api error'],
    [529, body('overloaded_error'), NONE, '529 overloaded'],
    [500, body('overloaded_error'), NONE, '500 overloaded'],
    [429, body('rate_limit_error'), NONE, '429 rate limit error'],
    [401, body('authentication_error'), NONE, '401 authentication error'],
    [413, body('request_too_large'), NONE, '413 request too large'],
    [502, '<html>', NONE, '502 with an HTML page'],
    [500, '', NONE, 'status 500'],
    [402, body('billing_error'), NONE, `402: ${NO_MONEY}`],
    [402, '', NONE, `402: ${NO_MONEY}`],
    [400, body('invalid_request_error', 'Your credit balance is too low.'), NONE, `400: ${NO_MONEY}`],
    [
      429,
      body('rate_limit_error', SECRET, { details: { error_code: 'enforced_spend_limit_reached' } }),
      NONE,
      `429: ${NO_MONEY}`,
    ],
    [429, body('rate_limit_error'), limited('five_hour'), "429: the subscription's limit is reached"],
    [
      429,
      body('rate_limit_error'),
      limited('seven_day_opus'),
      "429: the subscription's limit of this model is reached",
    ],
  ])('%p %s', (status, text, headers, words) => {
    expect(anthropic(status, headers, text).message).toBe(words);
  });

  test.each([
    ['api_error', SECRET, 'an error event: api error'],
    ['overloaded_error', SECRET, 'an error event: overloaded'],
    ['billing_error', SECRET, `an error event: ${NO_MONEY}`],
    ['invalid_request_error', 'Your credit balance is too low.', `an error event: ${NO_MONEY}`],
    ['', SECRET, 'an error event: of no known type'],
  ])('an event %p %s', (type, message, words) => {
    expect(anthropicEvent(body(type, message)).message).toBe(words);
  });
});

describe('anybody else, in either API', () => {
  const error = (message: string, more: object = {}) => JSON.stringify({ error: { message, ...more } });
  test.each<[status: number, body: string, words: string]>([
    [402, error('Insufficient credits'), `402: ${NO_MONEY}: Insufficient credits`],
    [402, '', `402: ${NO_MONEY}`],
    [429, error('You exceeded it.', { code: 'insufficient_quota' }), `429: ${NO_MONEY}: You exceeded it.`],
    [
      429,
      error('You exceeded your current quota.', { status: 'RESOURCE_EXHAUSTED' }),
      '429: the quota is used up: You exceeded your current quota.',
    ],
    [429, error('Slow down'), '429: Slow down'],
    [529, error('', { type: 'overloaded_error' }), '529: overloaded'],
    [500, error('Overloaded_Error: overloaded_error'), '500: overloaded: overloaded'],
    [500, '', 'status 500'],
    [500, body('api_error'), `500: ${SECRET}`],
    [529, body('overloaded_error', 'Overloaded'), '529: Overloaded'],
    [529, body('overloaded_error', ''), '529: overloaded'],
    [402, body('billing_error', ''), `402: ${NO_MONEY}: billing_error`],
    [502, '<html><title>502 Bad Gateway</title>', '502: 502 Bad Gateway'],
    [502, '<html>', '502: an HTML page'],
  ])('%p %s', (status, text, words) => {
    expect(openai(status, NONE, text).message).toBe(words);
  });

  test('an error inside a stream', () => {
    const { message } = openaiEvent({ error: { message: 'Insufficient credits', code: 402 } });
    expect(message).toBe(`402: ${NO_MONEY}: Insufficient credits`);
    expect(openaiEvent({ error: { type: 'overloaded_error' } }).message).toBe('529: overloaded');
  });
});
