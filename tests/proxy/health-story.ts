import type { BreakerState } from '../../src/core/breaker.ts';
import { type BreakerView, view } from '../../src/core/breaker-view.ts';
import type { Failure, FailureKind, Ms, Outcome } from '../../src/core/failure.ts';
import { healthKeys } from '../../src/core/health-keys.ts';
import type { BreakerRecord, Runtime } from '../../src/core/runtime.ts';
import type { Upstream } from '../../src/core/upstream.ts';
import type { Proof, Scope } from '../../src/core/verdict.ts';
import { ask, insist, type Leave } from '../../src/proxy/permits.ts';
import type { Subject } from '../../src/proxy/subject.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { NOON } from '../support/manual-clock.ts';
import { BREAKER, backup } from '../support/relay.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;

export const OK: Outcome = { ok: true };

export function failed(kind: FailureKind, more: Partial<Failure> = {}): Outcome {
  return { ok: false, failure: { kind, message: kind, ...more } };
}

export const down = failed('server_error', { status: 500 });
export const overloaded = failed('overloaded', { status: 529 });
export const lost = failed('unreachable');
export const gone = failed('cancelled');

/** A place of a test, at a host of its own unless told otherwise. Probes, where there are any, show `prober`. */
export function place(name: string, more: Partial<Upstream> & { prober?: Proof | null } = {}): Upstream {
  const { prober = null, ...others } = more;
  const connection = { openMs: 5 * SECOND, openMaxMs: 30 * SECOND };
  return backup({
    name,
    base: `https://${name}.test/v1`,
    breaker: { ...BREAKER, connection, prober },
    ...others,
  });
}

/** Breakers of several upstreams, with a clock that moves when told to, and a network that is there unless told otherwise. */
export class Health {
  now: Ms = NOON;
  offline = false;
  justWoken = false;
  readonly seen: [host: string, reached: boolean][] = [];
  readonly news: BreakerRecord[] = [];
  readonly runtime: Runtime;

  constructor() {
    const story = this;
    const nobody = () => {
      throw new Error('must not be called');
    };
    this.runtime = {
      clock: { now: () => story.now, after: nobody },
      random: () => 0.5,
      id: nobody,
      send: nobody,
      breakers: memoryStore(),
      network: {
        backAt: null,
        cutsOff: () => story.offline,
        get offline() {
          return story.offline;
        },
        get justWoken() {
          return story.justWoken;
        },
        saw: (host, reached) => void story.seen.push([host, reached]),
      },
      journal: {
        attempt() {},
        serving() {},
        request() {},
        probe() {},
        breaker: (record) => void story.news.push(record),
      },
    };
  }

  wait(ms: Ms): this {
    this.now += ms;
    return this;
  }

  ask(subject: Subject): Leave | null {
    return ask(subject, this.runtime);
  }

  leave(subject: Subject, asker: 'request' | 'probe' = 'request'): Leave {
    const leave = ask(subject, this.runtime, asker);
    if (leave === null) throw new Error(`no leave for a ${asker}`);
    return leave;
  }

  /** Requests one after the other, each settled before the next. */
  requests(subject: Subject, ...outcomes: Outcome[]): this {
    for (const outcome of outcomes) this.leave(subject).settle(outcome);
    return this;
  }

  /** Requests that are under way at the same time, settled in turn. */
  together(subject: Subject, ...outcomes: Outcome[]): this {
    const leaves = outcomes.map((outcome) => ({ outcome, leave: this.leave(subject) }));
    for (const { leave, outcome } of leaves) leave.settle(outcome);
    return this;
  }

  probe(subject: Subject, outcome: Outcome, shown: Proof = 'connection'): this {
    this.leave(subject, 'probe').settle(outcome, shown);
    return this;
  }

  insist(subject: Subject): Leave | null {
    return insist(subject, this.runtime);
  }

  state(key = ''): BreakerState {
    return this.runtime.breakers.read(key);
  }

  name({ keys }: Subject, scope: Scope): BreakerView['name'] {
    return view(this.state(keys[scope]), this.now).name;
  }

  /** How all four stand, in a word for each that is not closed: `host open, model cooldown`. */
  stands(subject: Subject): string {
    const scopes = ['host', 'upstream', 'credential', 'model'] as const;
    const words = scopes.flatMap((scope) => {
      const name = subject.keys[scope] === undefined ? 'closed' : this.name(subject, scope);
      return name === 'closed' ? [] : [`${scope} ${name}`];
    });
    return words.join(', ');
  }

  /** Every state that was ever written, by its key. */
  all(): Record<string, BreakerState> {
    const { breakers } = this.runtime;
    return Object.fromEntries([...breakers.keys()].map((key) => [key, breakers.read(key)]));
  }
}

/** An upstream as a request asks it; with `model` null, as a probe does. */
export function subject(
  upstream: Upstream,
  model: string | null = 'm1',
  credential: string | null = 'k1',
): Subject {
  return { upstream, keys: healthKeys(upstream, credential, model) };
}
