import { isObject } from '../../../core/json.ts';
import type { Usage } from '../../../core/messages.ts';
import { count } from '../../answer/count.ts';

const INPUT = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;

/**
 * What `usage` says that is true: numbers, or numbers in strings. Servers that do not count, or not yet, send zeros (Kimi
 * and GLM in `message_start`); passed on, they would overwrite an estimate by which clients decide to compact.
 */
export function countsOf(usage: unknown): Partial<Usage> {
  if (!isObject(usage)) return {};
  const counts: Partial<Usage> = {};
  const isCounted = INPUT.some((key) => (count(usage[key]) ?? 0) > 0);
  for (const key of isCounted ? INPUT : []) {
    const value = count(usage[key]);
    if (value !== undefined) counts[key] = value;
  }
  const output = count(usage.output_tokens) ?? 0;
  if (output > 0) counts.output_tokens = output;
  return counts;
}
