import type { BreakerRecord } from '../core/runtime.ts';
import { span } from './span.ts';

/** Tells news of an upstream's breakers from what the user knows already: it has several, and some fail together. */
export interface BreakerNews {
  /** A change in words, and whether the user should read it: an upstream is out for a new reason, or is back. */
  tell(record: BreakerRecord): { line: string; isNews: boolean };
  /** It has answered: true when it was said to be out. A host that it shares may have been closed in another's name. */
  isBack(upstream: string): boolean;
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

export function breakerNews(): BreakerNews {
  /** Who was said to be out, and how, by each of its breakers. */
  const out = new Map<string, Map<string, string>>();

  function outOf(who: string): Map<string, string> {
    const known = out.get(who) ?? new Map<string, string>();
    out.set(who, known);
    const [oldest] = out.keys();
    if (out.size > MOST && oldest !== undefined) out.delete(oldest);
    return known;
  }

  return {
    tell({ upstream, scope, model, to }) {
      const who = model === undefined ? upstream : `${upstream} (${model})`;
      const { name, since, until, reason } = to;
      if (name === 'open' || name === 'cooldown' || name === 'blocked') {
        const said = outOf(who);
        const isNews = ![...said.values()].includes(name);
        said.set(scope, name);
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
    isBack(upstream) {
      const said = out.get(upstream);
      if (said === undefined) return false;
      said.delete('host');
      said.delete('upstream');
      if (said.size > 0) return false;
      return out.delete(upstream);
    },
  };
}
