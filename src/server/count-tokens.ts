import { estimateTokens } from '../core/estimate.ts';
import type { Inbound } from '../core/upstream.ts';
import { withoutToken } from './guard.ts';
import { inboundOf } from './inbound.ts';
import type { MessagesSettings } from './messages.ts';
import { targetOf } from './path.ts';
import { readBody } from './read-body.ts';
import { call, firstAnthropic, mayBeAsked } from './upstream-call.ts';

/** Longer than this a count is not waited for: an estimate now is worth more. */
const COUNT_MS = 5000;

/**
 * `POST /v1/messages/count_tokens`: Anthropic's own count where it answers, else an estimate; never its error.
 * @throws ErrorAnswer 400 for a request that is none, or whose body does not arrive.
 */
export async function countTokens(
  request: Request,
  settings: MessagesSettings,
  id: string,
): Promise<Response> {
  const bytes = await readBody(request, settings.maxBodyBytes, settings.relay.runtime.clock);
  const headers = withoutToken(request.headers, settings.tokens);
  const inbound = inboundOf(id, headers, targetOf(request).search, bytes);
  const counted = await ownCount(inbound, settings, request.signal);
  return Response.json(
    { input_tokens: counted?.tokens ?? estimateTokens(inbound.request) },
    { headers: { 'request-id': counted?.requestId ?? id } },
  );
}

/** What Anthropic counted, and the id it gave the request. */
interface Counted {
  tokens: number;
  requestId: string | null;
}

async function ownCount(
  inbound: Inbound,
  { relay }: MessagesSettings,
  client: AbortSignal,
): Promise<Counted | null> {
  const upstream = firstAnthropic(relay);
  if (upstream === null || !mayBeAsked(upstream, inbound, relay)) return null;
  const control = new AbortController();
  const leave = () => control.abort();
  client.addEventListener('abort', leave, { once: true });
  const timer = relay.runtime.clock.after(COUNT_MS, leave);
  try {
    const response = await call(upstream, relay, {
      method: 'POST',
      path: `/messages/count_tokens${inbound.search}`,
      inbound,
      body: inbound.bytes,
      control,
    });
    if (response === null) return null;
    const answer = (await response.json()) as { input_tokens?: unknown };
    const tokens = answer.input_tokens;
    if (!response.ok || typeof tokens !== 'number' || !Number.isInteger(tokens) || tokens <= 0) return null;
    return { tokens, requestId: response.headers.get('request-id') };
  } catch {
    // Whatever went wrong there, the estimate stands.
    return null;
  } finally {
    timer.cancel();
    // A body that was not read to its end would keep its connection.
    control.abort();
    client.removeEventListener('abort', leave);
  }
}
