import { NoKeychain, type ReadSecret } from '../config/references.ts';
import type { Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';
import { within } from '../proxy/within.ts';

/** Under what the keychain keeps ccproxy's secrets. */
const SERVICE = 'ccproxy';

/** Whoever unlocks a keychain needs a moment; where nobody sees what it asks, it waits for ever. */
const ANSWER_MS: Ms = 10_000;

/** The system's keychain: macOS's own, Windows' Credential Manager, or on Linux whatever libsecret talks to. */
export const systemKeychain = {
  /** Null where there is none of that name. */
  get: (name: string) => Bun.secrets.get({ service: SERVICE, name }),
  set: (name: string, value: string) => Bun.secrets.set({ service: SERVICE, name, value }),
  /** Whether there was one. */
  remove: (name: string) => Bun.secrets.delete({ service: SERVICE, name }),
};

/**
 * Reads secrets one after the other, so that a locked keychain asks once, and each name once. Where one is not to be had
 * within 10 s, the others are not waited for.
 */
export function createKeychain(get: typeof systemKeychain.get, clock: Clock): ReadSecret {
  const asked = new Map<string, Promise<string | null>>();
  let last: Promise<unknown> = Promise.resolve();
  return (name) => {
    const known = asked.get(name);
    if (known !== undefined) return known;
    const secret = last.then(() => answered(() => get(name), clock));
    asked.set(name, secret);
    last = secret;
    return secret;
  };
}

/**
 * What the keychain answers.
 * @throws NoKeychain when it does not within 10 s, or refuses.
 */
export async function answered<T>(ask: () => Promise<T>, clock: Clock): Promise<T> {
  // Wrapped: a secret may be any word.
  let answer: { value: T } | 'later';
  try {
    answer = await within(
      ask().then((value) => ({ value })),
      ANSWER_MS,
      clock,
    );
  } catch (error) {
    throw new NoKeychain(wordsOf(error));
  }
  if (answer !== 'later') return answer.value;
  const seconds = ANSWER_MS / 1000;
  throw new NoKeychain(
    `the keychain did not answer within ${seconds} s: it may be locked, or ask where nobody sees it`,
  );
}

/** Of an error of Bun's: the code says what the platform's words are about. */
function wordsOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_SECRETS_PLATFORM_ERROR') return `the keychain refuses: ${message}`;
  return `there is no keychain here: ${message}`;
}
