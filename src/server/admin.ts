import { bearerToken } from '../auth/credential.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { Clock } from '../core/runtime.ts';
import type { Commands } from './commands.ts';
import { fault } from './fault.ts';
import { isOneOf } from './guard.ts';
import type { Holders } from './holders.ts';
import { readBody } from './read-body.ts';

/** What the admin API works with. */
export interface AdminParts {
  commands: Commands;
  holders: Pick<Holders, 'hold' | 'release'>;
  clock: Clock;
  /** Of the configuration in use, by a key that whoever may control this process has. */
  fingerprint(): string;
  /** Tokens that may control this process. */
  controlTokens(): readonly string[];
  /** Begins to drain; returns at once. */
  stop(): void;
}

type Handler = (request: Request) => Response | Promise<Response>;

/** The commands' bodies name an upstream, if anything. */
const MAX_BODY_BYTES = 10_000;

/** Path → handler of what controls this process; all are `POST`. */
export function adminRoutes(parts: AdminParts): Record<string, Handler> {
  const { commands, holders, clock, controlTokens, fingerprint, stop } = parts;

  function controlled(act: Handler): Handler {
    return (request) => {
      authorize(request, controlTokens());
      return act(request);
    };
  }

  return {
    '/admin/api/stop': controlled(() => {
      stop();
      return Response.json({ status: 'stopping' });
    }),
    '/admin/api/use': controlled(async (request) =>
      Response.json(commands.use(required('upstream', await textIn('upstream', request, clock)))),
    ),
    '/admin/api/isolate': controlled(async (request) =>
      Response.json(commands.isolate(required('upstream', await textIn('upstream', request, clock)))),
    ),
    '/admin/api/reset': controlled(async (request) =>
      Response.json(commands.reset(await textIn('upstream', request, clock))),
    ),
    '/admin/api/fingerprint': controlled(() => Response.json({ fingerprint: fingerprint() })),
    '/admin/api/hold': controlled(() => holders.hold()),
    '/admin/api/release': controlled(async (request) => {
      const holder = required('holder', await textIn('holder', request, clock));
      return Response.json({ ending: holders.release(holder) });
    }),
  };
}

/** A browser cannot send the content type without asking first, and is never allowed to. */
function authorize({ headers }: Request, tokens: readonly string[]): void {
  const token = bearerToken(headers);
  if (token === null || !isOneOf(token, tokens)) {
    throw fault(401, 'authentication_error', 'the control token is required');
  }
  if (!headers.get('content-type')?.startsWith('application/json')) {
    throw fault(400, 'invalid_request_error', 'content-type: application/json is required');
  }
}

/** @throws ErrorAnswer 400 for a body that is no JSON object, or in which `key` is no text. */
async function textIn(key: string, request: Request, clock: Clock): Promise<string | undefined> {
  const text = new TextDecoder().decode(await readBody(request, MAX_BODY_BYTES, clock));
  const body = parseJson(text);
  if (!isObject(body)) throw fault(400, 'invalid_request_error', 'the body must be a JSON object');
  const value = body[key];
  if (value === undefined || typeof value === 'string') return value;
  throw fault(400, 'invalid_request_error', `${key}: a string is required`);
}

function required(key: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw fault(
    400,
    'invalid_request_error',
    `${key}: the name of ${key === 'holder' ? 'a' : 'an'} ${key} is required`,
  );
}
