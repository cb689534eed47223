import type { Clock } from '../core/runtime.ts';
import { within } from '../proxy/within.ts';
import { ErrorAnswer, fault } from './fault.ts';

/** How long a request's body may take to arrive. */
const BODY_MS = 60_000;

/**
 * The whole body of a request.
 * @throws ErrorAnswer 413 for a body longer than `maxBytes`, 408 for one that takes longer than a minute, 400 for one that
 * breaks off.
 */
export async function readBody(request: Request, maxBytes: number, clock: Clock): Promise<Uint8Array> {
  const length = Number(request.headers.get('content-length') ?? Number.NaN);
  if (length > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return new Uint8Array();
  try {
    const reading = Number.isFinite(length) ? request.bytes() : readUpTo(request.body, maxBytes);
    const bytes = await within(reading, BODY_MS, clock);
    if (bytes !== 'later') return bytes;
  } catch (error) {
    throw error instanceof ErrorAnswer ? error : brokenOff();
  }
  throw tooSlow();
}

async function readUpTo(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Nobody knows how much is still to come: a connection that is kept would have to swallow it all.
    if (size > maxBytes) throw tooLarge(maxBytes, { connection: 'close' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function brokenOff(): ErrorAnswer {
  return fault(400, 'invalid_request_error', 'the request body did not arrive whole');
}

function tooSlow(): ErrorAnswer {
  const message = `the request body took longer than ${BODY_MS / 1000} s`;
  return fault(408, 'timeout_error', message, { connection: 'close' });
}

function tooLarge(maxBytes: number, headers: Record<string, string> = {}): ErrorAnswer {
  const message = `the request is larger than server.max_body (${maxBytes} bytes)`;
  return fault(413, 'request_too_large', message, headers);
}
