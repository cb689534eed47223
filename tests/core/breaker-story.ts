import {
  admit,
  type BreakerSettings,
  type BreakerState,
  type BreakerView,
  initial,
  type Permit,
  settle,
  view,
} from '../../src/core/breaker.ts';
import type { Failure, FailureKind, Ms, Outcome } from '../../src/core/failure.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const START = 1_700_000_000_000;

export const SETTINGS: BreakerSettings = {
  failures: 2,
  windowMs: MINUTE,
  ratio: 0.5,
  minSamples: 5,
  openMs: 15 * SECOND,
  openMaxMs: 5 * MINUTE,
};

export const OK: Outcome = { ok: true };

export function failed(kind: FailureKind, more: Partial<Failure> = {}): Outcome {
  return { ok: false, failure: { kind, message: kind, ...more } };
}

/** One upstream's breaker with a clock that moves when told to. Jitter is ×1 unless told otherwise. */
export class Story {
  state: BreakerState = initial();
  now: Ms = START;
  random = 0.5;

  constructor(private readonly settings: BreakerSettings = SETTINGS) {}

  wait(duration: Ms): this {
    this.now += duration;
    return this;
  }

  ask(): Permit | null {
    const { state, permit } = admit(this.state, this.now, this.settings);
    this.state = state;
    return permit;
  }

  permit(): Permit {
    const permit = this.ask();
    if (permit === null) throw new Error(`no permit while ${this.view.name}`);
    return permit;
  }

  settle(permit: Permit, outcome: Outcome): this {
    this.state = settle(this.state, permit, outcome, this.now, this.settings, () => this.random);
    return this;
  }

  /** Requests one after the other, each settled before the next. */
  requests(...outcomes: Outcome[]): this {
    for (const outcome of outcomes) this.settle(this.permit(), outcome);
    return this;
  }

  /** Opens it, or opens it again, by as many failures as that takes. */
  trip(more: Partial<Failure> = {}): this {
    while (this.view.name !== 'open') this.requests(failed('server_error', more));
    return this;
  }

  /** To the end of the open time or of the cooldown; how long that was. */
  sleep(): Ms {
    const remaining = (this.view.until ?? this.now) - this.now;
    this.now += remaining;
    return remaining;
  }

  get view(): BreakerView {
    return view(this.state, this.now);
  }
}

export const down = failed('server_error');
export const gone = failed('cancelled');
