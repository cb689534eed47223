import type { FamilyModels } from '../providers/provider.ts';

/** The suffix with which the client asks for the long context of a model; no other server than Anthropic knows it. */
const LONG_CONTEXT = /(?<=.)\[1m\]$/i;
/** The day of a model, as Anthropic and Google write it behind its name. */
const DATE = /(?<=.)[-@]20\d{6}$/;

/**
 * The model an upstream is asked for: the first pattern of `table` that matches, else the preset's model of the family,
 * else the asked name without `[1m]`. `*` in a pattern stands for anything, all else for itself in any case. `[1m]` at the
 * end of the asked name stands for nothing, and neither does its date where the pattern has none.
 */
export function mapModels(
  table: Readonly<Record<string, string>>,
  families: FamilyModels | null,
): (asked: string) => string {
  const patterns = Object.entries(table).map(([pattern, model]) => ({ matches: glob(pattern), model }));
  return (asked) => {
    const name = asked.replace(LONG_CONTEXT, '');
    const undated = name.replace(DATE, '');
    const mapped = patterns.find(({ matches }) => matches(name) || matches(undated));
    if (mapped !== undefined) return mapped.model;
    return families === null ? name : families[familyOf(name)];
  };
}

/**
 * The family a Claude model's name says. An unknown one (also one newer than this code) is taken for a sonnet: the one
 * in the middle neither multiplies the cost of a cheap model nor loses most of a strong one.
 */
export function familyOf(name: string): keyof FamilyModels {
  if (/opus/i.test(name)) return 'opus';
  if (/haiku/i.test(name)) return 'haiku';
  return 'sonnet';
}

/**
 * Whether a pattern can match what Claude Code asks for, known today or not: a name that begins with `claude`, or has it, or
 * `anthropic`, behind somebody's prefix.
 */
export function canMatchClaude(pattern: string): boolean {
  const lower = pattern.trim().toLowerCase();
  const [first = '', ...rest] = lower.split('*');
  const isOpen = rest.length > 0 && 'claude'.startsWith(first);
  return lower !== '' && (isOpen || /claude|anthropic/.test(lower));
}

/** Looks for the parts one after the other, each where it comes first: clients name models as they like, and at any length. */
function glob(pattern: string): (name: string) => boolean {
  const [first = '', ...parts] = pattern.replace(LONG_CONTEXT, '').toLowerCase().split('*');
  const last = parts.pop();
  return (asked) => {
    const name = asked.toLowerCase();
    if (last === undefined) return name === first;
    if (!name.startsWith(first)) return false;
    let at = first.length;
    for (const part of parts) {
      const found = name.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return name.endsWith(last) && name.length - last.length >= at;
  };
}
