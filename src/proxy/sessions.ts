import { conversationOf } from '../core/conversation.ts';
import type { Ms } from '../core/failure.ts';
import type { Inbound } from '../core/upstream.ts';
import { recent } from './recent.ts';

/** As long as Anthropic keeps a prompt cache unless it is asked for more. Source: the prompt caching page of its API reference. */
const REMEMBER_MS: Ms = 5 * 60_000;
const MOST_SESSIONS = 1000;
/** Of one session: a client's own side requests are conversations, too. */
const MOST_CONVERSATIONS = 50;

/** Who serves a conversation: the one that has its prompt cached, and can read the thinking it wrote. */
export interface Serving {
  /** The upstream's name. */
  upstream: string;
  /** Since when it serves the conversation. */
  since: Ms;
}

/** Conversations that are away from home: another upstream than the first of the chain serves them. */
export interface Sessions {
  /** Null when the conversation is at home, new, not known by name, or silent for more than five minutes. */
  current(inbound: Named, now: Ms): Serving | null;
  /** Notes who begins to answer in a conversation; says since when it does. */
  note(inbound: Named, upstreamName: string, isHome: boolean, now: Ms): Serving;
  /** Notes that the answer has ended: it may have taken longer than a silent conversation is remembered. */
  renew(inbound: Named, serving: Serving, now: Ms): void;
}

/** What tells which conversation a request belongs to. */
type Named = Pick<Inbound, 'headers' | 'request'>;

/** Knows nothing yet, and never more than 1000 sessions: the one that is silent for longest is forgotten. */
export function createSessions(): Sessions {
  const sessions = recent<ReturnType<typeof recent<Serving>>>(REMEMBER_MS, MOST_SESSIONS);

  /** Nothing is read of a request as long as all of its session is at home. */
  function away(inbound: Named, now: Ms) {
    const key = sessionKey(inbound);
    return key === null ? undefined : sessions.get(key, now);
  }

  function remember(inbound: Named, serving: Serving, now: Ms): void {
    const key = sessionKey(inbound);
    const name = key === null ? null : nameOf(inbound);
    if (key === null || name === null) return;
    const conversations = sessions.get(key, now) ?? recent<Serving>(REMEMBER_MS, MOST_CONVERSATIONS);
    conversations.set(name, serving, now);
    sessions.set(key, conversations, now);
  }

  function current(inbound: Named, now: Ms): Serving | null {
    const conversations = away(inbound, now);
    const name = conversations === undefined ? null : nameOf(inbound);
    return name === null ? null : (conversations?.get(name, now) ?? null);
  }

  return {
    current,
    note(inbound, upstreamName, isHome, now) {
      const known = current(inbound, now);
      const serving = known?.upstream === upstreamName ? known : { upstream: upstreamName, since: now };
      const name = isHome && known !== null ? nameOf(inbound) : null;
      if (!isHome) remember(inbound, serving, now);
      else if (name !== null) away(inbound, now)?.delete(name);
      return serving;
    },
    renew: remember,
  };
}

/** What has not the shape of a request belongs to no conversation; that it is wrong is for others to say. */
function nameOf(inbound: Named): string | null {
  try {
    return conversationOf(inbound.request);
  } catch {
    return null;
  }
}

/**
 * What tells a session from others; null when the client says nothing of it. An agent of a session has conversations of its
 * own, with a prompt cache of its own.
 */
export function sessionKey({ headers }: Pick<Inbound, 'headers'>): string | null {
  const session = headers.get('x-claude-code-session-id');
  if (!session) return null;
  const agent = headers.get('x-claude-code-agent-id');
  // No header holds a NUL, so that no two pairs make the same key.
  return agent ? `${session}\0${agent}` : session;
}
