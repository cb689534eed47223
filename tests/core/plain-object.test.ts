/** Objects that are known to be JSON without a parser. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { isObject, parseJson } from '../../src/core/json.ts';
import { isPlainObject } from '../../src/core/plain-object.ts';

const encoder = new TextEncoder();
const told = (text: string) => {
  const bytes = encoder.encode(`x${text}x`);
  return isPlainObject(bytes, 1, bytes.length - 1);
};

describe('told without a parser', () => {
  const PLAIN = [
    '{}',
    '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" ü \\"x\\"\\n\\\\"}}',
    '{ "a": 1 , "b": [ ] }',
    '{"a":[],"b":[{},[1,-0.5e3,true,false,null]],"c":""}',
    `{"a":${'['.repeat(29)}${']'.repeat(29)}}`,
  ];
  test.each(PLAIN)('%s', (text) => {
    expect(isObject(parseJson(text))).toBeTrue();
    expect(told(text)).toBeTrue();
  });

  const LEFT = [
    '',
    '[]',
    '"{}"',
    '{',
    '}',
    '{}}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{"a":[1,]}',
    '{"a":[}',
    '{"a":1]',
    '{"a":01}',
    '{"a":tru}',
    '{"a":"\t"}',
    '{"a":"\\x"}',
    '{"a":"\\u00zz"}',
    '{"a":"',
    '{"a":"\\',
    '{"a":1}{"b":2}',
    '{"a":1} x',
    '{\n}',
    '{"a":"\\u00e9"}',
    `{"a":${'['.repeat(30)}${']'.repeat(30)}}`,
  ];
  test.each(LEFT)('not told: %j', (text) => {
    expect(told(text)).toBeFalse();
  });

  test('nothing beyond the end is looked at', () => {
    const bytes = encoder.encode('{"a":true}');
    for (let to = 0; to < bytes.length; to += 1) expect(isPlainObject(bytes, 0, to)).toBeFalse();
    expect(isPlainObject(encoder.encode('{"a":12'), 0, 6)).toBeFalse();
  });
});

describe('any', () => {
  test('object that is written without escapes by number is told', () => {
    const words = fc.string({ unit: 'grapheme-ascii' });
    const value = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme-ascii' });
    fc.assert(fc.property(fc.dictionary(words, value), (object) => told(JSON.stringify(object))));
  });

  test('text that is told is an object to JSON.parse', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '.',
      'e',
      'true',
      'null',
      ' ',
      '\n',
      'u0041',
      'ü',
      '{"a":1}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        return !told(text) || isObject(parseJson(text));
      }),
      { numRuns: 20_000 },
    );
  });

  test('object that is damaged in one place is told only where JSON.parse takes it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
        fc.nat(),
        fc.constantFrom('', '"', '}', ',', ':', '\\', 'x', '0'),
        (object, place, put) => {
          const text = JSON.stringify(object);
          const at = place % text.length;
          const damaged = text.slice(0, at) + put + text.slice(at + 1);
          return !told(damaged) || isObject(parseJson(damaged));
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
