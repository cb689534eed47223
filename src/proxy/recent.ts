import type { Ms } from '../core/failure.ts';

/** A map that forgets: entries older than `keepMs`, and the oldest when there are more than `most`. */
export interface Recent<V> {
  get(key: string, now: Ms): V | undefined;
  set(key: string, value: V, now: Ms): void;
  delete(key: string): void;
  /** Entries, those included that are too old and not yet noticed. */
  readonly size: number;
}

export function recent<V>(keepMs: Ms, most: number): Recent<V> {
  const entries = new Map<string, { value: V; at: Ms }>();
  return {
    get(key, now) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (now - entry.at <= keepMs) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value, now) {
      entries.delete(key);
      entries.set(key, { value, at: now });
      if (entries.size <= most) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
    delete(key) {
      entries.delete(key);
    },
    get size() {
      return entries.size;
    },
  };
}
