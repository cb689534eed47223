import type { Failure, Outcome } from '../core/failure.ts';
import type { Begun } from './hop.ts';
import { distrust } from './interventions.ts';
import type { Round } from './round.ts';
import { sessionKey } from './sessions.ts';

/** How a request is being answered: by whom at the moment, and what came of it. */
export interface Course {
  /** Holds what was asked so far, also by rounds before it. */
  round: Round;
  begun: Begun | undefined;
  outcome: Outcome;
}

/** Why the answer broke off; null when it did not, or its client left. */
export function breachIn({ begun, outcome }: Course): Failure | null {
  if (begun === undefined || outcome.ok || outcome.failure.kind === 'cancelled') return null;
  return outcome.failure;
}

/** An upstream that broke off is asked last for a while: by everybody, and for this session's next request in any case. */
export function noteBreach(course: Course): void {
  const failure = breachIn(course);
  if (failure === null || course.begun === undefined) return;
  const { inbound, context } = course.round;
  const { subject } = course.begun.hop;
  distrust(subject, failure.message, context.runtime);
  const session = sessionKey(inbound);
  if (session !== null) context.deserters.set(session, subject.upstream.name, context.runtime.clock.now());
}
