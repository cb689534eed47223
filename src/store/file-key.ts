import { healthKeys } from '../core/health-keys.ts';
import type { Upstream } from '../core/upstream.ts';

/** What a breaker's key is made of. */
export type Place = Pick<Upstream, 'name' | 'base'>;

const LENGTH = 16;

/** How many words follow the address; a model's name may have spaces. */
const WHOLE = new Map<string, (words: number) => boolean>([
  ['upstream', (words) => words === 0],
  ['credential', (words) => words === 1],
  ['model', (words) => words >= 2],
]);

const HASHED = new RegExp(`^[0-9a-f]{${LENGTH}}$`);

/** A breaker's key as the file has it: the address, in which a key may stand, as a salted hash. */
export function fileKey(salt: string, key: string): string {
  const [scope = '', name = '', base = '', ...rest] = key.split(' ');
  return scope === 'host' ? key : [scope, name, hash(salt, base), ...rest].join(' ');
}

/** The key in the file of what is held out by hand: that is an upstream, wherever it is. */
export function heldKey(name: string): string {
  return `upstream ${name}`;
}

/** Whether a key of the file can be that of a breaker with an address. */
export function isFileKey(key: string): boolean {
  const [scope = '', , hashed = '', ...rest] = key.split(' ');
  if (scope === 'host') return URL.canParse(key.slice('host '.length));
  return HASHED.test(hashed) && (WHOLE.get(scope)?.(rest.length) ?? false);
}

/** The name of the upstream that a key belongs to, in memory or in the file; null for a host's, which may be shared. */
export function ownerOf(key: string): string | null {
  const [scope, name = ''] = key.split(' ');
  return scope === 'host' ? null : name;
}

/** From a key of the file to the breaker's own; null for one of an upstream that is not among these. */
export function storeKey(salt: string, upstreams: readonly Place[]): (name: string) => string | null {
  const hosts = new Set(upstreams.map((upstream) => healthKeys(upstream, null, null).host));
  const bases = new Map(upstreams.map(({ name, base }) => [`${name} ${hash(salt, base)}`, base]));
  return (fromFile) => {
    if (fromFile.startsWith('host ')) return hosts.has(fromFile) ? fromFile : null;
    const [scope = '', name = '', hashed = '', ...rest] = fromFile.split(' ');
    const base = bases.get(`${name} ${hashed}`);
    return base === undefined ? null : [scope, name, base, ...rest].join(' ');
  };
}

function hash(salt: string, base: string): string {
  return new Bun.CryptoHasher('sha256').update(`${salt}\0${base}`).digest('hex').slice(0, LENGTH);
}
