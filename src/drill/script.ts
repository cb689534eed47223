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
 * What a scripted upstream does from now on. A list is used from its front, one reply per request, and its last
 * reply repeats; a function decides per request; `refuse` closes the port itself, so that nothing is ever asked.
 */
export type Script = Reply | readonly Reply[] | ((request: Recorded) => Reply) | 'refuse';

/** A reader of `script`: the reply for each request in turn. */
export function replies(script: Exclude<Script, 'refuse'>): (request: Recorded) => Reply {
  if (typeof script === 'function') return script;
  const list: readonly Reply[] = 'length' in script ? script : [script];
  const queue = [...list];
  return () => (queue.length > 1 ? queue.shift() : queue[0]) ?? {};
}

/** The faults of `reply`, in the order in which they act. */
export function faultsOf(reply: Reply): readonly Fault[] {
  if (reply.fault === undefined) return [];
  return 'kind' in reply.fault ? [reply.fault] : reply.fault;
}
