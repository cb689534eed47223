/** Randomness that is the same in every run with the same seed. */
export interface Seeded {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from `from` up to and without `to`. */
  between(from: number, to: number): number;
  /** True in the given share of cases. */
  chance(share: number): boolean;
  /** One of them; a weight makes it so many times as likely. */
  pick<T>(choices: readonly (readonly [weight: number, choice: T])[]): T;
}

/** Mulberry32 by Tommy Ettinger (public domain). */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from)),
    chance: (share) => next() < share,
    pick(choices) {
      let left = next() * choices.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, choice] of choices) {
        left -= weight;
        if (left < 0) return choice;
      }
      throw new Error('nothing to pick from');
    },
  };
}
