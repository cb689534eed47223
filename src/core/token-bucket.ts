/** What may still be spent. Plain data, never changed in place; whole numbers stay exact. */
export interface TokenBucket {
  readonly capacity: number;
  /** 0 ≤ tokens ≤ capacity */
  readonly tokens: number;
}

export function fullBucket(capacity: number): TokenBucket {
  return { capacity, tokens: capacity };
}

/** The bucket with `amount` ≥ 0 more in it; what does not fit is lost. */
export function refill(bucket: TokenBucket, amount: number): TokenBucket {
  const tokens = Math.min(bucket.capacity, bucket.tokens + amount);
  return tokens === bucket.tokens ? bucket : { ...bucket, tokens };
}

/** The bucket without `amount` ≥ 0, and true; or, where it does not hold as much, the bucket as it is, and false. */
export function take(bucket: TokenBucket, amount: number): [bucket: TokenBucket, isTaken: boolean] {
  if (bucket.tokens < amount) return [bucket, false];
  return [{ ...bucket, tokens: bucket.tokens - amount }, true];
}
