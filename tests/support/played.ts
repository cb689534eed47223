import type { Answer } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Recorded } from '../../src/drill/recorded.ts';
import type { Lines } from '../../src/drill/script.ts';

/** One request of the client: who answers it, and what. Whoever is asked before fails. */
export interface Step<Name extends string> {
  by: Name;
  says: Answer;
  /** How the others fail that are asked; default: they are overloaded. */
  others?: Fault;
}

/** A request that reached an upstream, and for which step. */
export interface Heard<Name extends string> {
  upstream: Name;
  /** Counted from 0. */
  step: number;
  request: Recorded;
  /** Whether this upstream answered it. */
  answered: boolean;
}

/** Several upstreams that follow one script together. */
export interface Play<Name extends string> {
  /** Every request of every upstream, in the order in which they came. */
  readonly heard: readonly Heard<Name>[];
  /** How many steps are done. */
  readonly done: number;
  /** What `upstream` does with its requests. */
  lines(upstream: Name): Lines;
}

const OVERLOADED: Fault = { kind: 'status', status: 529 };

/** Plays `steps` one after the other; a request that comes when all are done is refused. */
export function play<Name extends string>(steps: readonly Step<Name>[]): Play<Name> {
  const heard: Heard<Name>[] = [];
  let done = 0;
  return {
    heard,
    get done() {
      return done;
    },
    lines: (upstream) => (request) => {
      const step = done;
      const { by, says, others = OVERLOADED } = steps[step] ?? {};
      const answered = by === upstream;
      heard.push({ upstream, step, request, answered });
      if (!answered || says === undefined) return { fault: others };
      done += 1;
      return { answer: says };
    },
  };
}
