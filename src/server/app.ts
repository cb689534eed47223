import { Elysia } from 'elysia';
import { INSTANCE_HEADER, type Runtime } from '../core/runtime.ts';
import { errorReply, type WholeReply } from '../proxy/conclude.ts';
import { mark } from '../proxy/reply.ts';
import { type AdminParts, adminRoutes } from './admin.ts';
import { countTokens } from './count-tokens.ts';
import { ErrorAnswer, fault, responseOf } from './fault.ts';
import { forward } from './forward.ts';
import { type GuardSettings, refuse } from './guard.ts';
import { answerMessages, type MessagesSettings } from './messages.ts';
import { listModels } from './models.ts';
import { pathOf } from './path.ts';
import type { Status } from './status.ts';

/** What the app is made of. */
export interface AppParts {
  /** What a request begins with; asked for with each. */
  messages(): MessagesSettings;
  guard(): GuardSettings;
  admin: Pick<AdminParts, 'commands' | 'fingerprint' | 'holders' | 'stop'>;
  runtime: Pick<Runtime, 'clock' | 'id'>;
  /** True once new requests are refused. */
  draining(): boolean;
  version: string;
  startedAt: number;
  status(): Status;
  /** A client looks whether somebody is here: a session begins. */
  greeted(): void;
  /** Told of an error that nobody foresaw; its client is told nothing of it. */
  unexpected(requestId: string, error: unknown): void;
}

type Handler = (request: Request, id: string) => Response | Promise<Response>;

/** Answers a request; never throws, never leaves an error without a body. */
export type Answer = (request: Request) => Promise<Response>;

/** Path → method → handler: everything ccproxy answers by itself. */
function routesOf(parts: AppParts): Record<string, Record<string, Handler>> {
  const { runtime, version, startedAt, messages } = parts;
  const alive = () => new Response(null, { status: 200 });
  const hello = (request: Request) => {
    // Another ccproxy's probe is no client.
    if (!request.headers.has(INSTANCE_HEADER)) parts.greeted();
    return alive();
  };
  const controlTokens = () => parts.guard().controlTokens;
  const admin = adminRoutes({ ...parts.admin, clock: runtime.clock, controlTokens });
  return {
    '/': { GET: () => new Response(`ccproxy ${version}\n`), HEAD: hello },
    '/api/hello': { HEAD: hello, GET: hello },
    '/health': {
      GET: () =>
        Response.json({
          status: 'ok',
          version,
          uptime_s: Math.floor((runtime.clock.now() - startedAt) / 1000),
          instance: parts.guard().instance,
        }),
      HEAD: alive,
    },
    '/status': { GET: () => Response.json(parts.status()), HEAD: alive },
    '/v1/messages': { POST: (request, id) => answerMessages(request, messages(), id) },
    '/v1/messages/count_tokens': { POST: (request, id) => countTokens(request, messages(), id) },
    '/v1/models': { GET: listModels, HEAD: alive },
    ...Object.fromEntries(Object.entries(admin).map(([path, handler]) => [path, { POST: handler }])),
  };
}

/** The app: Elysia routes, behind the guard, with every error in the shape of the Messages API. */
export function createApp(parts: AppParts): Answer {
  const routes = routesOf(parts);
  /** The id of each request on its way through Elysia, which hands nothing to a handler but the request itself. */
  const ids = new WeakMap<Request, string>();
  const app = new Elysia({ systemRouter: false, nativeStaticResponse: false });
  for (const [path, methods] of Object.entries(routes)) {
    for (const [method, handler] of Object.entries(methods)) {
      app.route(method, path, ({ request }: { request: Request }) => guarded(request, handler), {
        parse: 'none',
      });
    }
  }
  app.all('/*', ({ request }: { request: Request }) => guarded(request, elsewhere), { parse: 'none' });
  app.compile();

  async function guarded(request: Request, handler: Handler): Promise<Response> {
    const id = ids.get(request) ?? runtime.id('req_');
    try {
      return marked(await handler(request, id), request, id);
    } catch (error) {
      return marked(failed(error, id), request, id);
    }
  }

  function failed(error: unknown, id: string): Response {
    if (error instanceof ErrorAnswer) return responseOf(error.reply(id));
    parts.unexpected(id, error);
    return responseOf(errorReply(500, 'api_error', 'ccproxy: internal error', id));
  }

  function elsewhere(request: Request, id: string): Response | Promise<Response> {
    const pathname = pathOf(request);
    const methods = routes[pathname];
    if (methods !== undefined) {
      const handler = methods[request.method];
      if (handler !== undefined) return handler(request, id);
      const allow = Object.keys(methods).join(', ');
      throw fault(405, 'invalid_request_error', `${request.method} is not allowed here; allowed: ${allow}`, {
        allow,
      });
    }
    if (pathname.startsWith('/v1/')) return forward(request, parts.messages(), id);
    throw fault(404, 'not_found_error', `${pathname} does not exist`);
  }

  const { runtime } = parts;
  return async (request) => {
    const id = runtime.id('req_');
    ids.set(request, id);
    try {
      const refusal = refuse(request, parts.guard(), id);
      if (refusal !== null) return marked(responseOf(refusal), request, id);
      if (parts.draining() && pathOf(request) !== '/health') {
        return marked(responseOf(stopping(id)), request, id);
      }
      return await app.handle(request);
    } catch (error) {
      return marked(failed(error, id), request, id);
    }
  };
}

/** A request over a connection that was open when the drain began. The client waits and asks whoever listens then. */
function stopping(id: string): WholeReply {
  return errorReply(503, 'api_error', 'ccproxy is stopping', id, { 'retry-after': '1', connection: 'close' });
}

/** What every answer carries: our request id, so that it can be asked about. What the relay said of its own stands. */
function marked(response: Response, request: Request, id: string): Response {
  const { headers } = response;
  if (headers.has('x-ccproxy-attempts')) return response;
  if (pathOf(request) === '/v1/messages') mark(headers, id, null, 0);
  if (!headers.has('request-id')) headers.set('request-id', id);
  headers.set('x-ccproxy-request-id', id);
  return response;
}
