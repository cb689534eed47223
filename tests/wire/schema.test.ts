/** Schemas of tools as readers with types of their own take them. */
import { describe, expect, test } from 'bun:test';
import { parameters } from '../../src/wire/history/schema.ts';

/** What becomes of the schema's JSON, as JSON: a prototype is not seen in a value. */
function became(json: string): string {
  return JSON.stringify(parameters(JSON.parse(json)));
}

describe('a key with the name of a prototype', () => {
  test('is a key, of properties as of keywords', () => {
    expect(became('{"properties":{"__proto__":{"type":"string"}},"__proto__":{"required":["a"]}}')).toBe(
      '{"type":"object","properties":{"__proto__":{"type":"string"}},"__proto__":{"required":["a"]}}',
    );
  });

  test('gives nothing to the schema that has it', () => {
    expect(became('{"__proto__":{"properties":{"a":{}}}}')).toBe(
      '{"type":"object","properties":{},"__proto__":{"properties":{"a":{}}}}',
    );
    expect(({} as { properties?: unknown }).properties).toBeUndefined();
  });
});

test.each([
  ['a type that is none', '{"type":5}', '{}'],
  ['types that are none', '{"type":["string",5]}', '{}'],
  ['a list of values that is none', '{"enum":"x"}', '{}'],
  ['names that are none', '{"required":[5]}', '{}'],
  ['a description that is none', '{"description":{}}', '{}'],
  ['alternatives that are none', '{"anyOf":{},"oneOf":[],"allOf":5}', '{}'],
  ['an alternative that is no schema', '{"anyOf":[5,[],true,{}]}', '{"anyOf":[{},{},true,{}]}'],
  ['items that are no schema', '{"items":5}', '{"items":{}}'],
  ['items one by one', '{"items":[5,{"type":"string"}]}', '{"items":[{},{"type":"string"}]}'],
  ['properties that are none', '{"properties":[]}', '{}'],
  ['a property that is no schema', '{"properties":{"a":5,"b":null}}', '{"properties":{"a":{},"b":{}}}'],
  ['what nobody knows', '{"x-unit":[5],"default":{"type":5}}', '{"x-unit":[5],"default":{"type":5}}'],
])('%s', (_, schema, expected) => {
  expect(became(`{"properties":{"it":${schema}}}`)).toBe(`{"type":"object","properties":{"it":${expected}}}`);
});
