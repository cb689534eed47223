import type { FamilyModels } from '../providers/provider.ts';

/** The suffix with which the client asks for the long context of a model. */
const LONG_CONTEXT = /\[1m\]$/i;

/**
 * The model an upstream is asked for: the first pattern of `table` that matches, else the preset's model of the family,
 * else the asked name. `*` in a pattern stands for anything, `[1m]` at the end of the asked name for nothing.
 */
export function mapModels(
  table: Readonly<Record<string, string>>,
  families: FamilyModels | null,
): (asked: string) => string {
  const patterns = Object.entries(table).map(([pattern, model]) => ({
    matches: globPattern(pattern),
    model,
  }));
  return (asked) => {
    const name = asked.replace(LONG_CONTEXT, '');
    const mapped = patterns.find(({ matches }) => matches.test(name));
    if (mapped !== undefined) return mapped.model;
    return families === null ? asked : families[familyOf(name)];
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

function globPattern(pattern: string): RegExp {
  const parts = pattern.replace(LONG_CONTEXT, '').split('*');
  return new RegExp(`^${parts.map((part) => RegExp.escape(part)).join('.*')}$`, 's');
}
