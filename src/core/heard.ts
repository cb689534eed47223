import { fold } from './overlap.ts';

/** What has come of a text, to the letter and folded. */
export interface Heard {
  /** Takes one character more; returns it folded, which is nothing for white space. */
  take(character: string): string;
  readonly text: string;
  /** White space at its end. */
  readonly space: number;
  /** Folded characters. */
  readonly count: number;
  /** It, folded, as far as it is kept. */
  readonly folded: string;
  /** What stands before the folded character with that number. */
  before(at: number): string;
}

/** @param most as many folded characters are kept */
export function hear(most: number): Heard {
  const places: number[] = [];
  const state = {
    text: '',
    space: 0,
    count: 0,
    folded: '',
    take(character: string) {
      const folded = fold(character);
      if (folded !== '' && state.count < most) {
        state.folded += folded;
        places.push(state.text.length);
      }
      state.text += character;
      state.count += folded.length;
      state.space = folded === '' ? state.space + 1 : 0;
      return folded;
    },
    before: (at: number) => state.text.slice(0, places[at]),
  };
  return state;
}
