import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { tidyJson } from '../../src/core/tidy-json.ts';

test.each([
  ['{ "b" : 1.0 ,\r\n\t"1": [ 1e400 , -0 ] }', '{"b":1.0,"1":[1e400,-0]}'],
  ['{"a b": " \\" , \\\\"}', '{"a b":" \\" , \\\\"}'],
  ['"\\u00e9\\/\\ud83d\\ude00\\u0001\\ud800"', '"é/😀\\u0001\\ud800"'],
  [' "\\\\\\\\" ', '"\\\\\\\\"'],
])('%s is tidied to %s', (json, tidy) => {
  expect(tidyJson(json)).toBe(tidy);
});

test('is what JSON.stringify makes of what it made, however it is indented', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, '\t'), (value, indent) => {
      const json = JSON.stringify(value);
      expect(tidyJson(JSON.stringify(value, null, indent))).toBe(json);
    }),
  );
});
