import type { Ms } from '../core/failure.ts';

/** The unit of a duration → milliseconds. */
const UNITS: Record<string, Ms> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration looks like, as a JSON Schema pattern. */
export const DURATION_PATTERN = '^[0-9]{1,9}(ms|s|m|h|d)$';

/** What a duration looks like, in words. */
export const DURATION_WORDS = 'a duration such as "500ms", "3s", "2m", "12h" or "30d"';

/** The milliseconds of `"500ms"`, `"3s"`, `"2m"`, `"12h"`, `"30d"`; null for anything else, a bare number included. */
export function parseDuration(text: string): Ms | null {
  const match = /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return unit === undefined ? null : Number(match?.[1]) * unit;
}
