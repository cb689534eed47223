import type { Frame } from '../core/frame.ts';
import { namedByConnection } from '../core/named-by-connection.ts';
import type { Upstream } from '../core/upstream.ts';

/** Status and headers of the answer, decided before anything goes out. */
export interface ReplyHead {
  status: number;
  headers: Headers;
}

/** What a relay yields: first the head, then the body in pieces. */
export type Piece = { head: ReplyHead } | { bytes: Uint8Array };

/** Headers of an upstream's answer that concern only the hop it came over, or must not reach a local client. */
const OF_THE_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-encoding',
  'content-length',
  'set-cookie',
  'set-cookie2',
  'alt-svc',
  'strict-transport-security',
  'via',
  'server',
]);

/** The network's own marks, and what would let a web page of another origin read the answer. */
const NEVER = /^(?:cf|access-control)-/;

/**
 * Anthropic's own headers for its own answer: limits, retry hints and request id are the client's to read. A backup's say
 * nothing to the client but its request id.
 */
export function answerHeaders(upstream: Upstream, theirs: Headers, requestId: string): Headers {
  const headers = new Headers();
  if (upstream.native) {
    const named = namedByConnection(theirs);
    theirs.forEach((value, name) => {
      if (!OF_THE_HOP.has(name) && !named.has(name) && !NEVER.test(name)) headers.set(name, value);
    });
  }
  if (!headers.get('request-id')) headers.set('request-id', theirId(theirs) ?? requestId);
  return headers;
}

/**
 * Headers that name a request, the usual ones first: Anthropic; OpenAI and most others; Azure; Bedrock; Moonshot; DeepSeek;
 * OpenRouter, whose id finds the request in its own log.
 */
const IDS = [
  'request-id',
  'x-request-id',
  'apim-request-id',
  'x-amzn-requestid',
  'msh-request-id',
  'x-ds-trace-id',
  'x-generation-id',
];

/** What an upstream calls the request; undefined where it has no name for it, or one that is none. */
function theirId(theirs: Headers): string | undefined {
  return IDS.map((name) => theirs.get(name) ?? '').find((id) => /^[\w.:/+=-]{1,128}$/.test(id));
}

/** Headers every answer of `/v1/messages` carries. */
export function mark(headers: Headers, requestId: string, upstream: string | null, attempts: number): void {
  if (!headers.has('request-id')) headers.set('request-id', requestId);
  headers.set('x-ccproxy-request-id', requestId);
  headers.set('x-ccproxy-upstream', upstream ?? 'none');
  headers.set('x-ccproxy-attempts', String(attempts));
}

/** The frames' bytes in as few pieces as they came in: frames that lie side by side in one buffer go out as one. */
export function join(frames: readonly Frame[]): Uint8Array {
  const [first] = frames;
  if (first === undefined) return new Uint8Array();
  if (frames.length === 1) return first.bytes;
  const { buffer, byteOffset } = first.bytes;
  let end = byteOffset;
  for (const { bytes } of frames) {
    if (bytes.buffer !== buffer || bytes.byteOffset !== end)
      return Buffer.concat(frames.map((frame) => frame.bytes));
    end += bytes.byteLength;
  }
  return new Uint8Array(buffer, byteOffset, end - byteOffset);
}
