import { clientCredentials } from '../auth/credential.ts';
import type { Inbound, Upstream } from '../core/upstream.ts';

/** Names that stand for credentials: the same credential has the same name, and the name does not reveal it. */
export interface CredentialNames {
  /** The name of what the upstream would be sent for this request; null when that is nothing. */
  of(upstream: Upstream, inbound: Pick<Inbound, 'headers'>): string | null;
  /** The name of the upstream's own, which it is sent without any client; null when there is none. */
  own(upstream: Upstream): string | null;
}

/** Characters of a name: 64 bits, for telling a few apart. */
const LENGTH = 16;
/** Clients send what they like: beyond so many of one upstream all are worked out anew. */
const MOST = 500;

/** @param salt random, and kept where names must be the same after a restart */
export function credentialNames(salt: string): CredentialNames {
  const nobody = { headers: new Headers() };
  const known = new WeakMap<Upstream, Map<string, string | null>>();

  function name(upstream: Upstream, inbound: Pick<Inbound, 'headers'>): string | null {
    // A key may also stand in the configuration's own headers.
    const sent = [...(upstream.auth(new Headers(upstream.extraHeaders), inbound)?.values() ?? [])];
    if (sent.length === 0) return null;
    return new Bun.CryptoHasher('sha256')
      .update(`${salt}\0${sent.join('\0')}`)
      .digest('hex')
      .slice(0, LENGTH);
  }

  /** The same few credentials come with every request, and nothing else of it is in the name. */
  function remembered(upstream: Upstream, inbound: Pick<Inbound, 'headers'>): string | null {
    const names = known.get(upstream) ?? new Map<string, string | null>();
    if (names.size === 0) known.set(upstream, names);
    const presented = clientCredentials(inbound.headers);
    // No header holds a NUL.
    const key = presented.map(({ kind, value }) => `${kind} ${value}`).join('\0');
    const found = names.get(key);
    if (found !== undefined) return found;
    const fresh = name(upstream, inbound);
    if (names.size >= MOST) names.clear();
    names.set(key, fresh);
    return fresh;
  }

  return {
    own: (upstream) => remembered(upstream, nobody),
    of: (upstream, inbound) => remembered(upstream, upstream.takesClientCredential ? inbound : nobody),
  };
}
