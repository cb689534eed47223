import { healthKeys } from '../core/health-keys.ts';
import type { Upstream } from '../core/upstream.ts';

type Place = Pick<Upstream, 'name' | 'base'>;

const LENGTH = 16;

/** How many words follow the address; a model's name may have spaces. */
const WHOLE = new Map<string, (words: number) => boolean>([
  ['upstream', (words) => words === 0],
  ['credential', (words) => words === 1],
  ['model', (words) => words >= 2],
]);

/** A breaker's key as the file has it: the address, in which a key may stand, as a salted hash. */
export function fileKey(salt: string, key: string): string {
  const [scope = '', name = '', base = '', ...rest] = key.split(' ');
  return scope === 'host' ? key : [scope, name, hash(salt, base), ...rest].join(' ');
}

/** From a key of the file to the breaker's own; null for one of an upstream that is not among these. */
export function storeKey(salt: string, upstreams: readonly Place[]): (name: string) => string | null {
  const hosts = new Set(upstreams.map((upstream) => healthKeys(upstream, null, null).host));
  const bases = new Map(upstreams.map(({ name, base }) => [`${name} ${hash(salt, base)}`, base]));
  return (fromFile) => {
    if (fromFile.startsWith('host ')) return hosts.has(fromFile) ? fromFile : null;
    const [scope = '', name = '', hashed = '', ...rest] = fromFile.split(' ');
    const base = bases.get(`${name} ${hashed}`);
    const isWhole = WHOLE.get(scope)?.(rest.length) ?? false;
    return base !== undefined && isWhole ? [scope, name, base, ...rest].join(' ') : null;
  };
}

function hash(salt: string, base: string): string {
  return new Bun.CryptoHasher('sha256').update(`${salt}\0${base}`).digest('hex').slice(0, LENGTH);
}
