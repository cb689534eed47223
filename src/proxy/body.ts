import type { Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';
import { within } from './within.ts';

/** How long the rest of a body may take after the answer is over; read to its end, its connection can be used again. */
const LINGER_MS: Ms = 1000;
/** How much of an error body is read: enough for any message, not enough to hurt. */
const ERROR_BODY_BYTES = 1 << 20;
/** How long it may take. */
const ERROR_BODY_MS: Ms = 2000;

/** A body's reader, as far as an attempt uses it. */
export interface BodyReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The beginning of an error body; what has not come after a while is not waited for. */
export async function readSome(response: Response, clock: Clock): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader() as BodyReader;
  const until = clock.now() + ERROR_BODY_MS;
  while (size < ERROR_BODY_BYTES) {
    const read = await within(reader.read(), until - clock.now(), clock);
    if (read === 'later' || read.done || read.value === undefined) break;
    chunks.push(read.value);
    size += read.value.byteLength;
  }
  reader.cancel().catch(() => {});
  return Buffer.concat(chunks);
}

/**
 * Lets go of a body: read to its end where the answer is over, so that its connection can be used again; given up at once
 * otherwise. Its own errors no longer matter.
 */
export async function release(
  reader: BodyReader,
  isOver: boolean,
  clock: Clock,
  giveUp: () => void,
): Promise<void> {
  const limit = clock.after(isOver ? LINGER_MS : 0, giveUp);
  try {
    for (let reads = 0; isOver && reads < 8; reads += 1) {
      if ((await reader.read()).done) return limit.cancel();
    }
    giveUp();
    await reader.cancel();
  } catch {
    // Aborted or broken: either way nothing holds it any more.
  } finally {
    limit.cancel();
  }
}
