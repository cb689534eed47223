import type { Amendment, Failure, FailureKind, Ms } from '../../core/failure.ts';
import { headerWait, longest, spokenWait } from '../../core/retry-after.ts';
import { subscriptionLimit } from '../../core/subscription-limit.ts';
import { amendmentIn } from './amend.ts';
import { discreet } from './discreet.ts';
import { allOf, type ErrorShape, readBody, readShape } from './error-shape.ts';
import { isWorthWaiting, kindOf, statusOf } from './kind.ts';
import { isMoney, NO_MONEY } from './money.ts';
import { type Rate, rateIn } from './per-minute.ts';
import { tokensIn } from './too-long.ts';

/**
 * What an error answer means, of whichever server: those that speak one API repeat the errors of another, and gateways those
 * of all.
 */
export function explain(status: number, headers: Headers, body: string): Failure {
  const shape = withHeaders(readBody(body), headers);
  const meant = status >= 400 ? status : (shape.status ?? statusOf(shape.words) ?? status);
  return failureOf(meant, shape, status, headers);
}

/** What an error object inside a stream means: its status is in it, or nowhere. */
export function explainInStream(value: unknown): Failure {
  const shape = readShape(value);
  const meant = shape.status ?? statusOf(allOf(shape)) ?? 500;
  return { ...failureOf(meant, shape, undefined, new Headers()), status: 200 };
}

/** AWS names the type of an error in a header. */
function withHeaders(shape: ErrorShape, headers: Headers): ErrorShape {
  const type = headers.get('x-amzn-errortype')?.split(':')[0];
  return type ? { ...shape, words: `${shape.words} ${type}`.trim() } : shape;
}

function failureOf(meant: number, shape: ErrorShape, status: number | undefined, headers: Headers): Failure {
  const said = astray(status, shape) ?? limitOf(meant, headers) ?? kindOf(meant, shape);
  const rate = said === 'too_long' ? rateIn(meant, allOf(shape)) : undefined;
  const amend = AMENDABLE.has(said) ? amendmentIn(allOf(shape)) : shorter(rate);
  // A server that says how it would take the request is well.
  const kind = amend !== undefined && said === 'server_error' ? 'unsupported' : said;
  const failure: Failure = { kind, message: describe(meant, kind, shape), quotes: true };
  if (status !== undefined && status >= 400) failure.status = status;
  const waitMs = waitOf(shape, headers);
  if (waitMs !== undefined) failure.waitMs = waitMs;
  if (amend !== undefined) failure.amend = amend;
  const tokens =
    kind === 'too_long' ? (rate ?? shape.tokens ?? tokensIn(`${shape.message} ${shape.behind}`)) : undefined;
  if (tokens !== undefined) failure.tokens = tokens;
  return failure;
}

/** The answer that is asked for counts as well: what is too much may be taken off it. */
function shorter(rate: Rate | undefined): Amendment | undefined {
  return rate === undefined ? undefined : { overTokens: rate.asked - rate.limit, minuteTokens: rate.limit };
}

/** What is about the request. Servers of one's own say some of it with 500. */
const AMENDABLE = new Set<FailureKind>(['rejected', 'unsupported', 'server_error']);

/** What the body says about how long to wait. */
function waitOf(shape: ErrorShape, headers: Headers): Ms | undefined {
  if (!isWorthWaiting(shape)) return undefined;
  const theirNow = Date.parse(headers.get('date') ?? '');
  const limit = shape.limits === undefined ? undefined : headerWait(shape.limits, theirNow);
  return longest(shape.retryMs, spokenWait(`${shape.message} ${shape.behind}`, headers), limit);
}

/** What is no answer of the API, whatever it says: a redirect, or a page for people. */
function astray(status: number | undefined, { isPage }: ErrorShape): FailureKind | undefined {
  if (status === undefined || (status >= 200 && status < 300 && !isPage)) return undefined;
  if (status < 400) return 'misdirected';
  // A request that is too large is refused with a page by whatever stands before a server.
  return isPage && status !== 413 ? 'garbled' : undefined;
}

/** A gateway may pass on what Anthropic says of a subscription. */
function limitOf(status: number, headers: Headers): FailureKind | undefined {
  const limit = status === 429 ? subscriptionLimit(headers) : null;
  if (limit === null) return undefined;
  return limit.isOfModel ? 'model_exhausted' : 'exhausted';
}

function describe(status: number, kind: FailureKind, shape: ErrorShape): string {
  // Its words quote what the model wrote.
  if (kind === 'fumbled') return `${status}: the model wrote a call that its server could not read`;
  // A client that finds `overloaded_error` anywhere in a body stops trying.
  const said = (discreet(shape.message) || discreet(shape.words)).replace(/overloaded_error/gi, 'overloaded');
  const meaning = kind === 'exhausted' ? usedUp(status, shape) : '';
  const words = [meaning, said].filter((part) => part !== '').join(': ');
  return words === '' ? `status ${status}` : `${status}: ${words}`;
}

/** What is used up: a quota may also be one that costs nothing. */
function usedUp(status: number, shape: ErrorShape): string {
  return status === 402 || isMoney(allOf(shape)) ? NO_MONEY : 'the quota is used up';
}
