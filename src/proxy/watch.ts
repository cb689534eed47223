import { AttemptError, type Failure, type Ms } from '../core/failure.ts';
import type { Clock, Timer } from '../core/runtime.ts';

/** Limits of one attempt, enforced through one abort signal: its reason is always an AttemptError. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Ends the attempt with `failure` unless `stop` or another limit comes first. */
  limit(delayMs: Ms, failure: () => Failure): Timer;
  /** Starts watching for silence: `failure` when `heard` was not called for `idleMs`. */
  listen(idleMs: Ms, failure: () => Failure): void;
  heard(): void;
  /** Ends the attempt at once, without a failure of the upstream. */
  abort(reason: AttemptError): void;
  /** Calls off every limit. */
  stop(): void;
}

/** The client left; the upstream is not to blame. */
export const CANCELLED: Failure = { kind: 'cancelled', message: 'the client left' };

/** A watch that also ends when `client` aborts. */
export function watch(clock: Clock, client: AbortSignal): Watch {
  const control = new AbortController();
  const timers = new Set<Timer>();
  let lastHeardAt = 0;

  const abort = (reason: AttemptError) => control.abort(reason);
  const leave = () => abort(new AttemptError(CANCELLED));
  if (client.aborted) leave();
  else client.addEventListener('abort', leave, { once: true });

  function limit(delayMs: Ms, failure: () => Failure): Timer {
    const timer = clock.after(delayMs, () => abort(new AttemptError(failure())));
    timers.add(timer);
    return timer;
  }

  /** One timer that re-arms itself for what is left: a timer per chunk would cost more than the chunk. */
  function rearm(delayMs: Ms, idleMs: Ms, failure: () => Failure): void {
    const timer = clock.after(delayMs, () => {
      timers.delete(timer);
      const silentMs = clock.now() - lastHeardAt;
      if (silentMs >= idleMs) abort(new AttemptError(failure()));
      else rearm(idleMs - silentMs, idleMs, failure);
    });
    timers.add(timer);
  }

  return {
    signal: control.signal,
    limit,
    listen(idleMs, failure) {
      lastHeardAt = clock.now();
      rearm(idleMs, idleMs, failure);
    },
    heard() {
      lastHeardAt = clock.now();
    },
    abort,
    stop() {
      client.removeEventListener('abort', leave);
      for (const timer of timers) timer.cancel();
      timers.clear();
    },
  };
}
