import { describe, expect, test } from 'bun:test';
import { createKeychain } from '../../src/cli/keychain.ts';
import { NoKeychain } from '../../src/config/references.ts';
import { manualClock } from '../support/manual-clock.ts';

/** A keychain that answers when the test says so. */
function setUp() {
  const clock = manualClock();
  const asked: string[] = [];
  const answers = new Map<string, PromiseWithResolvers<string | null>>();
  const answer = (name: string) => {
    const known = answers.get(name) ?? Promise.withResolvers<string | null>();
    answers.set(name, known);
    return known;
  };
  const read = createKeychain((name) => {
    asked.push(name);
    return answer(name).promise;
  }, clock);
  return { read, clock, asked, answer };
}

const failing = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('the keychain', () => {
  test('is asked for one secret after the other, and once for each', async () => {
    const { read, clock, asked, answer } = setUp();
    const all = Promise.all([read('a'), read('b'), read('a')]);
    await clock.advance(0);
    expect(asked).toEqual(['a']);
    answer('a').resolve('first');
    answer('b').resolve(null);
    expect(await all).toEqual(['first', null, 'first']);
    expect(asked).toEqual(['a', 'b']);
    expect(clock.waiting).toEqual([]);
  });

  test('that does not answer is waited for 10 s, not for every secret, and not asked again', async () => {
    const { read, clock, asked } = setUp();
    const all = Promise.allSettled([read('a'), read('b')]);
    await clock.advance(9_999);
    expect(clock.waiting).toHaveLength(1);
    await clock.advance(1);
    const reason = expect.objectContaining({
      message: expect.stringContaining('did not answer within 10 s'),
    });
    expect(await all).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    expect(asked).toEqual(['a']);
  });

  test('may hold any word', async () => {
    const { read, answer } = setUp();
    answer('a').resolve('later');
    expect(await read('a')).toBe('later');
  });

  test.each([
    [
      'ERR_SECRETS_PLATFORM_ERROR',
      'libsecret not available',
      'there is no keychain here: libsecret not available',
    ],
    ['ERR_SECRETS_AUTH_FAILED', 'denied', 'the keychain refuses: denied'],
  ])('that cannot be asked is told in words: %s', async (code, message, words) => {
    const { read, answer } = setUp();
    answer('a').reject(failing(code, message));
    const error = await read('a').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NoKeychain);
    expect((error as Error).message).toBe(words);
  });
});
