const OPEN = '<think>';
const CLOSE = '</think>';

/** What a piece of text turned out to be; thinking comes before text. */
export interface Told {
  thinking: string;
  text: string;
}

/** Tells thinking from text in an answer that begins with `<think>`; later tags are somebody's words. */
export interface ThinkTags {
  push(piece: string): Told;
  /** What was kept back because it could have become a tag. */
  end(): Told;
}

/** For local models behind servers without a reasoning parser. Tags may be split over pieces. */
export function thinkTags(): ThinkTags {
  let state: 'before' | 'inside' | 'after' = 'before';
  /** White space in front of everything. */
  let blank = '';
  let kept = '';

  function inside(): Told {
    const close = kept.indexOf(CLOSE);
    if (close !== -1) {
      const told = { thinking: kept.slice(0, close), text: kept.slice(close + CLOSE.length) };
      state = 'after';
      kept = '';
      return told;
    }
    const safe = kept.length - overlap(kept);
    const thinking = kept.slice(0, safe);
    kept = kept.slice(safe);
    return { thinking, text: '' };
  }

  return {
    push(piece) {
      if (state === 'after') return { thinking: '', text: piece };
      const begun = state === 'before' && kept === '' ? piece.trimStart() : piece;
      blank += piece.slice(0, piece.length - begun.length);
      kept += begun;
      if (state === 'inside') return inside();
      if (OPEN.startsWith(kept)) return { thinking: '', text: '' };
      if (kept.startsWith(OPEN)) {
        state = 'inside';
        blank = '';
        kept = kept.slice(OPEN.length);
        return inside();
      }
      state = 'after';
      return this.end();
    },
    end() {
      const rest = blank + kept;
      blank = '';
      kept = '';
      return state === 'inside' ? { thinking: rest, text: '' } : { thinking: '', text: rest };
    },
  };
}

/** Length of the longest end of `text` that is a beginning of the closing tag. */
function overlap(text: string): number {
  for (let length = Math.min(text.length, CLOSE.length - 1); length > 0; length--) {
    if (text.endsWith(CLOSE.slice(0, length))) return length;
  }
  return 0;
}
