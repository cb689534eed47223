import type { Clock } from '../core/runtime.ts';
import type { RelayContext } from '../proxy/context.ts';
import { relay } from '../proxy/relay.ts';
import type { Piece } from '../proxy/reply.ts';
import { pause } from '../proxy/within.ts';
import { withoutToken } from './guard.ts';
import type { InFlight } from './in-flight.ts';
import { inboundOf } from './inbound.ts';
import { targetOf } from './path.ts';
import { readBody } from './read-body.ts';

/** What answering needs beside the request. */
export interface MessagesSettings {
  relay: RelayContext;
  maxBodyBytes: number;
  tokens: readonly string[];
  inFlight: InFlight;
}

/**
 * `POST /v1/messages`: reads the request once and relays it.
 * @throws ErrorAnswer for a request that is none, whose body does not arrive, or for which there is no room.
 */
export async function answerMessages(
  request: Request,
  settings: MessagesSettings,
  id: string,
): Promise<Response> {
  const ended = settings.inFlight.enter();
  const leave = new AbortController();
  if (request.signal.aborted) leave.abort();
  const left = () => {
    leave.abort();
    ended();
  };
  request.signal.addEventListener('abort', left, { once: true });
  try {
    const bytes = await readBody(request, settings.maxBodyBytes, settings.relay.runtime.clock);
    const headers = withoutToken(request.headers, settings.tokens);
    const inbound = inboundOf(id, headers, targetOf(request).search, bytes);
    const pieces = relay(inbound, settings.relay, leave.signal);
    return await respond(pieces, inbound.stream, { leave, ended, clock: settings.relay.runtime.clock });
  } catch (error) {
    left();
    throw error;
  }
}

/** nginx's status for a client that left before its answer; nobody reads it. */
const CLIENT_LEFT = 499;

type Pieces = AsyncGenerator<Piece, void>;

/** A request under way. */
interface Exchange {
  /** For a client that leaves. */
  leave: AbortController;
  /** Its answer has ended. */
  ended(): void;
  clock: Clock;
}

async function respond(pieces: Pieces, stream: boolean, exchange: Exchange): Promise<Response> {
  const first = await pieces.next();
  const head = first.done || !('head' in first.value) ? { status: CLIENT_LEFT } : first.value.head;
  if (stream && head.status === 200) return new Response(bodyOf(pieces, exchange), head);
  const chunks: Uint8Array[] = [];
  for await (const piece of pieces) if ('bytes' in piece) chunks.push(piece.bytes);
  exchange.ended();
  if (chunks.length === 0) return new Response(null, head);
  const [only] = chunks;
  const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
  return new Response(body as Uint8Array<ArrayBuffer>, head);
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
function bodyOf(pieces: Pieces, { leave, ended, clock }: Exchange): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const step = await pieces.next();
          if (step.done) {
            ended();
            controller.close();
          } else if ('bytes' in step.value) controller.enqueue(step.value.bytes);
        } catch (error) {
          ended();
          await pause(RESET_AFTER_MS, clock, leave.signal);
          controller.error(error);
        }
      },
      async cancel() {
        leave.abort();
        ended();
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
