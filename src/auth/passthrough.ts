import type { Auth } from '../core/upstream.ts';
import { clientCredentials, OAUTH_BETA } from './credential.ts';

/** Whose credential Anthropic is sent. */
export interface PassthroughOptions {
  /** ccproxy's key, for requests that come with no credential or with the placeholder. */
  ownKey?: string;
  /** `client`: the client's own where it has one · `own`: always ccproxy's. */
  mode: 'client' | 'own';
}

/** For Anthropic alone: the client's credential in the headers it came in, else ccproxy's key, else null. */
export function passthroughAuth({ ownKey, mode }: PassthroughOptions): Auth {
  return (headers, inbound) => {
    const own = mode === 'own' ? [] : clientCredentials(inbound.headers);
    for (const credential of own) {
      if (credential.kind === 'api-key') headers.set('x-api-key', credential.value);
      else headers.set('authorization', `Bearer ${credential.value}`);
    }
    if (own.length > 0) return headers;
    if (ownKey === undefined) return null;
    headers.set('x-api-key', ownKey);
    withoutBeta(headers, OAUTH_BETA);
    return headers;
  };
}

function withoutBeta(headers: Headers, beta: string): void {
  const betas = headers.get('anthropic-beta');
  if (betas === null) return;
  const kept = betas.split(',').filter((name) => name.trim() !== beta);
  if (kept.length === 0) headers.delete('anthropic-beta');
  else headers.set('anthropic-beta', kept.join(','));
}
