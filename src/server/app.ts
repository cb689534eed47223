import { Elysia } from 'elysia';
import { bearerToken } from '../auth/credential.ts';
import type { Runtime } from '../core/runtime.ts';
import { errorReply, type WholeReply } from '../proxy/conclude.ts';
import { countTokens } from './count-tokens.ts';
import { fault, replyFor, responseOf } from './fault.ts';
import { forward } from './forward.ts';
import { type GuardSettings, isOneOf, refuse } from './guard.ts';
import { answerMessages, type MessagesSettings } from './messages.ts';
import { listModels } from './models.ts';
import type { Status } from './status.ts';

/** What the app is made of. */
export interface AppParts {
  messages: MessagesSettings;
  guard: () => GuardSettings;
  runtime: Runtime;
  /** True once new requests are refused. */
  draining(): boolean;
  version: string;
  startedAt: number;
  status(): Status;
  /** Tokens that may control this process. */
  controlTokens: readonly string[];
  /** Begins to drain; returns at once. */
  stop(): void;
}

type Handler = (request: Request, id: string) => Response | Promise<Response>;

/** Answers a request; never throws, never leaves an error without a body. */
export type Answer = (request: Request) => Promise<Response>;

/** Path → method → handler: everything ccproxy answers by itself. */
function routesOf(parts: AppParts): Record<string, Record<string, Handler>> {
  const { runtime, version, startedAt } = parts;
  const alive = () => new Response(null, { status: 200 });
  return {
    '/': { GET: () => new Response(`ccproxy ${version}\n`), HEAD: alive },
    '/api/hello': { HEAD: alive, GET: alive },
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
    '/status': { GET: () => Response.json(parts.status()) },
    '/v1/messages': { POST: (request, id) => answerMessages(request, parts.messages, id) },
    '/v1/messages/count_tokens': { POST: (request, id) => countTokens(request, parts.messages, id) },
    '/v1/models': { GET: listModels, HEAD: alive },
    '/admin/api/stop': { POST: (request) => stop(request, parts) },
  };
}

/** Ends this process. A browser cannot send the content type without asking first, and is never allowed to. */
function stop(request: Request, parts: AppParts): Response {
  const token = bearerToken(request.headers);
  if (token === null || !isOneOf(token, parts.controlTokens)) {
    throw fault(401, 'authentication_error', 'the control token is required');
  }
  if (!request.headers.get('content-type')?.startsWith('application/json')) {
    throw fault(400, 'invalid_request_error', 'content-type: application/json is required');
  }
  parts.stop();
  return Response.json({ status: 'stopping' });
}

/** The app: Elysia routes, behind the guard, with every error in the shape of the Messages API. */
export function createApp(parts: AppParts): Answer {
  const routes = routesOf(parts);
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
    const id = runtime.id('req_');
    try {
      return marked(await handler(request, id), id);
    } catch (error) {
      return marked(responseOf(replyFor(error, id)), id);
    }
  }

  function elsewhere(request: Request, id: string): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    const methods = routes[pathname.length > 1 ? pathname.replace(/\/+$/, '') : pathname];
    if (methods !== undefined) {
      const allow = Object.keys(methods).join(', ');
      throw fault(405, 'invalid_request_error', `${request.method} is not allowed here; allowed: ${allow}`, {
        allow,
      });
    }
    if (pathname.startsWith('/v1/')) return forward(request, parts.messages, id);
    throw fault(404, 'not_found_error', `${pathname} does not exist`);
  }

  const { runtime } = parts;
  return async (request) => {
    const id = runtime.id('req_');
    try {
      const refusal = refuse(request, parts.guard(), id);
      if (refusal !== null) return marked(responseOf(refusal), id);
      if (parts.draining()) return marked(responseOf(stopping(id)), id);
      return await app.handle(request);
    } catch {
      return marked(responseOf(replyFor(null, id)), id);
    }
  };
}

/** A request over a connection that was open when the drain began. The client waits and asks whoever listens then. */
function stopping(id: string): WholeReply {
  return errorReply(503, 'api_error', 'ccproxy is stopping', id, { 'retry-after': '1', connection: 'close' });
}

/** Our request id, unless the answer has its own: every answer can be asked about. */
function marked(response: Response, id: string): Response {
  if (!response.headers.has('request-id')) response.headers.set('request-id', id);
  if (!response.headers.has('x-ccproxy-request-id')) response.headers.set('x-ccproxy-request-id', id);
  return response;
}
