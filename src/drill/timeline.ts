import type { Ms } from '../core/failure.ts';
import type { AttemptRecord, BreakerRecord, Clock, Journal, ProbeRecord } from '../core/runtime.ts';

/** Something that happened in a rehearsal. */
export interface Happening {
  /** Since the rehearsal began. */
  at: Ms;
  /** `client`, or an upstream's name. */
  who: string;
  kind: 'asks' | 'content' | 'tool' | 'end' | 'serves' | 'failed' | 'answered' | 'breaker' | 'probe';
  /** In words. */
  what: string;
}

/** What is written down of a rehearsal, as it happens. */
export interface Timeline {
  readonly happenings: readonly Happening[];
  readonly attempts: readonly AttemptRecord[];
  readonly breakers: readonly BreakerRecord[];
  readonly probes: readonly ProbeRecord[];
  readonly journal: Journal;
  note(who: string, kind: Happening['kind'], what: string): void;
  /** Begins to count from now: what was before is forgotten, but for how breakers stand. */
  restart(): void;
  /** Calls `then` after whatever happens next. */
  onNext(then: () => void): void;
}

/** @param tell is told at once */
export function createTimeline(clock: Clock, tell: (happening: Happening) => void = () => {}): Timeline {
  const happenings: Happening[] = [];
  const attempts: AttemptRecord[] = [];
  const breakers: BreakerRecord[] = [];
  const probes: ProbeRecord[] = [];
  let startedAt = clock.now();
  let waiting: (() => void)[] = [];

  function note(who: string, kind: Happening['kind'], what: string): void {
    const happening = { at: clock.now() - startedAt, who, kind, what };
    happenings.push(happening);
    tell(happening);
    wake();
  }

  function wake(): void {
    const all = waiting;
    waiting = [];
    for (const then of all) then();
  }

  return {
    happenings,
    attempts,
    breakers,
    probes,
    note,
    restart() {
      startedAt = clock.now();
      for (const list of [happenings, attempts, breakers, probes]) list.length = 0;
    },
    onNext: (then) => void waiting.push(then),
    journal: {
      attempt(record) {
        attempts.push(record);
        const { failure, upstream } = record;
        if (failure === undefined) note(upstream, 'answered', 'whole answer');
        else note(upstream, 'failed', failure.message);
      },
      serving: (_, upstream) => note(upstream, 'serves', 'begins to answer'),
      request: () => wake(),
      probe(record) {
        probes.push(record);
        if (record.failure !== undefined) note(record.upstream, 'probe', `probe: ${record.failure.message}`);
        else wake();
      },
      breaker(record) {
        breakers.push(record);
        note(record.upstream, 'breaker', `${record.from} → ${record.to.name}`);
      },
    },
  };
}
