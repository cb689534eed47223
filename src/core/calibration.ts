/** Below this many tokens a request says little about others: what a server adds of its own weighs too much. */
const LEAST_TOKENS = 1000;
/** Counts further off than this are of something else than was estimated. */
const RANGE = [0.25, 4] as const;
/** So much of the way a lower count takes the factor down; a higher one takes it up at once. */
const DESCENT = 0.2;
/** Clients name models as they like. */
const MOST_KEYS = 500;

/**
 * What the upstreams count of their requests, against what `estimateTokens` says of them: tokenizers differ by a third, and
 * their answers tell by how much. Kept on the high side, because a count that is too low costs a client its turn and one
 * that is too high a little of its window.
 */
export interface Calibration {
  /** Notes what was counted for a request. */
  note(upstream: string, model: string, estimated: number, counted: number): void;
  /** By how much its estimates are multiplied, 0.25 to 4; undefined where nothing was counted yet. */
  factor(upstream: string, model: string): number | undefined;
}

export function calibration(): Calibration {
  const factors = new Map<string, number>();
  return {
    note(upstream, model, estimated, counted) {
      const ratio = counted / estimated;
      if (estimated < LEAST_TOKENS || !(ratio >= RANGE[0] && ratio <= RANGE[1])) return;
      const key = `${upstream} ${model}`;
      const before = factors.get(key) ?? ratio;
      if (factors.size >= MOST_KEYS && !factors.has(key)) factors.clear();
      factors.set(key, ratio >= before ? ratio : before + (ratio - before) * DESCENT);
    },
    factor: (upstream, model) => factors.get(`${upstream} ${model}`),
  };
}
