import { isLoopback } from './loopback.ts';
import type { Upstream } from './upstream.ts';

/** Addresses of a network at home or at work, and names that only such a network knows. */
const NEARBY =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[f[cd][0-9a-f]{2}:|\[fe80:)|^[^.:[\]]+$|\.(?:local|lan|home\.arpa|internal)$/;

const KNOWN = new WeakMap<object, boolean>();

/** Whether our own network lies between us and an upstream: when that is gone, it is not the upstream's fault. */
export function isRemote(upstream: Pick<Upstream, 'base'>): boolean {
  const known = KNOWN.get(upstream);
  if (known !== undefined) return known;
  const fresh = !isLoopback(new URL(upstream.base).hostname);
  KNOWN.set(upstream, fresh);
  return fresh;
}

/** Whether a host other than this machine stands next door: that it is reached says nothing of the world beyond. */
export function isNearby(hostname: string): boolean {
  return !isLoopback(hostname) && NEARBY.test(hostname);
}
