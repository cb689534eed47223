/** Small arithmetic over many measurements. */
import type { Measured } from './load.ts';

export function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export function merge(parts: Measured[]): Measured {
  return {
    first: parts.flatMap(({ first }) => first),
    whole: parts.flatMap(({ whole }) => whole),
    elapsed: parts.reduce((sum, { elapsed }) => sum + elapsed, 0),
  };
}

export function perSecond({ whole, elapsed }: Measured): number {
  return (whole.length / elapsed) * 1000;
}

/** The median over the rounds: one disturbed round moves it little. */
export function overRounds(rounds: number, value: (round: number) => number): number {
  return quantile(
    Array.from({ length: rounds }, (_, round) => value(round)),
    0.5,
  );
}
