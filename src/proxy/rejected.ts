import { type Credential, clientCredentials } from '../auth/credential.ts';
import type { Ms } from '../core/failure.ts';
import { recent } from './recent.ts';

/** How long a credential that Anthropic rejected is not sent there again. */
const REMEMBER_MS: Ms = 5 * 60_000;

/**
 * Client credentials that Anthropic has just rejected with 401. Kept in memory only, as salted hashes: what is kept is no
 * use to anyone who reads it.
 */
export interface RejectedCredentials {
  /** True when this client's credential was rejected within the last five minutes. */
  knows(headers: Headers, now: Ms): boolean;
  /** Notes a rejection; true when it is news. */
  note(headers: Headers, now: Ms): boolean;
  /** Forgets them all. */
  forget(): void;
}

/** @param salt random, of this process. */
export function rejectedCredentials(salt: string): RejectedCredentials {
  let known = recent<true>(REMEMBER_MS, 1000);
  const keys = (headers: Headers) => clientCredentials(headers).map((credential) => hash(salt, credential));
  return {
    knows: (headers, now) =>
      // Nothing is hashed while nothing is known, which is nearly always.
      known.size > 0 && keys(headers).some((key) => known.get(key, now) !== undefined),
    note(headers, now) {
      const fresh = keys(headers).filter((key) => known.get(key, now) === undefined);
      for (const key of fresh) known.set(key, true, now);
      return fresh.length > 0;
    },
    forget() {
      known = recent<true>(REMEMBER_MS, 1000);
    },
  };
}

function hash(salt: string, { kind, value }: Credential): string {
  return new Bun.CryptoHasher('sha256').update(`${salt}\0${kind}\0${value}`).digest('hex');
}
