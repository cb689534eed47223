/**
 * A count of tokens as servers write it: a whole number ≥ 0, or one in a string. Undefined for what is none: clients add
 * counts up, and one that is out of all reason would have them compact a conversation that is short.
 */
export function count(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !(number >= 0)) return undefined;
  const whole = Math.round(number);
  return whole <= MOST ? whole : undefined;
}

/** More than any context holds, and than a conversation costs in a year. */
const MOST = 1e9;
