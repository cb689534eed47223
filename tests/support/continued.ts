import { anchorOf } from '../../src/core/anchor.ts';
import type { Joint } from '../../src/core/joint.ts';
import { type SaidSoFar, seam } from '../../src/core/seam.ts';

/** A text that is gone on from. */
export function from(said: string | readonly string[], isOpen = true): SaidSoFar {
  const blocks = typeof said === 'string' ? [said] : said;
  return { blocks, anchor: anchorOf(blocks.at(-1) ?? ''), isOpen };
}

/** What a seam makes of a whole continuation, which comes in pieces. */
export function judge(so: SaidSoFar, next: string, size = next.length || 1): Exclude<Joint, null> {
  const one = seam(so);
  for (let at = 0; at < next.length; at += size) {
    const joint = one.push(next.slice(at, at + size));
    if (joint !== null) return joint;
  }
  return one.end();
}

/** What is new in it; null where it is refused. */
export function newIn(so: SaidSoFar, next: string, size?: number): string | null {
  const joint = judge(so, next, size);
  return 'skip' in joint ? next.slice(joint.skip) : null;
}
