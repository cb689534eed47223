/**
 * The estimate of each kind of text against what tokenizers make of it. The counts were made once, outside, with the encodings
 * o200k_base and cl100k_base; a text that changes needs new ones.
 */
import { describe, expect, test } from 'bun:test';
import { estimateTokens } from '../../src/core/estimate.ts';
import { textTokens } from '../../src/core/text-tokens.ts';
import { LANGUAGES } from './estimate-languages.ts';
import { TEXTS } from './estimate-texts.ts';

const COUNTED: readonly (readonly [kind: string, characters: number, o200k: number, cl100k: number])[] = [
  ['English prose', 865, 194, 196],
  ['English of engineers', 683, 161, 166],
  ['Markdown', 578, 171, 172],
  ['German', 561, 142, 173],
  ['French', 476, 124, 140],
  ['Polish', 481, 169, 191],
  ['Turkish', 388, 126, 161],
  ['Vietnamese', 387, 129, 205],
  ['Russian', 444, 144, 218],
  ['Greek', 291, 119, 255],
  ['Hebrew', 264, 100, 257],
  ['Arabic', 366, 127, 260],
  ['Hindi', 336, 116, 341],
  ['Bengali', 235, 90, 289],
  ['Tamil', 212, 76, 289],
  ['Thai', 335, 163, 317],
  ['Georgian', 174, 73, 319],
  ['Chinese', 175, 160, 227],
  ['Chinese, traditional', 130, 139, 204],
  ['Japanese', 178, 150, 198],
  ['Korean', 215, 144, 220],
  ['TypeScript', 952, 233, 231],
  ['TypeScript with line numbers', 1134, 319, 317],
  ['TypeScript as a JSON string', 979, 268, 266],
  ['minified JavaScript', 1310, 490, 483],
  ['a diff', 936, 273, 272],
  ['Python', 1025, 240, 241],
  ['Rust', 848, 232, 229],
  ['Go', 661, 200, 198],
  ['C', 569, 190, 189],
  ['Java', 890, 158, 159],
  ['SQL', 581, 156, 156],
  ['HTML', 614, 190, 187],
  ['CSS', 360, 132, 130],
  ['shell', 487, 185, 184],
  ['YAML', 347, 107, 107],
  ['base64 in one line', 3000, 2062, 2178],
  ['base64 in lines of 76', 3079, 2126, 2242],
  ['base64url, as in tokens', 2903, 1962, 2067],
  ['base64 of words', 1156, 749, 821],
  ['uuids, one a line', 2219, 1416, 1420],
  ['digests with names', 3208, 1705, 1701],
  ['hex in one line', 3000, 1705, 1690],
  ['hex in capitals', 3000, 1706, 1722],
  ['a hex dump', 2899, 1940, 1940],
  ['digits in one line', 3000, 1000, 1000],
  ['numbers in a table', 3794, 2358, 2358],
  ['numbers in columns', 3959, 1499, 1499],
  ['random letters', 3000, 1556, 1636],
  ['random capitals', 3000, 1700, 1779],
  ['random ids of letters and digits', 1859, 1188, 1243],
  ['JSON in one line', 6281, 2083, 2003],
  ['JSON with indents', 7192, 2567, 2537],
  ['JSON as a string', 8394, 3063, 3003],
  ['a log with timestamps', 4745, 1989, 1989],
  ['an access log', 6763, 3302, 3302],
  ['a listing of files', 4039, 1644, 1644],
  ['paths, one a line', 4798, 1227, 1227],
  ['a stack trace', 3957, 1055, 1052],
  ['rows of a table', 2649, 1006, 1006],
  ['emoji alone', 757, 738, 1109],
  ['emoji between words', 1446, 502, 609],
  ['box drawings', 1285, 566, 501],
  ['mostly spaces', 6215, 399, 399],
  ['mostly tabs', 1269, 446, 446],
  ['rules and lines', 2902, 241, 238],
  ['symbols at random', 2000, 1342, 1333],
  ['escape codes of a terminal', 2736, 1604, 1364],
  ['escaped characters', 2459, 1485, 1485],
];

test('every kind is counted', () => {
  expect(COUNTED.map(([kind]) => kind)).toEqual(Object.keys(TEXTS));
});

describe.each(COUNTED)('%s', (kind, characters, o200k, cl100k) => {
  const text = TEXTS[kind] ?? '';

  test('is the text that was counted', () => expect(text.length).toBe(characters));

  test('is neither far too low nor far too high', () => {
    expect(textTokens(text)).toBeWithin(0.95 * o200k, 1.6 * o200k);
  });

  test('is so also in a result of a tool', () => {
    const content = [{ type: 'tool_result', tool_use_id: 't', content: text }];
    const estimated = estimateTokens({ messages: [{ role: 'user', content }] });
    expect(estimated - textTokens(text)).toBeWithin(0, 12);
  });

  // Older vocabularies have few words of other languages.
  const share = kind in LANGUAGES && !kind.startsWith('English') ? 0.25 : 0.8;
  test('is not next to nothing for an older vocabulary', () => {
    expect(textTokens(text)).toBeGreaterThan(share * cl100k);
  });
});
