import type { Ms } from '../core/failure.ts';
import type { Clock } from '../core/runtime.ts';

/** The promise's value, or `later` when it takes longer than `delayMs`. */
export function within<T>(promise: Promise<T>, delayMs: Ms, clock: Clock): Promise<T | 'later'> {
  // One promise, where a race would make three: this is done for every piece of every answer.
  return new Promise<T | 'later'>((resolve, reject) => {
    const timer = clock.after(Math.max(0, delayMs), () => resolve('later'));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error) => {
        timer.cancel();
        reject(error);
      },
    );
  });
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
