import type { Upstream } from './upstream.ts';
import type { Scope } from './verdict.ts';

/**
 * What a request to an upstream hangs on. Each has a breaker of its own, and all of them must let it through: two upstreams
 * can share a host, one upstream serves several models, and a limit is one credential's. Addresses are part of the keys, so
 * that an upstream that was given another address starts afresh.
 */
export type HealthKeys = Readonly<Record<'host' | 'upstream', string>> & {
  /** Absent where no credential is sent. */
  readonly credential?: string;
  /** Absent for a probe, which asks for no model. */
  readonly model?: string;
};

type Place = Pick<Upstream, 'name' | 'base'>;

/** Widest first: what is wrong with a wider one is not held against the narrower. */
export const SCOPES: readonly Scope[] = ['host', 'upstream', 'credential', 'model'];

/**
 * @param credential a name that stands for the credential and does not reveal it; null where none is sent
 * @param model the upstream's name for it; null for a probe
 */
export function healthKeys(upstream: Place, credential: string | null, model: string | null): HealthKeys {
  const { host, place } = addressOf(upstream);
  return {
    host,
    upstream: `upstream ${place}`,
    ...(credential === null ? {} : { credential: `credential ${place} ${credential}` }),
    ...(model === null ? {} : { model: `model ${place} ${credential ?? '-'} ${model}` }),
  };
}

/** What is the same in all keys of an upstream, made once: it is asked for with every request. */
const ADDRESSES = new WeakMap<Place, { host: string; place: string }>();

function addressOf(upstream: Place): { host: string; place: string } {
  const known = ADDRESSES.get(upstream);
  if (known !== undefined) return known;
  const { name, base } = upstream;
  const fresh = { host: `host ${new URL(base).origin}`, place: `${name} ${base}` };
  ADDRESSES.set(upstream, fresh);
  return fresh;
}

/** Whether a key belongs to the upstream itself, or to its credentials and models; its host's may be shared. */
export function isOf(upstream: Place, key: string): boolean {
  const { place } = addressOf(upstream);
  return (
    key === `upstream ${place}` || key.startsWith(`credential ${place} `) || key.startsWith(`model ${place} `)
  );
}

/** The upstream's name for the model of a model's key; undefined for any other. */
export function modelOf(key: string): string | undefined {
  const [scope, , , , ...model] = key.split(' ');
  return scope === 'model' ? model.join(' ') : undefined;
}
