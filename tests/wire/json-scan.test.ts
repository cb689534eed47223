import { expect, test } from 'bun:test';
import { jsonScan } from '../../src/wire/answer/json-scan.ts';

/** A text → complete, begins as an object with something in it, white space at its end. */
const SCANNED: [text: string, complete: boolean, filling: boolean, blank: number][] = [
  ['', false, false, 0],
  ['  ', false, false, 2],
  ['{', false, false, 0],
  [' { \n', false, false, 2],
  ['{}', true, false, 0],
  ['{ }', true, false, 0],
  ['{"', false, true, 0],
  ['{ "a', false, true, 0],
  ['{"a":1}', true, true, 0],
  ['{"a":1} \r\n\t', true, true, 4],
  ['{"a":1, ', false, true, 1],
  ['{"a":"  ', false, true, 0],
  ['{"a":"  "  ', false, true, 2],
  ['{"a":"\\"  ', false, true, 0],
  ['{"a":"\\\\"  ', false, true, 2],
  ['{"a":"}', false, true, 0],
  ['{"a":"}"}', true, true, 0],
  ['{"a":"\\"}', false, true, 0],
  ['{"a":{"b":[1]}', false, true, 0],
  ['{"a":{"b":[1]}}', true, true, 0],
  ['{a: 1}', true, true, 0],
  ['[', false, false, 0],
  ['[{}]', true, false, 0],
  ['"{"', false, false, 0],
  ['"{}', false, false, 0],
  ['7', false, false, 0],
  ['}', false, false, 0],
  ['{"a":1}}', true, true, 0],
];

test.each(SCANNED)('%j, in pieces of every size', (text, complete, filling, blank) => {
  for (let size = 1; size <= Math.max(1, text.length); size += 1) {
    const scan = jsonScan();
    for (let at = 0; at < text.length; at += size) scan.push(text.slice(at, at + size));
    expect([scan.complete, scan.filling, scan.blank]).toEqual([complete, filling, blank]);
  }
});
