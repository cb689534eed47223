import type { Failure, FailureKind, Ms } from '../../core/failure.ts';
import { headerWait, longest, spokenWait } from '../../core/retry-after.ts';
import { amendmentIn } from './amend.ts';
import { discreet } from './discreet.ts';
import { type ErrorShape, readBody, readShape } from './error-shape.ts';
import { isMoney, NO_MONEY } from './money.ts';
import { isAnswerTooLong, isTooLong, tokensIn } from './too-long.ts';

/** What an error answer means. */
export function explain(status: number, headers: Headers, body: string): Failure {
  const shape = readBody(body);
  const meant = status >= 400 ? status : (shape.status ?? statusOf(shape.words) ?? status);
  return failureOf(meant, shape, status, headers);
}

/** What an error object inside a stream means: its status is in it, or nowhere. */
export function explainInStream(value: unknown): Failure {
  const shape = readShape(value);
  return failureOf(
    shape.status ?? statusOf(`${shape.words} ${shape.message}`) ?? 500,
    shape,
    undefined,
    new Headers(),
  );
}

function failureOf(meant: number, shape: ErrorShape, status: number | undefined, headers: Headers): Failure {
  const kind = astray(status, shape) ?? kindOf(meant, shape);
  const failure: Failure = { kind, message: describe(meant, kind, shape), quotes: true };
  if (status !== undefined && status >= 400) failure.status = status;
  const waitMs = waitOf(shape, headers);
  if (waitMs !== undefined) failure.waitMs = waitMs;
  const amend = meant >= 400 && meant < 500 ? amendmentIn(shape.message) : undefined;
  if (amend !== undefined) failure.amend = amend;
  const tokens = kind === 'too_long' ? (shape.tokens ?? tokensIn(shape.message)) : undefined;
  if (tokens !== undefined) failure.tokens = tokens;
  return failure;
}

/** What the body says about how long to wait. */
function waitOf(shape: ErrorShape, headers: Headers): Ms | undefined {
  // Google names a time to come back all the same.
  if (NO_QUOTA.test(shape.message)) return undefined;
  const theirNow = Date.parse(headers.get('date') ?? '');
  const limit = shape.limits === undefined ? undefined : headerWait(shape.limits, theirNow);
  return longest(shape.retryMs, spokenWait(shape.message, headers), limit);
}

/** What is no answer of the API, whatever it says: a redirect, or a page for people. */
function astray(status: number | undefined, { isPage }: ErrorShape): FailureKind | undefined {
  if (status === undefined || (status >= 200 && status < 300 && !isPage)) return undefined;
  if (status < 400) return 'misdirected';
  // A request that is too large is refused with a page by whatever stands before a server.
  return isPage && status !== 413 ? 'garbled' : undefined;
}

/** Words of error types and codes → the status they stand for, first match wins. */
const STATUS_WORDS: readonly [pattern: RegExp, status: number][] = [
  [/rate_?limit|slow_down|too_many_requests|RESOURCE_EXHAUSTED|throttl/i, 429],
  [/overloaded|over capacity/i, 529],
  [/insufficient_quota|credit_balance|billing|payment|insufficient[ _](?:balance|credits?)/i, 402],
  [/authentication|invalid_api_key|UNAUTHENTICATED/i, 401],
  [/permission|PERMISSION_DENIED/i, 403],
  [/model_not_found|not_found|NOT_FOUND/i, 404],
  [/UNAVAILABLE|service_unavailable/i, 503],
  [/invalid_request|INVALID_ARGUMENT|BadRequest|ValidationException|context_length_exceeded/i, 400],
];

function statusOf(words: string): number | undefined {
  return STATUS_WORDS.find(([pattern]) => pattern.test(words))?.[1];
}

/** Google, for a plan that has none of a model: no waiting helps. */
const NO_QUOTA = /\blimit: 0\b(?!\.\d)/;
/** Money is gone, or a limit that does not come back within the minute. */
const EXHAUSTED = /insufficient[ _]quota|exceeded your current quota|billing|quota (?:has been )?exhausted/i;
/** Google words its limits per minute the same way, but says when to come back. */
const PER_MINUTE = /per ?minute|tokens per|requests per/i;
const OVERLOADED =
  /overloaded|over[ _-]?capacity|at capacity|capacity exceeded|insufficient_system_resource|engine is busy/i;
const NO_MODEL =
  /model_not_found|model[^.]{0,80}(?:does not exist|not found|not available|is not supported|unknown|decommissioned)|unknown model|invalid model|no such model/i;
const BAD_KEY =
  /invalid[ _]?(?:x-)?api[ _-]?key|incorrect api key|api key not valid|api key (?:is )?invalid|authentication[ _]fail/i;
const UNSUPPORTED =
  /unsupported|not[ _]supported|does not support|doesn't support|not support|extra inputs|unrecognized request argument|unknown (?:parameter|field|variant|argument)|not implemented|only support text/i;

function kindOf(status: number, shape: ErrorShape): FailureKind {
  // Addresses lead to "billing" whatever happened.
  const text = `${shape.words} ${shape.message}`.replace(/https?:\/\/\S+/g, '');
  const clientSide = status >= 400 && status < 500;
  if (status < 400) return 'garbled';
  // Groq, for a plan whose tokens of a minute are fewer than those of the request: neither waiting nor compacting helps.
  if (status === 413 && PER_MINUTE.test(text)) return 'unsupported';
  if ((clientSide || status === 500) && status !== 429 && isTooLong(text)) return 'too_long';
  if (status === 413) return 'too_long';
  if (status === 402) return 'exhausted';
  if (clientSide && (isMoney(text) || NO_QUOTA.test(text))) return 'exhausted';
  if (clientSide && EXHAUSTED.test(text)) {
    return shape.retryMs !== undefined || PER_MINUTE.test(text) ? 'rate_limited' : 'exhausted';
  }
  // OpenAI, as 429 and formerly as 503: it is the pace that it minds, not its own state.
  if (/\bslow_down\b/.test(shape.words)) return 'rate_limited';
  if (status === 429) return OVERLOADED.test(text) ? 'overloaded' : 'rate_limited';
  if (status === 529 || status === 498) return 'overloaded';
  if (status >= 500) {
    if (status === 501) return 'unsupported';
    return OVERLOADED.test(text) ? 'overloaded' : 'server_error';
  }
  return clientKind(status, text);
}

function clientKind(status: number, text: string): FailureKind {
  if (status === 401 || BAD_KEY.test(text)) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (isAnswerTooLong(text) || /no endpoints found that support/i.test(text)) return 'unsupported';
  if (status === 404 || (NO_MODEL.test(text) && !/parameter/i.test(text))) return 'no_such_model';
  if (status === 405) return 'unsupported';
  if (status === 408 || status === 409 || status === 425) return 'transient';
  return UNSUPPORTED.test(text) ? 'unsupported' : 'rejected';
}

function describe(status: number, kind: FailureKind, shape: ErrorShape): string {
  // A client that finds `overloaded_error` anywhere in a body stops trying.
  const said = (discreet(shape.message) || discreet(shape.words)).replace(/overloaded_error/gi, 'overloaded');
  const meaning = kind === 'exhausted' ? usedUp(status, shape) : '';
  const words = [meaning, said].filter((part) => part !== '').join(': ');
  return words === '' ? `status ${status}` : `${status}: ${words}`;
}

/** What is used up: a quota may also be one that costs nothing. */
function usedUp(status: number, { words, message }: ErrorShape): string {
  return status === 402 || isMoney(`${words} ${message}`) ? NO_MONEY : 'the quota is used up';
}
