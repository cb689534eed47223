import type { Failure, FailureKind, Ms, Outcome } from '../core/failure.ts';
import { dated, headerWait, longest } from '../core/retry-after.ts';
import type { Inbound, Upstream } from '../core/upstream.ts';
import type { Proof } from '../core/verdict.ts';
import { keysOf, scrub } from './scrub.ts';

/** What came of a probe, and what it has shown if that was good. */
export interface Finding {
  outcome: Outcome;
  shown: Proof;
}

/** Whom a probe asked, and with what. */
export interface Probed {
  upstream: Upstream;
  /** Whether a credential of ccproxy's own goes along. */
  hasCredential: boolean;
}

/** An answer, and the beginning of its body. */
export interface Answer {
  status: number;
  headers: Headers;
  body: string;
  answeredAt: Ms;
}

/** Nobody's request: only what is ccproxy's own goes with a probe, because no client asked for it. */
export const NOBODY: Pick<Inbound, 'headers'> = { headers: new Headers() };

/** What an answer shows whose status alone counts. */
export function ofHead(answer: Answer, probed: Probed): Finding {
  return ofStatus(answer, probed) ?? good('connection');
}

/** What an answer shows that should be JSON, and that is given to a good credential only. */
export function ofAnswer(answer: Answer, probed: Probed): Finding {
  const { status, headers, body } = answer;
  const bad = ofStatus(answer, probed);
  if (bad !== null) return bad;
  // Refusals, limits and redirects are answers: something is there. What it makes of real requests, those find out.
  if (status < 200 || status >= 300) return good('connection');
  if (/^\s*[[{]/.test(body)) return good(probed.hasCredential ? 'credential' : 'connection');
  const isPage = /^\s*</.test(body) || headers.get('content-type')?.startsWith('text/html');
  return isPage
    ? failed({ kind: 'misdirected', message: 'it answers with a page, not with the API' })
    : good('connection');
}

/** What the outcome of a whole request shows, as far as that lies with the upstream and not with the model asked for. */
export function ofOutcome(outcome: Outcome, { upstream, hasCredential }: Probed): Finding {
  if (outcome.ok) return good('inference');
  const { failure } = outcome;
  const { kind, status } = failure;
  // A model that thinks first has nothing else to show for one token.
  if (kind === 'empty') return good('credential');
  if (kind === 'slow') return failed(told(failure, 'unresponsive', upstream));
  const isServers = kind === 'server_error' || kind === 'overloaded';
  if (isServers || (status !== undefined && isBroken(status)))
    return failed(told(failure, 'server_error', upstream));
  if (status === undefined) return failed(told(failure, kind, upstream));
  const isRejected = status === 401 && hasCredential;
  return isRejected ? failed(told(failure, 'unauthorized', upstream)) : good('connection');
}

export function good(shown: Proof): Finding {
  return { outcome: { ok: true }, shown };
}

export function failed(failure: Failure): Finding {
  return { outcome: { ok: false, failure }, shown: 'connection' };
}

/** What the status alone makes a failure; null where it does not. */
function ofStatus(
  { status, headers, body, answeredAt }: Answer,
  { upstream, hasCredential }: Probed,
): Finding | null {
  const isRejected = status === 401 && hasCredential;
  if (!isRejected && !isBroken(status)) return null;
  const said = upstream.dialect.explain(status, dated(headers, answeredAt), body, upstream);
  const waitMs = longest(said.waitMs, headerWait(headers, answeredAt));
  const failure = { ...said, status, ...(waitMs === undefined ? {} : { waitMs }) };
  return failed(told(failure, isRejected ? 'unauthorized' : 'server_error', upstream));
}

/** What is not implemented (501) or not spoken (505) was refused by a server that is well. */
function isBroken(status: number): boolean {
  return status >= 500 && status !== 501 && status !== 505;
}

/** What is worth telling of a failure, under a kind that counts against the whole upstream. */
function told({ message, quotes, status, waitMs }: Failure, kind: FailureKind, upstream: Upstream): Failure {
  const keys = keysOf(upstream, NOBODY);
  return {
    kind,
    message: quotes ? scrub(message, keys, new Uint8Array()) : message,
    ...(status === undefined ? {} : { status }),
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}
