import type { Ms } from '../core/failure.ts';
import type { Clock, Timer } from '../core/runtime.ts';

/** The promise's value, or `later` when it takes longer than `delayMs`. */
export async function within<T>(promise: Promise<T>, delayMs: Ms, clock: Clock): Promise<T | 'later'> {
  let timer: Timer | undefined;
  const later = new Promise<'later'>((resolve) => {
    timer = clock.after(Math.max(0, delayMs), () => resolve('later'));
  });
  try {
    return await Promise.race([promise, later]);
  } finally {
    timer?.cancel();
  }
}

/** Waits; not for a client that leaves meanwhile. */
export async function pause(delayMs: Ms, clock: Clock, client: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(delayMs, resolve);
  const leave = () => resolve();
  if (client.aborted) leave();
  client.addEventListener('abort', leave, { once: true });
  await promise;
  client.removeEventListener('abort', leave);
  timer.cancel();
}
