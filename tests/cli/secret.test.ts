// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { describe, expect, test } from 'bun:test';
import { Exit } from '../../src/cli/exit.ts';
import { removeSecret, type SecretParts, setSecret } from '../../src/cli/secret.ts';
import { manualClock } from '../support/manual-clock.ts';

/** A keychain in memory, and a user who types `value`. */
function setUp(value = 'secret-value', refuse?: Error) {
  const kept = new Map<string, string>();
  const parts: SecretParts = {
    keychain: {
      async set(name, secret) {
        if (refuse !== undefined) throw refuse;
        kept.set(name, secret);
      },
      remove: async (name) => kept.delete(name),
    },
    clock: manualClock(),
    value: async () => value,
  };
  return { kept, parts };
}

const exitOf = async (command: Promise<string>) => {
  const error = await command.catch((thrown: unknown) => thrown);
  return error instanceof Exit ? [error.code, error.message] : error;
};

describe('a secret', () => {
  test('is stored without what was piped in behind it, and removed', async () => {
    const { kept, parts } = setUp('secret-value\n');
    expect(await setSecret('work/groq', parts)).toContain('"${keychain:work/groq}"');
    expect([...kept]).toEqual([['work/groq', 'secret-value']]);
    await removeSecret('work/groq', parts);
    expect(kept.size).toBe(0);
    expect(await exitOf(removeSecret('work/groq', parts))).toEqual([
      1,
      expect.stringContaining('no secret work/groq'),
    ]);
  });

  test.each([
    ['', 'no value'],
    [' \n', 'no value'],
    ['a\nb', 'a line break'],
    ['é', 'outside ASCII'],
  ])('is not stored when it is %j', async (value, words) => {
    const { kept, parts } = setUp(value);
    expect(await exitOf(setSecret('groq', parts))).toEqual([2, expect.stringContaining(words)]);
    expect(kept.size).toBe(0);
  });

  test.each(['', 'a b', '-x', 'sk-ant-0123456789abcdef'])('has a name of its own, not %j', async (name) => {
    const said = await exitOf(setSecret(name, setUp().parts));
    expect(said).toEqual([2, expect.stringContaining('not a name for a secret')]);
    expect(JSON.stringify(said)).not.toContain('0123456789');
  });

  test('is not stored where there is no keychain', async () => {
    const refused = Object.assign(new Error('libsecret not available'), {
      code: 'ERR_SECRETS_PLATFORM_ERROR',
    });
    const said = await exitOf(setSecret('groq', setUp('secret-value', refused).parts));
    expect(said).toEqual([1, 'there is no keychain here: libsecret not available']);
  });
});
