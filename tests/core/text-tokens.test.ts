import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { textTokens } from '../../src/core/text-tokens.ts';

describe('a text', () => {
  test.each([
    ['of nothing', '', 0, 0.01],
    ['of a word', 'word', 1, 1.3],
    ['of two words: the space belongs to the second', 'two words', 2, 2.6],
    ['of a name of two words', 'twoWords', 1.5, 2.3],
    ['of a constant', 'HTTP', 1, 1.3],
    ['of a capital and a word', 'Word', 1, 1.3],
    ['of three digits', '123', 1, 1.3],
    ['of four digits', '1234', 2, 2.6],
    ['of a number behind a space, which is a token', 'a 1', 3, 4],
    ['of an indent', `\n${' '.repeat(40)}x`, 2, 3.5],
    ['of a thousand spaces', ' '.repeat(1000), 1, 20],
    ['of empty lines', '\n'.repeat(100), 1, 15],
    ['of a ruled line', '='.repeat(80), 1, 8],
    ['of an id', '550e8400e29b41d4a716446655440000', 20, 30],
    ['of an id at the end of a line', 'at 550e8400e29b41d4a716446655440000\n', 20, 30],
    ['of a name with a version, which is none', 'version2', 2, 3],
    ['of accents inside a word, which is one', 'déjà', 1, 2.5],
    ['of letters at random, without end', 'qwzkjxvbn'.repeat(100), 450, 700],
    ['of half an emoji', '\ud83d', 1, 2],
    ['of characters that are not printed', '\u0000\u001b', 2, 3],
  ])('%s', (_, text, least, below) => expect(textTokens(text)).toBeWithin(least, below));

  test('of any characters has some number of tokens, at most three for each', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }), (text) => {
        expect(textTokens(text)).toBeWithin(0, 3 * text.length + 0.01);
      }),
    );
    for (let code = 0; code <= 0xffff; code += 1) {
      expect(textTokens(`x${String.fromCharCode(code)}`)).toBeWithin(1, 4);
    }
  });

  test('said twice in two lines costs twice as much', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const [once, twice] = [textTokens(`a${text}a\n`), textTokens(`a${text}a\na${text}a\n`)];
        expect(twice).toBeCloseTo(2 * once, 6);
      }),
    );
  });
});
