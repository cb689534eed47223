import { healthKeys } from '../core/health-keys.ts';
import { isRemote } from '../core/remote.ts';
import { INSTANCE_HEADER } from '../core/runtime.ts';
import type { Inbound, Upstream } from '../core/upstream.ts';
import type { RelayContext } from '../proxy/context.ts';
import { standing } from '../proxy/standing.ts';
import { nativeHeaders } from '../wire/dialects/anthropic/native-headers.ts';

/** The first upstream of the chain that is Anthropic; null when there is none. */
export function firstAnthropic({ chain }: RelayContext): Upstream | null {
  return chain.find(({ native }) => native) ?? null;
}

/** Whether its breakers let a request through that is not one of the relay's, and so does not count for them. */
export function mayBeAsked(
  upstream: Upstream,
  inbound: Pick<Inbound, 'headers'>,
  { runtime, credentials }: RelayContext,
): boolean {
  const keys = healthKeys(upstream, credentials.of(upstream, inbound), null);
  if (isRemote(upstream) && runtime.network.cutsOff(keys.host)) return false;
  const { name } = standing({ upstream, keys }, runtime);
  return name === 'closed' || name === 'suspect';
}

/** A request outside the relay, with the credential that belongs there. */
export interface Call {
  method: string;
  /** Below the base, with query: `/messages/count_tokens?beta=true`. */
  path: string;
  inbound: Pick<Inbound, 'headers'>;
  /** What goes along; default: the client's own as Anthropic gets them. */
  headers?: Headers;
  body?: Uint8Array | string;
  /** Ends it; also used when nobody accepts connections there. */
  control: AbortController;
}

/** Sends it; null when there is no credential to send. */
export async function call(
  upstream: Upstream,
  context: RelayContext,
  request: Call,
): Promise<Response | null> {
  const own = request.headers ?? nativeHeaders(request.inbound.headers);
  for (const [name, value] of Object.entries(upstream.extraHeaders)) own.set(name, value);
  const headers = upstream.auth(own, request.inbound as Inbound);
  if (headers === null) return null;
  const { method, path, body, control } = request;
  return context.runtime.send(upstream, {
    method,
    url: `${upstream.base}${path}`,
    headers,
    via: request.inbound.headers.get(INSTANCE_HEADER),
    signal: control.signal,
    abort: (reason) => control.abort(reason),
    ...(body === undefined ? {} : { body }),
  });
}
