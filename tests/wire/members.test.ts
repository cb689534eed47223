import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { withoutMembers } from '../../src/wire/answer/members.ts';

const isSpare = (name: string, value: 'null' | '""') =>
  name === 'a' || (name === 'b' && value === 'null') || name === '';

/** What comes out of `text` in pieces of `size`. */
function filtered(text: string, size = text.length): string {
  const members = withoutMembers(isSpare);
  let out = '';
  for (let at = 0; at < text.length; at += size) out += members.push(text.slice(at, at + size));
  return out + members.end();
}

/** A call's input → the same without what says nothing. */
const TEXTS: [input: string, output: string][] = [
  ['{}', '{}'],
  ['{"a":null}', '{}'],
  ['{"a":""}', '{}'],
  ['{"b":""}', '{"b":""}'],
  ['{"c":null}', '{"c":null}'],
  ['{"a":null,"c":1}', '{"c":1}'],
  ['{"c":1,"a":null}', '{"c":1}'],
  ['{"c":1,"a":null,"b":null,"d":2}', '{"c":1,"d":2}'],
  ['{"a":null,"b":null}', '{}'],
  ['{"a":null,"b":null,"c":3,"a":""}', '{"c":3}'],
  ['{ "a" : null , "c" : 1 }', '{ "c" : 1 }'],
  ['{\n  "c": 1,\n  "a": null\n}', '{\n  "c": 1}'],
  ['{"":null,"c":0}', '{"c":0}'],
  // Numbers keep their spelling, keys their order and escapes.
  ['{"c":1.0,"d":9007199254740993,"\\u0061":null}', '{"c":1.0,"d":9007199254740993,"\\u0061":null}'],
  // Only the input's own members count, and only what is nothing.
  ['{"c":{"a":null,"b":""},"d":[{"a":null}]}', '{"c":{"a":null,"b":""},"d":[{"a":null}]}'],
  ['{"c":"{\\"a\\":null,","a":"null"}', '{"c":"{\\"a\\":null,","a":"null"}'],
  ['{"a":"x","b":"\\"","c":"\\\\"}', '{"a":"x","b":"\\"","c":"\\\\"}'],
  ['{"a":nul}', '{"a":nul}'],
  ['{"a":nul,"a":null}', '{"a":nul}'],
  ['{"a":7,"a":null}', '{"a":7}'],
  ['{"a":"x","a":null}', '{"a":"x"}'],
  ['{"a":nullify}', '{"a":nullify}'],
  ['{"a":null"c":1}', '{"a":null"c":1}'],
  ['{"a":0,"b":false}', '{"a":0,"b":false}'],
  // What is no object stays.
  ['', ''],
  ['  ', '  '],
  ['[null,"",{"a":null}]', '[null,"",{"a":null}]'],
  ['"{\\"a\\":null}"', '"{\\"a\\":null}"'],
  ['null', 'null'],
  ['x{"a":null}', 'x{"a":null}'],
  ['"x"{"a":null}', '"x"{"a":null}'],
  [' \n{"a":null}', ' \n{}'],
  ['{a: null}', '{a: null}'],
  ['{"a":null', '{"a":null'],
  ['{"c":1,"a', '{"c":1,"a'],
  ['{"a":null} {"a":null}', '{} {"a":null}'],
];

describe.each(TEXTS)('%s', (input, output) => {
  test(`becomes ${output}, in pieces of every size`, () => {
    for (let size = 1; size <= Math.max(1, input.length); size += 1) {
      expect(filtered(input, size)).toBe(output);
    }
  });
});

const value = fc.oneof(
  fc.constantFrom(null, '', 'null', '""', ',"a":null', 0, false, '\\', '"'),
  fc.jsonValue({ maxDepth: 2 }),
);
const input = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', '"', 'a"', '\\'), value, { maxKeys: 6 });

test('of any input what says nothing is left out, and nothing else, however it is cut and indented', () => {
  fc.assert(
    fc.property(
      input,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 3 }),
      (object, size, indent) => {
        const left = Object.entries(object).filter(
          ([name, is]) => !(is === null || is === '') || !isSpare(name, is === null ? 'null' : '""'),
        );
        const text = JSON.stringify(object, null, indent);
        const out = filtered(text, size);
        expect(JSON.parse(out)).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(left))));
        if (left.length === Object.keys(object).length) expect(out).toBe(text);
      },
    ),
    { numRuns: 1000 },
  );
});

test('any text comes out the same however it is cut', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'{}[]",:\\ nul'.split(''), '"a"', 'null', '{"a":'),
    maxLength: 20,
  });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 5 }), (all, size) => {
      expect(filtered(all, size)).toBe(filtered(all));
    }),
    { numRuns: 2000 },
  );
});
