import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { keepSources } from '../../src/core/json-source.ts';
import { writeJson } from '../../src/core/write-json.ts';

const INPUT = '{"b": 1.0, "1": 9007199254740993}';
const BLOCK = `{"type":"tool_use", "input":${INPUT}}`;
const REQUEST = `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":[${BLOCK}]}]}`;

function parsed() {
  const value = JSON.parse(REQUEST);
  keepSources(value, REQUEST, 5);
  return value;
}

describe('what is written', () => {
  test('is what was read where nothing changed', () => {
    expect(writeJson(parsed())).toBe(REQUEST);
  });

  test('keeps all that was not changed itself', () => {
    const value = parsed();
    const [user, assistant] = value.messages;
    expect(writeJson({ ...value, model: 'n' })).toBe(REQUEST.replace('"m"', '"n"'));
    const content = [{ ...assistant.content[0], id: 'i' }];
    expect(writeJson({ ...value, messages: [user, { ...assistant, content }] })).toBe(
      REQUEST.replace(BLOCK, `{"type":"tool_use","input":${INPUT},"id":"i"}`),
    );
  });

  test('is as JSON.stringify has it for everything that was not read', () => {
    const odd = fc.constantFrom<unknown>(undefined, Number.NaN, () => 1, 1n > 0n);
    const value = fc.oneof(fc.jsonValue(), odd);
    const document = fc.record({
      messages: fc.array(fc.record({ content: fc.array(value), extra: value })),
      content: fc.oneof(fc.string(), fc.array(fc.record({ a: value, input: value }))),
      other: value,
    });
    fc.assert(fc.property(document, (one) => expect(writeJson(one)).toBe(JSON.stringify(one))));
  });
});
