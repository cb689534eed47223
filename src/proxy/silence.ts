import type { Ms } from '../core/failure.ts';
import type { Follower } from '../core/follow.ts';

/** Pings keep an upstream alive for so many times as long as it may say nothing at all. */
const IDLE_TIMES = 3;
/** And at most for so long: the client itself gives up after 300 s of them (measured). */
const MOST_MS: Ms = 240_000;
/** Thinking that is not shown is all pings, for minutes; at most for as long as the official SDK waits for an answer. */
const HIDDEN_THINKING_IDLE_TIMES = 6;
const HIDDEN_THINKING_MOST_MS: Ms = 600_000;

/** How long nothing but pings is taken for life, where `answer` stands. */
export function pingsBelievedMs({ open }: Follower, idleMs: Ms): Ms {
  if (open?.type === 'thinking' && !open.filled)
    return Math.min(HIDDEN_THINKING_MOST_MS, HIDDEN_THINKING_IDLE_TIMES * idleMs);
  return Math.min(MOST_MS, IDLE_TIMES * idleMs);
}
