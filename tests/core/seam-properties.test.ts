/** Where a continuation begins to be new, whatever the text and wherever it is cut. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { anchorOf } from '../../src/core/anchor.ts';
import { fold } from '../../src/core/overlap.ts';
import { seam } from '../../src/core/seam.ts';
import { from, judge, newIn } from '../support/continued.ts';

/** None of those with which models introduce what they say. */
const word = fc.stringMatching(/^[a-z]{1,9}$/).filter((one) => !/^(?:ok|sure|sorry|the$)/.test(one));
const text = fc
  .array(fc.tuple(word, fc.constantFrom(' ', ' ', ' ', ', ', '. ', '\n', '\n\n', ' 🌉 ')), {
    minLength: 1,
    maxLength: 80,
  })
  .map((words) => words.flat().join('').trim());

describe('whatever the text', () => {
  const cutText = fc.tuple(text, fc.nat()).map(([whole, cut]): [said: string, rest: string] => {
    const characters = Array.from(whole);
    const at = 1 + (cut % characters.length);
    return [characters.slice(0, at).join(''), characters.slice(at).join('')];
  });

  test('the anchor and the rest give the whole', () => {
    fc.assert(
      fc.property(cutText, ([said, rest]) => {
        const anchor = anchorOf(said);
        const next = anchor + said.slice(said.trimEnd().length) + rest;
        // A text that begins and goes on with its own last words can be told again as well.
        fc.pre(said.indexOf(anchor) === said.length - anchor.length - (said.length - said.trimEnd().length));
        const found = newIn(from(said), next);
        // A line that ends in the middle of a sentence may as well be a mistake.
        if (found === null) expect(`${said.slice(-1)}${rest}`).toMatch(/^[\p{L},]?\s*\n\s*\p{Ll}/u);
        else expect(said + found).toBe(said + rest);
      }),
      { numRuns: 500 },
    );
  });

  test('the whole told again gives the whole', () => {
    fc.assert(
      fc.property(cutText, ([said, rest]) => {
        const found = newIn(from(said), said + rest);
        if (found === null) expect(`${said.slice(-1)}${rest}`).toMatch(/^[\p{L},]?\s*\n\s*\p{Ll}/u);
        else expect(said + found).toBe(said + rest);
      }),
      { numRuns: 500 },
    );
  });

  test('the rest alone gives the whole or is refused, or it repeats what was said', () => {
    fc.assert(
      fc.property(cutText, ([said, rest]) => {
        const joint = judge(from(said), rest);
        if ('skip' in joint && joint.skip > 0)
          expect(said.trimEnd()).toEndWith(rest.slice(0, joint.skip).trim());
      }),
      { numRuns: 500 },
    );
  });

  test('the pieces in which it comes make no difference', () => {
    const words = fc.oneof(text, fc.string({ unit: 'grapheme', maxLength: 80 }));
    fc.assert(
      fc.property(words, words, fc.boolean(), fc.integer({ min: 1, max: 30 }), (said, next, isOpen, size) => {
        fc.pre(said.trim() !== '');
        expect(judge(from(said, isOpen), next, size)).toEqual(judge(from(said, isOpen), next));
      }),
      { numRuns: 500 },
    );
  });

  test('never more is held back than can be read in a moment, unless all is told again', () => {
    fc.assert(
      fc.property(text, text, (said, next) => {
        fc.pre(Array.from(next)[0] !== Array.from(said)[0]);
        expect(seam(from(said)).push(next.repeat(1 + Math.ceil(900 / next.length)))).not.toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});

describe('prose, lists, code and what says the same again and again, cut anywhere', () => {
  const many = (count: number, line: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => line(at)).join('');
  const PROSE =
    'The bridge was built in three years. It stands on nine pillars, and each of them is as wide as a house; the river below it is deep. Nobody knows why it’s called "the old one", as some say. ';
  const KINDS: Record<string, string> = {
    prose: PROSE + PROSE.replace('bridge', 'tower').toLowerCase(),
    paragraphs: many(4, (at) => `A paragraph, the ${at}th one.\n\n${PROSE.slice(at * 20, 90)}\n\n`),
    list: many(12, (at) => `${at + 1}. **Item ${at}**: what it is.\n   - one\n   - another\n`),
    table: many(12, (at) => `| ${at} | ok | - | - |\n`),
    rows: many(12, () => '| ok | ok | - |\n'),
    python: many(
      4,
      (at) =>
        `def half(value):\n    if value > ${at % 2}:\n        return value / 2\n    else:\n        return 0\n\n`,
    ),
    'python again': 'def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n\n'.repeat(5),
    yaml: many(12, (at) => `- name: a\n  value: ${at % 3}\n`),
    json: JSON.stringify(
      Array.from({ length: 6 }, (_, id) => ({ id, x: 'aaa', y: [1, 1, 1] })),
      null,
      2,
    ),
    emoji: '👩‍👩‍👧 family 👍🏽 ok 🇩🇪🇫🇷\n'.repeat(8),
    laughter: `${'ha '.repeat(30)}the end. ${'na na na '.repeat(12)} batman`,
    zeros: `const a = [${'0, '.repeat(50)}1];`,
    rules: '---\n\n---\n\n***\n\nfoo\n\n---\n\nbar\n'.repeat(3),
    japanese: '春は曙。やうやう白くなりゆく山際、少し明かりて、紫だちたる雲の細くたなびきたる。'.repeat(4),
    'white space at the ends': many(8, (at) => `Line ${at}.  \n \n\n   and ${at}   `),
  };
  const OTHERS = [
    'I am a bot, and so I do not say it.',
    'Q: what?\nA: that.',
    '<p>Well.</p>',
    'Zebras eat grass.',
  ];

  interface Cut {
    anchor: string;
    gap: string;
    said: string;
    rest: string;
  }
  type Style = (cut: Cut) => string;
  const MEANT: Record<string, Style> = {
    'the last words and the rest': ({ anchor, gap, rest }) => anchor + gap + rest,
    'all again': ({ said, rest }) => said + rest,
    'the marks as they were shown': ({ anchor, gap, rest }) =>
      `<last_words>\n${anchor}\n</last_words>\n${gap}${rest}`,
    'the marks in one line': ({ anchor, gap, rest }) => `<last_words>${anchor}</last_words>${gap}${rest}`,
    'the closing mark': ({ anchor, gap, rest }) => `${anchor}\n</last_words>\n${gap}${rest}`,
    'an introduction': ({ anchor, gap, rest }) => `Sure, here is the rest:\n\n${anchor}${gap}${rest}`,
    'another introduction': ({ anchor, gap, rest }) => `Certainly! ${anchor}${gap}${rest}`,
    'dots and the last words': ({ anchor, gap, rest }) => `…${anchor}${gap}${rest}`,
  };
  const REFUSED: Record<string, Style> = {
    'bold last words': ({ anchor, gap, rest }) => `**${anchor}**${gap}${rest}`,
    'quoted last words': ({ anchor, gap, rest }) => `"${anchor}"${gap}${rest}`,
    'last words in a fence': ({ anchor, rest }) => `\`\`\`\n${anchor}\n\`\`\`\n${rest}`,
    'thoughts and the last words': ({ anchor, gap, rest }) =>
      `<think>Go on.</think>\n\n${anchor}${gap}${rest}`,
  };

  const cut = fc
    .tuple(
      fc.constantFrom(...Object.values(KINDS)),
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1, max: 40 }),
    )
    .map(([whole, where, size]) => {
      const said = whole.slice(0, 1 + (where % whole.length));
      const gap = said.slice(said.trimEnd().length);
      return { whole, said, gap, size, anchor: anchorOf(said), rest: whole.slice(said.length) };
    })
    .filter(({ said, rest }) => said.trim() !== '' && said.isWellFormed() && rest.trim() !== '');

  /** Whether a text ends as the other one begins, so that no joint can be known. */
  function repeats(said: string, next: string): boolean {
    const [end, start] = [fold(said), fold(next)];
    for (let length = 1; length <= Math.min(end.length, start.length); length += 1)
      if (end.endsWith(start.slice(0, length))) return true;
    return false;
  }

  test.each(Object.entries(MEANT))('%s: exactly the whole, or refused', (_, style) => {
    let accepted = 0;
    const property = fc.property(cut, ({ size, ...one }) => {
      const found = newIn(from(one.said), style(one), size);
      if (found === null) return;
      accepted += 1;
      expect(one.said + found).toBe(one.whole);
    });
    fc.assert(property, { numRuns: 400 });
    expect(accepted).toBeGreaterThan(200);
  });

  test.each(Object.entries(REFUSED))('%s: refused', (_, style) => {
    fc.assert(
      fc.property(cut, ({ size, ...one }) => {
        expect(newIn(from(one.said), style(one), size)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  test('the rest alone: to the letter, or refused, where it does not begin as the text so far ends', () => {
    fc.assert(
      fc.property(cut, ({ said, rest, size }) => {
        fc.pre(!repeats(said, rest));
        expect([rest, null]).toContain(newIn(from(said), rest, size));
      }),
      { numRuns: 1_000 },
    );
  });

  test('another answer: to the letter, or refused', () => {
    fc.assert(
      fc.property(cut, fc.constantFrom(...OTHERS), ({ said, size }, other) => {
        fc.pre(!repeats(said, other));
        expect([other, null]).toContain(newIn(from(said), other, size));
      }),
      { numRuns: 400 },
    );
  });
});
