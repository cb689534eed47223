import type { Ms, Outcome } from '../core/failure.ts';
import type { Follower } from '../core/follow.ts';
import { type Frame, frameOf } from '../core/frame.ts';
import type { Clock } from '../core/runtime.ts';
import { within } from './within.ts';

/** A ping this often keeps sockets and middleboxes awake. */
const PING_MS: Ms = 15_000;
/** Every so many signs of life one that the client counts: it gives up after 300 s without anything but pings (measured). */
const COUNTED_EVERY = 3;

/**
 * The frames of an answer, with signs of life in between where the upstream is silent. What counts as silence of the
 * upstream is not decided here.
 */
export async function* keepAlive(
  frames: AsyncGenerator<Frame[], Outcome>,
  answer: Follower,
  clock: Clock,
): AsyncGenerator<Frame[], Outcome> {
  let signs = 0;
  for (;;) {
    const pending = frames.next();
    for (;;) {
      const step = await within(pending, PING_MS, clock);
      if (step !== 'later') {
        if (step.done) return step.value;
        signs = 0;
        yield step.value;
        break;
      }
      signs += 1;
      yield [signs % COUNTED_EVERY === 0 ? sign(answer) : frameOf({ type: 'ping' })];
    }
  }
}

/** An empty delta where a block is open that can take one; a ping otherwise. */
function sign({ open }: Follower): Frame {
  if (open?.type === 'text') {
    return frameOf({
      type: 'content_block_delta',
      index: open.index,
      delta: { type: 'text_delta', text: '' },
    });
  }
  if (open?.type === 'thinking') {
    return frameOf({
      type: 'content_block_delta',
      index: open.index,
      delta: { type: 'thinking_delta', thinking: '' },
    });
  }
  return frameOf({ type: 'ping' });
}
