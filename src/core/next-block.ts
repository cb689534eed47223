import type { End } from './behind.ts';
import { type Joint, whyNotAfter } from './joint.ts';
import { hasMark } from './last-words.ts';
import { isRounded } from './rounded.ts';

/** So much of a block, in characters, shows whether it goes on in ours. */
const LOOKED_AT = 40;

/**
 * Judges the second block of a continuation, where the first one repeated the last words and ended: by the joint alone. What
 * cannot follow in the same line begins a block of its own, unless the text so far cannot end where it does.
 */
export function nextBlock(end: End) {
  let held = '';

  function decide(): Exclude<Joint, null> {
    if (hasMark(held)) return { misfit: 'it has marks in it' };
    if (held.trim() === '') return { skip: held.length };
    const why = end.isOpen ? whyNotAfter(end.said, held) : null;
    if (why === null) return { skip: 0 };
    return isRounded(end.said) ? { skip: 0, isApart: true } : { misfit: why };
  }

  return {
    push(words: string): Joint {
      held += words;
      return held.trim().length < LOOKED_AT ? null : decide();
    },
    end: decide,
    next: () => null,
  };
}
