import type { Clock } from '../core/runtime.ts';
import type { RelayContext } from '../proxy/context.ts';
import { relay } from '../proxy/relay.ts';
import type { Piece } from '../proxy/reply.ts';
import { pause } from '../proxy/within.ts';
import { withoutToken } from './guard.ts';
import { inboundOf } from './inbound.ts';
import { targetOf } from './path.ts';
import { readBody } from './read-body.ts';

/** What answering needs beside the request. */
export interface MessagesSettings {
  relay: RelayContext;
  maxBodyBytes: number;
  tokens: readonly string[];
}

/**
 * `POST /v1/messages`: reads the request once and relays it.
 * @throws ErrorAnswer for a request that is none, or whose body does not arrive.
 */
export async function answerMessages(
  request: Request,
  settings: MessagesSettings,
  id: string,
): Promise<Response> {
  const leave = new AbortController();
  if (request.signal.aborted) leave.abort();
  request.signal.addEventListener('abort', () => leave.abort(), { once: true });
  try {
    const bytes = await readBody(request, settings.maxBodyBytes, settings.relay.runtime.clock);
    const headers = withoutToken(request.headers, settings.tokens);
    const inbound = inboundOf(id, headers, targetOf(request).search, bytes);
    const pieces = relay(inbound, settings.relay, leave.signal);
    return await respond(pieces, inbound.stream, leave, settings.relay.runtime.clock);
  } catch (error) {
    leave.abort();
    throw error;
  }
}

/** nginx's status for a client that left before its answer; nobody reads it. */
const CLIENT_LEFT = 499;

type Pieces = AsyncGenerator<Piece, void>;

async function respond(
  pieces: Pieces,
  stream: boolean,
  leave: AbortController,
  clock: Clock,
): Promise<Response> {
  const first = await pieces.next();
  if (first.done || !('head' in first.value)) return new Response(null, { status: CLIENT_LEFT });
  const { status, headers } = first.value.head;
  if (stream && status === 200) return new Response(bodyOf(pieces, leave, clock), { status, headers });
  const chunks: Uint8Array[] = [];
  for await (const piece of pieces) if ('bytes' in piece) chunks.push(piece.bytes);
  const [only] = chunks;
  const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
}

/**
 * How long the last bytes before a reset are given. A reset makes the client's system throw away what its program has not
 * read yet: a block that is finished would be open to it (seen in 2 of 3 runs with Claude Code 2.1.328).
 */
const RESET_AFTER_MS = 50;

/**
 * The body as it is pulled, so that a slow client slows its upstream down instead of filling memory. An error resets the
 * connection, which is what a cut must look like. A client that leaves ends the relay.
 */
function bodyOf(pieces: Pieces, leave: AbortController, clock: Clock): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const step = await pieces.next();
          if (step.done) controller.close();
          else if ('bytes' in step.value) controller.enqueue(step.value.bytes);
        } catch (error) {
          await pause(RESET_AFTER_MS, clock, leave.signal);
          controller.error(error);
        }
      },
      async cancel() {
        leave.abort();
        try {
          await pieces.return();
        } catch {
          // A reset for a client that is gone.
        }
      },
    },
    { highWaterMark: 0 },
  );
}
