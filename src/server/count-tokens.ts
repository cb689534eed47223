import { estimateTokens } from '../core/estimate.ts';
import type { Inbound, Upstream } from '../core/upstream.ts';
import type { RelayContext } from '../proxy/context.ts';
import { readable } from '../proxy/readable.ts';
import { targetFor } from '../proxy/target.ts';
import { withoutToken } from './guard.ts';
import { inboundOf } from './inbound.ts';
import type { MessagesSettings } from './messages.ts';
import { targetOf } from './path.ts';
import { readBody } from './read-body.ts';
import { call, mayBeAsked } from './upstream-call.ts';

/** Longer than this a count is not waited for: an estimate now is worth more. */
const COUNT_MS = 5000;

/**
 * `POST /v1/messages/count_tokens`: the count of the first upstream that has one, of those that a request could go to; where
 * an upstream before it has counted others, the estimate for that one; never an upstream's error.
 * @throws ErrorAnswer for a request that is none, whose body does not arrive, or for which there is no room.
 */
export async function countTokens(
  request: Request,
  settings: MessagesSettings,
  id: string,
): Promise<Response> {
  const ended = settings.inFlight.enter();
  try {
    const bytes = await readBody(request, settings.maxBodyBytes, settings.relay.runtime.clock);
    const headers = withoutToken(request.headers, settings.tokens);
    const inbound = inboundOf(id, headers, targetOf(request).search, bytes);
    const { tokens, requestId } = await count(inbound, settings.relay, request.signal);
    return Response.json({ input_tokens: tokens }, { headers: { 'request-id': requestId ?? id } });
  } finally {
    ended();
  }
}

interface Counted {
  tokens: number;
  /** The id that the upstream gave the request. */
  requestId: string | null;
}

async function count(inbound: Inbound, relay: RelayContext, client: AbortSignal): Promise<Counted> {
  const control = new AbortController();
  const leave = () => control.abort();
  client.addEventListener('abort', leave, { once: true });
  const timer = relay.runtime.clock.after(COUNT_MS, leave);
  try {
    for (const upstream of servingFirst(relay)) {
      if (!mayBeAsked(upstream, inbound, relay)) continue;
      const counted = await ownCount(upstream, inbound, relay, control);
      if (counted !== null) return counted;
      const factor = relay.calibration.factor(upstream.name, upstream.model(inbound.model));
      if (factor !== undefined) return estimated(inbound, factor);
    }
    return estimated(inbound, 1);
  } finally {
    timer.cancel();
    // A body that was not read to its end would keep its connection.
    control.abort();
    client.removeEventListener('abort', leave);
  }
}

function estimated(inbound: Inbound, factor: number): Counted {
  return { tokens: Math.ceil(estimateTokens(inbound.request) * factor), requestId: null };
}

function servingFirst({ chain, preference }: RelayContext): Upstream[] {
  const isPreferred = ({ name }: Upstream) => name === preference.preferred;
  return [...chain.filter(isPreferred), ...chain.filter((upstream) => !isPreferred(upstream))];
}

/** Upstreams that said that they have no count. */
const COUNTLESS = new WeakSet<Upstream>();
/** Statuses that say so: others may be about this request, or about the moment. */
const NO_COUNT = new Set([404, 405, 501]);

async function ownCount(
  upstream: Upstream,
  inbound: Inbound,
  relay: RelayContext,
  control: AbortController,
): Promise<Counted | null> {
  const { count } = upstream.dialect;
  if (count === undefined || COUNTLESS.has(upstream) || control.signal.aborted) return null;
  try {
    if (!upstream.native && readable(inbound) === null) return null;
    const { body, headers } = count.encode(inbound, targetFor(upstream, { inbound, context: relay }, ''));
    const path = `${count.path}${upstream.native ? inbound.search : ''}`;
    const response = await call(upstream, relay, { method: 'POST', path, inbound, headers, body, control });
    if (response === null) return null;
    if (NO_COUNT.has(response.status) && !upstream.native) COUNTLESS.add(upstream);
    const answer = (await response.json()) as { input_tokens?: unknown };
    const tokens = answer.input_tokens;
    if (!response.ok || typeof tokens !== 'number' || !Number.isInteger(tokens) || tokens <= 0) return null;
    return { tokens, requestId: response.headers.get('request-id') };
  } catch {
    // Whatever went wrong there, an estimate stands.
    return null;
  }
}
