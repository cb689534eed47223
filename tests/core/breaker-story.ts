import {
  type Asker,
  admit,
  type BreakerSettings,
  type BreakerState,
  initial,
  lastResort,
  type Permit,
  reset,
  settle,
} from '../../src/core/breaker.ts';
import { type BreakerView, view } from '../../src/core/breaker-view.ts';
import type { Failure, FailureKind, Ms, Outcome } from '../../src/core/failure.ts';
import { type Proof, VERDICTS } from '../../src/core/verdict.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const START = 1_700_000_000_000;

/** Nothing is probed, and failures to connect have times of their own. */
export const SETTINGS: BreakerSettings = {
  failures: 2,
  windowMs: MINUTE,
  ratio: 0.5,
  minSamples: 5,
  openMs: 15 * SECOND,
  openMaxMs: 5 * MINUTE,
  connection: { openMs: 5 * SECOND, openMaxMs: 30 * SECOND },
  prober: null,
};

export const KINDS = Object.keys(VERDICTS) as FailureKind[];

export const OK: Outcome = { ok: true };

export function failed(kind: FailureKind, more: Partial<Failure> = {}): Outcome {
  return { ok: false, failure: { kind, message: kind, ...more } };
}

/** One breaker with a clock that moves when told to. Jitter is ×1 unless told otherwise. */
export class Story {
  state: BreakerState = initial();
  now: Ms = START;
  random = 0.5;

  constructor(readonly settings: BreakerSettings = SETTINGS) {}

  wait(duration: Ms): this {
    this.now += duration;
    return this;
  }

  ask(asker: Asker = 'request'): Permit | null {
    const { state, permit } = admit(this.state, this.now, this.settings.prober, asker);
    this.state = state;
    return permit;
  }

  permit(asker: Asker = 'request'): Permit {
    const permit = this.ask(asker);
    if (permit === null) throw new Error(`no permit for a ${asker} while ${this.view.name}`);
    return permit;
  }

  settle(permit: Permit, outcome: Outcome, shown?: Proof): this {
    this.state = settle(this.state, permit, outcome, this.now, this.settings, () => this.random, shown);
    return this;
  }

  /** Requests one after the other, each settled before the next. */
  requests(...outcomes: Outcome[]): this {
    for (const outcome of outcomes) this.settle(this.permit(), outcome);
    return this;
  }

  /** A probe, settled at once. */
  probe(outcome: Outcome, shown: Proof = this.settings.prober ?? 'connection'): this {
    return this.settle(this.permit('probe'), outcome, shown);
  }

  /** A request that nothing was left for, settled at once. */
  lastResort(outcome: Outcome): this {
    return this.settle(lastResort(this.state), outcome);
  }

  /** Opens it, or opens it again, by as many failures as that takes. */
  trip(more: Partial<Failure> = {}, kind: FailureKind = 'server_error'): this {
    while (this.view.name !== 'open') this.requests(failed(kind, more));
    return this;
  }

  /** Closes it by hand. */
  reset(): this {
    this.state = reset(this.state, this.now);
    return this;
  }

  /** To the end of the open time, of the cooldown or of the block; how long that was. */
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
export const lost = failed('unreachable');
