import type { MessagesRequest } from '../core/messages.ts';
import type { Inbound } from '../core/upstream.ts';
import { malformed } from '../wire/shape/malformed.ts';
import type { Round } from './asked.ts';
import type { Subject } from './subject.ts';

/** Every upstream that a request is translated for asks. */
const KNOWN = new WeakMap<Inbound, string | null>();

/** Why nobody but Anthropic could make anything of the request, in words for the client; null when they can. */
function whyMalformed(inbound: Inbound): string | null {
  const known = KNOWN.get(inbound);
  if (known !== undefined) return known;
  const why = look(inbound);
  KNOWN.set(inbound, why);
  return why;
}

function look(inbound: Inbound): string | null {
  try {
    return malformed(inbound.request);
  } catch (error) {
    return error instanceof Error ? error.message : 'the request cannot be read';
  }
}

/** The request, where it has the shape of one; null where it has not. */
export function readable(inbound: Inbound): MessagesRequest | null {
  return whyMalformed(inbound) === null ? inbound.request : null;
}

/**
 * Whether the request can be put into the upstream's language. What goes to Anthropic is the client's own, and Anthropic's to
 * judge: nothing is read for it.
 */
export function isReadable({ upstream }: Subject, round: Round): boolean {
  if (upstream.native) return true;
  round.malformed = whyMalformed(round.inbound);
  return !isMalformed(round);
}

/** Whether a backup was not asked because of what the request is. */
export function isMalformed(round: Round): round is Round & { malformed: string } {
  return round.malformed !== null;
}
