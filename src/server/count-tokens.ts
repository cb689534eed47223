import { estimateTokens } from '../core/estimate.ts';
import type { Inbound } from '../core/upstream.ts';
import { replyFor, responseOf } from './fault.ts';
import { withoutToken } from './guard.ts';
import { inboundOf } from './inbound.ts';
import type { MessagesSettings } from './messages.ts';
import { readBody } from './read-body.ts';
import { call, reachableAnthropic } from './upstream-call.ts';

/** Longer than this a count is not waited for: an estimate now is worth more. */
const COUNT_MS = 5000;

/** `POST /v1/messages/count_tokens`: Anthropic's own count where it answers, else an estimate; never its error. */
export async function countTokens(
  request: Request,
  settings: MessagesSettings,
  id: string,
): Promise<Response> {
  try {
    const bytes = await readBody(request, settings.maxBodyBytes);
    const headers = withoutToken(request.headers, settings.tokens);
    const inbound = inboundOf(id, headers, new URL(request.url).search, bytes);
    const estimate = estimateTokens(inbound.request);
    const counted = await ownCount(inbound, settings, request.signal);
    return Response.json({ input_tokens: counted ?? estimate }, { headers: { 'request-id': id } });
  } catch (error) {
    return responseOf(replyFor(error, id));
  }
}

async function ownCount(
  inbound: Inbound,
  { relay }: MessagesSettings,
  client: AbortSignal,
): Promise<number | null> {
  const upstream = reachableAnthropic(relay);
  if (upstream === null) return null;
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
      signal: control.signal,
    });
    if (response === null) return null;
    const answer = (await response.json()) as { input_tokens?: unknown };
    const count = answer.input_tokens;
    return response.ok && typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : null;
  } catch {
    // Whatever went wrong there, the estimate stands.
    return null;
  } finally {
    timer.cancel();
    client.removeEventListener('abort', leave);
  }
}
