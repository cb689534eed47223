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
