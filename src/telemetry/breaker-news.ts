import type { Ms } from '../core/failure.ts';
import type { AttemptRecord, BreakerRecord } from '../core/runtime.ts';
import { span } from './span.ts';

/** Tells news of an upstream's breakers from what the user knows already: it has several, and some fail together. */
export interface BreakerNews {
  /** A change in words, and whether the user should read it: an upstream is out for a new reason, or is back. */
  tell(record: BreakerRecord): { line: string; isNews: boolean };
  /**
   * An upstream has answered. Returns who is back of those that were said to be out before it was asked: a host that it
   * shares may have been closed in another's name, and a limit may be that of a credential that nobody sends any more.
   */
  answered(attempt: Pick<AttemptRecord, 'upstream' | 'model' | 'startedAt'>): string[];
}

/** Models are named by clients; beyond so many, what was said first is forgotten. */
const MOST = 500;

const WORDS: Record<BreakerRecord['to']['name'], string> = {
  closed: 'closed',
  suspect: 'in doubt',
  open: 'open',
  'half-open': 'on trial',
  cooldown: 'in cooldown',
  blocked: 'blocked',
  isolated: 'isolated',
};

/** How it was said to be, and since when it is. */
interface Said {
  name: BreakerRecord['to']['name'];
  since: Ms;
}

export function breakerNews(): BreakerNews {
  /** Who was said to be out, and how, by each of its breakers. */
  const out = new Map<string, Map<string, Said>>();

  function outOf(who: string): Map<string, Said> {
    const known = out.get(who) ?? new Map<string, Said>();
    out.set(who, known);
    const [oldest] = out.keys();
    if (out.size > MOST && oldest !== undefined) out.delete(oldest);
    return known;
  }

  return {
    tell({ upstream, scope, model, to }) {
      const who = nameOf(upstream, model);
      const { name, since, until, reason } = to;
      if (name === 'open' || name === 'cooldown' || name === 'blocked') {
        const said = outOf(who);
        const isNews = ![...said.values()].some((other) => other.name === name);
        said.set(scope, { name, since });
        const again = until === undefined ? '' : `, again in ${span(until - since)}`;
        return { line: `${who} is ${WORDS[name]}${again}${reason ? `: ${reason}` : ''}`, isNews };
      }
      const said = out.get(who);
      if (name !== 'closed' || said === undefined) return { line: `${who} is ${WORDS[name]}`, isNews: false };
      said.delete(scope);
      if (said.size > 0) return { line: `${who} is better, not well`, isNews: false };
      out.delete(who);
      return { line: `${who} is back`, isNews: true };
    },
    answered({ upstream, model, startedAt }) {
      return [nameOf(upstream), nameOf(upstream, model)].filter((who) => {
        const said = out.get(who);
        if (said === undefined) return false;
        for (const [scope, { since }] of said) if (since < startedAt) said.delete(scope);
        return said.size === 0 && out.delete(who);
      });
    },
  };
}

function nameOf(upstream: string, model?: string): string {
  return model === undefined ? upstream : `${upstream} (${model})`;
}
