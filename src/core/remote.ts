import { isLoopback } from './loopback.ts';
import type { Upstream } from './upstream.ts';

/** Addresses of a network at home or at work, and names that only such a network knows. */
const NEARBY =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[f[cd][0-9a-f]{2}:|\[fe80:)|^[^.:[\]]+$|\.(?:local|lan|home\.arpa|internal)$/;

const KNOWN = new WeakMap<object, boolean>();

/**
 * Whether the way to an upstream leads out into the world: when our connection to that is gone, it is not the upstream's
 * fault. A machine next door says nothing of it, nor this one.
 */
export function isRemote(upstream: Pick<Upstream, 'base'>): boolean {
  const known = KNOWN.get(upstream);
  if (known !== undefined) return known;
  const { hostname } = new URL(upstream.base);
  const isFar = !isLoopback(hostname) && !NEARBY.test(hostname);
  KNOWN.set(upstream, isFar);
  return isFar;
}
