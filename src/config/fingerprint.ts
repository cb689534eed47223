import { createHmac } from 'node:crypto';
import type { Upstream } from '../core/upstream.ts';
import type { Draft } from './draft.ts';
import type { Settings } from './settings.ts';

/** An upstream, and what it was built from. */
export interface Built {
  draft: Draft;
  upstream: Upstream;
}

/**
 * What tells two configurations apart without telling anything of them: an HMAC, so that nobody can try keys on it but who has
 * the key of it.
 * @returns 64 hexadecimal digits for a key
 */
export function fingerprintOf(
  { server, failover }: Pick<Settings, 'server' | 'failover'>,
  built: readonly Built[],
): (key: string) => string {
  // Where it listens is what others see of it, and no part of what it does.
  const { host: _, port: __, ...rest } = server;
  const text = JSON.stringify([rest, failover, built.map(contentsOf)]);
  return (key) => createHmac('sha256', key).update(text).digest('hex');
}

/** The file's table as it is, and what the environment has to say of it. */
function contentsOf({ draft: { table }, upstream }: Built) {
  const { name, provider, base, maxTokens, model, auth } = upstream;
  return [
    name,
    provider,
    table,
    base,
    maxTokens,
    model(SOME_MODEL),
    [...(auth(new Headers(), CLIENT) ?? [])],
  ];
}

/** The environment names one model for all. */
const SOME_MODEL = 'claude';
/** Some client that presents credentials of its own. */
const CLIENT = { headers: new Headers({ 'x-api-key': 'key', authorization: 'Bearer token' }) };
