import { view } from '../core/breaker.ts';
import type { Inbound, Upstream } from '../core/upstream.ts';
import type { RelayContext } from '../proxy/context.ts';
import { nativeHeaders } from '../wire/dialects/anthropic/native-headers.ts';

/** Anthropic as the first upstream that is Anthropic, when it may be asked; null otherwise. */
export function reachableAnthropic({ chain, runtime }: RelayContext): Upstream | null {
  const upstream = chain.find(({ native }) => native);
  if (upstream === undefined) return null;
  const { name } = view(runtime.breakers.read(upstream.name), runtime.clock.now());
  return name === 'closed' || name === 'suspect' ? upstream : null;
}

/** A request to Anthropic outside the relay, with the client's headers and the credential that belongs there. */
export interface Call {
  method: string;
  /** Below the base, with query: `/messages/count_tokens?beta=true`. */
  path: string;
  inbound: Pick<Inbound, 'headers'>;
  body?: Uint8Array;
  signal: AbortSignal;
}

/** Sends it; null when there is no credential to send. */
export async function call(
  upstream: Upstream,
  context: RelayContext,
  request: Call,
): Promise<Response | null> {
  const headers = upstream.auth(nativeHeaders(request.inbound.headers), request.inbound as Inbound);
  if (headers === null) return null;
  const { method, path, body, signal } = request;
  return context.runtime.send(upstream, {
    method,
    url: `${upstream.base}${path}`,
    headers,
    signal,
    ...(body === undefined ? {} : { body }),
  });
}
