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

/** @param salt random, and kept where names must be the same after a restart */
export function credentialNames(salt: string): CredentialNames {
  const nobody = { headers: new Headers() };
  const known = new WeakMap<Upstream, WeakMap<Headers, string | null>>();

  function name(upstream: Upstream, inbound: Pick<Inbound, 'headers'>): string | null {
    // A key may also stand in the configuration's own headers.
    const sent = [...(upstream.auth(new Headers(upstream.extraHeaders), inbound)?.values() ?? [])];
    if (sent.length === 0) return null;
    return new Bun.CryptoHasher('sha256')
      .update(`${salt}\0${sent.join('\0')}`)
      .digest('hex')
      .slice(0, LENGTH);
  }

  /** A request's headers do not change once it came in, and are asked about for each of its attempts. */
  function remembered(upstream: Upstream, inbound: Pick<Inbound, 'headers'>): string | null {
    const names = known.get(upstream) ?? new WeakMap<Headers, string | null>();
    known.set(upstream, names);
    const found = names.get(inbound.headers);
    if (found !== undefined) return found;
    const fresh = name(upstream, inbound);
    names.set(inbound.headers, fresh);
    return fresh;
  }

  return {
    own: (upstream) => remembered(upstream, nobody),
    of: (upstream, inbound) => remembered(upstream, upstream.takesClientCredential ? inbound : nobody),
  };
}
