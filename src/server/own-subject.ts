import { healthKeys } from '../core/health-keys.ts';
import type { Upstream } from '../core/upstream.ts';
import type { CredentialNames } from '../proxy/credential-names.ts';
import type { Subject } from '../proxy/subject.ts';

/** An upstream as it is without any client: with its own credential, for no model. */
export function ownSubject(upstream: Upstream, credentials: CredentialNames): Subject {
  return { upstream, keys: healthKeys(upstream, credentials.own(upstream), null) };
}
