import { AttemptError, type Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';
import { answerHeaders } from '../proxy/reply.ts';
import { fault } from './fault.ts';
import { withoutToken } from './guard.ts';
import type { MessagesSettings } from './messages.ts';
import { targetOf } from './path.ts';
import { readBody } from './read-body.ts';
import { call, firstAnthropic, mayBeAsked } from './upstream-call.ts';

/**
 * Any other path below `/v1/`: what Anthropic's API has and ccproxy does not know goes there as it is.
 * @throws ErrorAnswer 404 without an Anthropic upstream, 503 when it cannot be asked or does not answer, or there is no room.
 */
export async function forward(request: Request, settings: MessagesSettings, id: string): Promise<Response> {
  const { pathname, search } = targetOf(request);
  if (pathname.startsWith('/v1/v1/')) {
    throw fault(404, 'not_found_error', `${pathname}: the base URL of the client must end before /v1`);
  }
  const { relay, maxBodyBytes, tokens } = settings;
  const { clock } = relay.runtime;
  const upstream = firstAnthropic(relay);
  if (upstream === null) throw notServed(pathname, 'only Anthropic has it, and it is not in the chain');
  const inbound = { headers: withoutToken(request.headers, tokens) };
  if (!mayBeAsked(upstream, inbound, relay)) {
    throw fault(503, 'api_error', `ccproxy: ${upstream.name} cannot be asked now. See: ccproxy status`);
  }
  const ended = settings.inFlight.enter();
  const control = new AbortController();
  control.signal.addEventListener('abort', ended, { once: true });
  request.signal.addEventListener('abort', () => control.abort(), { once: true });
  try {
    const body = await readBody(request, maxBodyBytes, clock);
    const limit = clock.after(upstream.timeouts.responseMs, () => control.abort());
    const response = await call(upstream, relay, {
      method: request.method,
      path: `${pathname.slice('/v1'.length)}${search}`,
      inbound,
      control,
      ...(body.byteLength === 0 ? {} : { body }),
    })
      .catch(() => {
        throw fault(503, 'api_error', `ccproxy: ${upstream.name} did not answer`);
      })
      .finally(() => limit.cancel());
    if (response === null) throw notServed(pathname, 'there is no credential to ask Anthropic for it');
    const { idleMs } = upstream.timeouts;
    return new Response(passedOn(response.body, { idleMs, clock, control, ended }), {
      status: response.status,
      headers: answerHeaders(upstream, response.headers, id),
    });
  } catch (error) {
    ended();
    throw error;
  }
}

function notServed(pathname: string, why: string) {
  return fault(404, 'not_found_error', `${pathname} is not served here: ${why}`);
}

/** The body as it comes; silence for longer than `idleMs` cuts it, and a cut here is a cut for the client. */
function passedOn(
  body: ReadableStream<Uint8Array> | null,
  { idleMs, clock, control, ended }: { idleMs: Ms; clock: Clock; control: AbortController; ended(): void },
): ReadableStream<Uint8Array> | null {
  if (body === null) {
    ended();
    return null;
  }
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const silent = () =>
          control.abort(new AttemptError({ kind: 'stalled', message: `silent for ${idleMs} ms` }));
        const limit = clock.after(idleMs, silent);
        try {
          const { done, value } = await reader.read();
          if (done) {
            ended();
            controller.close();
          } else controller.enqueue(value);
        } catch (error) {
          ended();
          controller.error(error);
        } finally {
          limit.cancel();
        }
      },
      cancel() {
        control.abort();
      },
    },
    { highWaterMark: 0 },
  );
}
