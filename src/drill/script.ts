import type { Ms } from '../core/failure.ts';
import type { Answer } from './answers.ts';
import type { Fault } from './faults.ts';
import type { Recorded } from './recorded.ts';

/**
 * What a scripted upstream does with one request: says its answer, spoiled by the faults in their order. Without an
 * answer it says a short sentence (which most faults replace or never get to).
 */
export interface Reply {
  answer?: Answer;
  fault?: Fault | readonly Fault[];
}

/**
 * What a scripted upstream says to one request after the other. A list is used from its front, one reply per request, and
 * its last reply repeats; a function decides per request.
 */
export type Lines = Reply | readonly Reply[] | ((request: Recorded) => Reply);

/** What a scripted upstream does from now on; `refuse` closes the port itself, so that nothing is ever asked. */
export type Script = Lines | 'refuse';

/** A reader of `lines`: the reply for each request in turn. */
export function replies(lines: Lines): (request: Recorded) => Reply {
  if (typeof lines === 'function') return lines;
  const list: readonly Reply[] = 'length' in lines ? lines : [lines];
  const queue = [...list];
  return () => (queue.length > 1 ? queue.shift() : queue[0]) ?? {};
}

/** The faults of `reply`, in the order in which they act. */
export function faultsOf(reply: Reply): readonly Fault[] {
  if (reply.fault === undefined) return [];
  return 'kind' in reply.fault ? [reply.fault] : reply.fault;
}

/** A part of a schedule: what is said for so long. */
export type Spell = readonly [forMs: Ms, reply: Reply];

/** Replies by the clock: each spell in its turn, counted from the first request; the last one lasts. */
export function onSchedule(spells: readonly Spell[]): Lines {
  let startedAt: Ms | undefined;
  return ({ at }) => {
    startedAt ??= at;
    let endsAt = startedAt;
    const current = spells.find(([forMs]) => {
      endsAt += forMs;
      return at < endsAt;
    });
    return (current ?? spells.at(-1))?.[1] ?? {};
  };
}
