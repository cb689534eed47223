import type { RelayContext } from '../proxy/context.ts';
import { answerHeaders } from '../proxy/reply.ts';
import { fault } from './fault.ts';
import { withoutToken } from './guard.ts';
import type { MessagesSettings } from './messages.ts';
import { readBody } from './read-body.ts';
import { call, reachableAnthropic } from './upstream-call.ts';

/**
 * Any other path below `/v1/`: what Anthropic's API has and ccproxy does not know goes there as it is.
 * @throws ErrorAnswer 404 without an Anthropic upstream, 503 when it does not answer.
 */
export async function forward(request: Request, settings: MessagesSettings, id: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (pathname.startsWith('/v1/v1/')) {
    throw fault(404, 'not_found_error', `${pathname}: the base URL of the client must end before /v1`);
  }
  const upstream = reachableAnthropic(settings.relay);
  const headers = withoutToken(request.headers, settings.tokens);
  if (upstream === null) throw notFound(pathname, settings.relay);
  const body = await readBody(request, settings.maxBodyBytes);
  const response = await call(upstream, settings.relay, {
    method: request.method,
    path: `${pathname.slice('/v1'.length)}${search}`,
    inbound: { headers },
    signal: request.signal,
    ...(body.byteLength === 0 ? {} : { body }),
  }).catch(() => {
    throw fault(503, 'api_error', `ccproxy: ${upstream.name} did not answer`);
  });
  if (response === null) throw notFound(pathname, settings.relay);
  return new Response(response.body, {
    status: response.status,
    headers: answerHeaders(upstream, response.headers, id),
  });
}

function notFound(pathname: string, { chain }: RelayContext) {
  const known = chain.some(({ native }) => native);
  const why = known
    ? 'Anthropic cannot be asked for it now'
    : 'only Anthropic has it, and it is not in the chain';
  return fault(404, 'not_found_error', `${pathname} is not served here: ${why}`);
}
