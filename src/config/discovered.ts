import { isLoopback } from '../core/loopback.ts';
import { type Draft, isReferenceIn, placeIn, showIn } from './draft.ts';
import type { Endpoint } from './endpoint.ts';
import type { Problem } from './problem.ts';

/**
 * What a discovered file must not do: a cloned repository may bring a `ccproxy.toml`, and starting there must not hand
 * it anyone's key. Only addresses that the file itself sets are in question; the environment is the user's own.
 */
export function findTrespasses(draft: Draft, endpoint: Endpoint, credentialSent: boolean): Problem[] {
  if (endpoint.source !== 'file' || isAtHome(draft, endpoint.base)) return [];
  const leaking = ['base_url', 'headers', 'models'].filter((key) => isReferenceIn(draft, key));
  const written = Object.keys(draft.table.headers ?? {}).some((name) =>
    /auth|key|token|cookie|secret/i.test(name),
  );
  if (!credentialSent && leaking.length === 0 && !written) return [];
  return [
    {
      ...placeIn(draft, 'base_url'),
      what: `a discovered ccproxy.toml may not send ${leaking.length > 0 ? 'values of the environment' : 'a credential'} to this host`,
      found: showIn(draft, 'base_url'),
      allowed: `this machine${draft.provider.base === null ? '' : `, or ${new URL(draft.provider.base).origin}`}`,
      hint: 'if you trust the file, name it: --config ./ccproxy.toml',
    },
  ];
}

function isAtHome(draft: Draft, base: string): boolean {
  const { hostname, origin } = new URL(base);
  if (isLoopback(hostname)) return true;
  return draft.provider.base !== null && new URL(draft.provider.base).origin === origin;
}
