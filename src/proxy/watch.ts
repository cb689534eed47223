import { AttemptError, type Failure, type Ms } from '../core/failure.ts';
import type { Clock, Timer } from '../core/runtime.ts';

/** Limits of one attempt, enforced through one abort signal: its reason is always an AttemptError. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Ends the attempt with `failure` unless `stop` or another limit comes first. */
  limit(delayMs: Ms, failure: () => Failure): Timer;
  /** Starts watching for silence: `failure` when something was asked for `idleMs` ago and nothing has been heard since. */
  listen(idleMs: Ms, failure: () => Failure): void;
  /** Something is waited for. While nothing is, silence is not the upstream's: its reader is busy or slow. */
  asked(): void;
  heard(): void;
  /** Ends the attempt at once, without a failure of the upstream. */
  abort(reason: AttemptError): void;
  /** Calls off every limit. */
  stop(): void;
}

/** The client left; the upstream is not to blame. */
export const CANCELLED: Failure = { kind: 'cancelled', message: 'the client left' };

/** A watch over an attempt that begins now. */
export function watch(clock: Clock): Watch {
  const control = new AbortController();
  const timers = new Set<Timer>();
  let askedAt: Ms | undefined;

  function stop(): void {
    for (const timer of timers) timer.cancel();
    timers.clear();
  }

  function abort(reason: AttemptError): void {
    stop();
    control.abort(reason);
  }

  function limit(delayMs: Ms, failure: () => Failure): Timer {
    const timer = clock.after(delayMs, () => abort(new AttemptError(failure())));
    timers.add(timer);
    return timer;
  }

  /** One timer that re-arms itself for what is left: a timer per chunk would cost more than the chunk. */
  function rearm(delayMs: Ms, idleMs: Ms, failure: () => Failure): void {
    const timer = clock.after(delayMs, () => {
      timers.delete(timer);
      const silentMs = askedAt === undefined ? 0 : clock.now() - askedAt;
      if (silentMs >= idleMs) abort(new AttemptError(failure()));
      else rearm(idleMs - silentMs, idleMs, failure);
    });
    timers.add(timer);
  }

  return {
    signal: control.signal,
    limit,
    listen(idleMs, failure) {
      rearm(idleMs, idleMs, failure);
    },
    asked() {
      askedAt = clock.now();
    },
    heard() {
      askedAt = undefined;
    },
    abort,
    stop,
  };
}
