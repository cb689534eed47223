import type { Ms } from '../core/failure.ts';
import type { Inbound } from '../core/upstream.ts';
import { recent } from './recent.ts';

/** As long as Anthropic keeps a prompt cache unless it is asked for more. Source: the prompt caching page of its API reference. */
const REMEMBER_MS: Ms = 5 * 60_000;
const MOST = 1000;

/** Who serves a conversation: the one that has its prompt cached, and can read the thinking it wrote. */
export interface Serving {
  /** The upstream's name. */
  upstream: string;
  /** Since when it serves the conversation. */
  since: Ms;
}

/** Which upstream serves a conversation. */
export interface Sessions {
  /** Null when the conversation is new, not known by name, or silent for more than five minutes. */
  current(inbound: Pick<Inbound, 'headers'>, now: Ms): Serving | null;
  /** Notes who begins to answer in a conversation; says since when it does. */
  note(inbound: Pick<Inbound, 'headers'>, upstreamName: string, now: Ms): Serving;
  /** Notes that the answer has ended: it may have taken longer than a silent conversation is remembered. */
  renew(inbound: Pick<Inbound, 'headers'>, serving: Serving, now: Ms): void;
}

/** Knows nothing yet, and never more than 1000 conversations: the one that is silent for longest is forgotten. */
export function createSessions(): Sessions {
  const serving = recent<Serving>(REMEMBER_MS, MOST);
  return {
    current(inbound, now) {
      const key = sessionKey(inbound);
      return key === null ? null : (serving.get(key, now) ?? null);
    },
    note(inbound, upstreamName, now) {
      const key = sessionKey(inbound);
      const known = key === null ? undefined : serving.get(key, now);
      const noted = known?.upstream === upstreamName ? known : { upstream: upstreamName, since: now };
      if (key !== null) serving.set(key, noted, now);
      return noted;
    },
    renew(inbound, known, now) {
      const key = sessionKey(inbound);
      if (key !== null) serving.set(key, known, now);
    },
  };
}

/**
 * What tells a conversation from others; null when the client says nothing of it. An agent of a session has a conversation
 * of its own, with a prompt cache of its own.
 */
export function sessionKey({ headers }: Pick<Inbound, 'headers'>): string | null {
  const session = headers.get('x-claude-code-session-id');
  if (!session) return null;
  const agent = headers.get('x-claude-code-agent-id');
  // No header holds a NUL, so that no two pairs make the same key.
  return agent ? `${session}\0${agent}` : session;
}
