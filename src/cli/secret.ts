import { badHeaderValue } from '../config/credential.ts';
import { isSecretName, NoKeychain, SECRET_NAME_WORDS } from '../config/references.ts';
import type { Clock } from '../core/runtime.ts';
import { EXIT, Exit } from './exit.ts';
import { answered, type systemKeychain } from './keychain.ts';

/** What a secret is stored with. */
export interface SecretParts {
  keychain: Pick<typeof systemKeychain, 'set' | 'remove'>;
  clock: Clock;
  /** The value, typed unseen or piped in. */
  value(name: string): Promise<string>;
}

/**
 * `ccproxy secret set NAME`: keeps a value in the keychain, instead of one that is there. Returns what to say.
 * @throws Exit 2 for a name or value that cannot be one, 1 when there is no keychain
 */
export async function setSecret(name: string, { keychain, clock, value }: SecretParts): Promise<string> {
  assertName(name);
  const secret = (await value(name)).trim();
  if (secret === '') throw new Exit(EXIT.usage, `no value for ${name}: type it in a terminal, or pipe it in`);
  const bad = badHeaderValue(secret);
  if (bad !== undefined) throw new Exit(EXIT.usage, `the value of ${name} cannot be a key: it holds ${bad}`);
  await orFailed(answered(() => keychain.set(name, secret), clock));
  return `the keychain has ${name}; in ccproxy.toml it is "\${keychain:${name}}"`;
}

/**
 * `ccproxy secret remove NAME`: takes it out of the keychain. Returns what to say.
 * @throws Exit 2 for a name that cannot be one, 1 when there is no such secret or no keychain
 */
export async function removeSecret(name: string, { keychain, clock }: SecretParts): Promise<string> {
  assertName(name);
  const wasThere = await orFailed(answered(() => keychain.remove(name), clock));
  if (!wasThere) throw new Exit(EXIT.failed, `the keychain has no secret ${name}, or is locked`);
  return `the keychain has ${name} no more`;
}

function assertName(name: string): void {
  // A key that was given instead of its name is not repeated.
  if (!isSecretName(name))
    throw new Exit(EXIT.usage, `not a name for a secret; allowed: ${SECRET_NAME_WORDS}`);
}

async function orFailed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof NoKeychain ? new Exit(EXIT.failed, error.message) : error;
  }
}
