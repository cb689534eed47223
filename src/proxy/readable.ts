import type { MessagesRequest } from '../core/messages.ts';
import type { Inbound } from '../core/upstream.ts';
import { malformed } from '../wire/shape/malformed.ts';

/** Every upstream that a request is translated for asks. */
const KNOWN = new WeakMap<Inbound, string | null>();

/** Why nobody but Anthropic could make anything of the request, in words for the client; null when they can. */
export function whyMalformed(inbound: Inbound): string | null {
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
