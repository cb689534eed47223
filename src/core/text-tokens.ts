/*
 * Tokenizers cut a text into runs of one kind of character before they look anything up, and almost every run is one token or
 * a few: a word with the space before it, three digits, some symbols, an indent. So what a text costs is told by its runs and
 * their lengths. The weights were measured with the tokenizers of OpenAI (o200k, cl100k) and of an early Claude, on programs,
 * prose, logs and what machines write (tests/core/estimate-kinds.test.ts has the numbers), and chosen so that each kind of text
 * comes to 1.0 to 1.5 times what o200k makes of it, English and programs to about 1.25.
 */

const END = 0;
const SPACE = 1;
const TAB = 2;
const NEWLINE = 3;
const SYMBOL = 4;
const LOWER = 5;
const UPPER = 6;
const DIGIT = 7;
const OTHER = 8;

const ASCII = 0x80;
const KINDS = Uint8Array.from({ length: ASCII }, (_, code) => kindOf(String.fromCharCode(code)));

function kindOf(character: string): number {
  if (character === ' ') return SPACE;
  if (character === '\t') return TAB;
  if (character === '\n' || character === '\r') return NEWLINE;
  if (character < ' ' || character === '\x7f') return OTHER;
  if (character >= 'a' && character <= 'z') return LOWER;
  if (character >= 'A' && character <= 'Z') return UPPER;
  return character >= '0' && character <= '9' ? DIGIT : SYMBOL;
}

/** What a run costs at its first character, by what stands before it. */
function first(kind: number, before: number): number {
  switch (kind) {
    case UPPER:
    case LOWER:
      // `.map` and `(x` are often one token, and so is the hump of a name.
      return before === SYMBOL ? 0.8 : before === LOWER ? 0.7 : 1.17;
    case DIGIT:
      // A space is part of the word behind it, but of no number.
      return before === SPACE ? 2.25 : THREE_DIGITS;
    case NEWLINE:
      return before === SYMBOL ? 0.4 : 1;
    case TAB:
      return 1.2;
    case SYMBOL:
      return 1;
    default:
      return 0;
  }
}

const THREE_DIGITS = 1.15;
/** There are tokens for dozens of one character in a row. */
const SAME_AGAIN = 0.05;

/** What each further character of a run costs, which is its `length`th; `same` when it is the one before it. */
function further(kind: number, length: number, same: boolean): number {
  switch (kind) {
    case UPPER:
    case LOWER:
      // Words are mostly short; what is longer than words are is letters at random.
      return length > 16 ? 0.6 : length > 5 ? 0.22 : 0;
    case DIGIT:
      return length % 3 === 1 ? THREE_DIGITS : 0;
    case SPACE:
      return length === 2 || length % 64 === 0 ? 1 : 0;
    case SYMBOL:
      // A few together are punctuation that there is a token for.
      return same ? SAME_AGAIN : length > 4 ? 0.8 : 0.45;
    default:
      return 0.1;
  }
}

/**
 * What a character beyond ASCII costs, up to each code. o200k has words of the larger languages, older vocabularies have one to
 * three tokens for each character of what is not written in Latin letters: there it is rather too high.
 */
const OTHERS = bySixteen([
  [0x007f, 1], // what is not printed
  [0x00bf, 0.8], // marks of Latin-1
  [0x036f, 0.9], // phonetic letters and combining marks
  [0x03ff, 0.6], // Greek
  [0x052f, 0.45], // Cyrillic
  [0x08ff, 0.55], // Armenian, Hebrew, Arabic
  [0x0dff, 0.55], // the scripts of India
  [0x0e7f, 0.6], // Thai
  [0x0fff, 1.9], // Lao, Tibetan
  [0x10ff, 0.6], // Burmese, Georgian
  [0x177f, 2.5], // Ethiopic, Cherokee
  [0x1fff, 0.8], // Khmer and others
  [0x206f, 0.8], // punctuation
  [0x2e7f, 1.8], // arrows, boxes, mathematics
  [0x30ff, 0.95], // punctuation of Chinese, kana
  [0xabff, 1.25], // Chinese characters
  [0xd7ff, 1.1], // Korean
  [0xdfff, 1.15], // half an emoji, or half of what is rare
  [0xf8ff, 2.5], // private
  [0xffff, 1], // full and half width
]);

/** What the accent of a Latin letter adds to its word, 0 for what is no such letter; those beyond Latin-1 are rarer. */
const ACCENTS = bySixteen([
  [0x00bf, 0],
  [0x00ff, 0.6],
  [0x024f, 1.2],
  [0x1dff, 0],
  [0x1eff, 0.75],
  [0xffff, 0],
]);

/** For every sixteen codes a number, so that a character is looked up and not searched for. */
function bySixteen(ranges: readonly (readonly [upTo: number, tokens: number])[]): Float64Array {
  const table = new Float64Array(0x1000);
  let from = 0;
  for (const [upTo, tokens] of ranges) {
    table.fill(tokens, from, (upTo + 1) >> 4);
    from = (upTo + 1) >> 4;
  }
  return table;
}

/** Letters and digits of which every fourth or more begins another run are no words, but base64, a digest, an id. */
const ID_RUN = 4;
const LEAST_ID = 8;
const ID_CHARACTER = 0.77;

/** About how many tokens a text has; a fraction. Reads it once. */
export function textTokens(text: string): number {
  let tokens = 0;
  let before = NEWLINE;
  let codeBefore = -1;
  let length = 0;
  /** Of the letters and digits that stand together: how many, in how many runs, and the tokens before them. */
  let together = 0;
  let runs = 0;
  let tokensBefore = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    let kind = at === text.length ? END : code < ASCII ? (KINDS[code] ?? OTHER) : OTHER;
    const accent = kind === OTHER ? (ACCENTS[code >> 4] ?? 0) : 0;
    if (accent > 0) kind = before === UPPER ? UPPER : LOWER;

    const begins = kind !== before && !(kind === LOWER && before === UPPER);
    if (kind === LOWER || kind === UPPER || kind === DIGIT) {
      if (together === 0) {
        tokensBefore = tokens;
        runs = 0;
      }
      together += 1;
      if (begins) runs += 1;
    } else {
      if (together >= LEAST_ID && runs * ID_RUN > together) {
        tokens = Math.max(tokens, tokensBefore + together * ID_CHARACTER);
      }
      together = 0;
    }

    length = begins ? 1 : length + 1;
    const same = code === codeBefore;
    if (kind === OTHER) tokens += same ? SAME_AGAIN : (OTHERS[code >> 4] ?? 1);
    else tokens += accent + (begins ? first(kind, before) : further(kind, length, same));
    before = kind;
    codeBefore = code;
  }
  return tokens;
}
