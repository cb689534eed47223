import type { Failure } from '../core/failure.ts';
import type { Try } from './conclude.ts';
import { whyMalformed } from './readable.ts';
import type { Round } from './round.ts';
import type { Subject } from './subject.ts';
import { unfit } from './unfit.ts';

/**
 * Whether the request can be put into the upstream's language, and its model do what it wants. What goes to Anthropic is the
 * client's own, and Anthropic's to judge: nothing is read for it.
 */
export function canTake(subject: Subject, round: Round): boolean {
  return subject.upstream.native || (whyMalformed(round.inbound) === null && misfit(subject, round) === null);
}

function misfit(subject: Subject, { inbound, context, chain, misfits, barred }: Round): Failure | null {
  const known = misfits.get(subject);
  if (known !== undefined) return known;
  const failure = unfit(subject.upstream, inbound, chain.length > 1, context.calibration);
  misfits.set(subject, failure);
  if (failure !== null) barred.set(subject.upstream.name, failure.message);
  return failure;
}

/** Those whose model could not do what the request wants, as if they had refused it. */
export function skipped(round: Round): Try[] {
  return round.order.flatMap((subject) => {
    const failure = misfit(subject, round);
    return failure === null ? [] : [{ upstream: subject.upstream, failure }];
  });
}

/** Whether no other upstream could take the request, however it is. */
export function isAlone(subject: Subject, round: Round): boolean {
  return !round.order.some((other) => other !== subject && canTake(other, round));
}
