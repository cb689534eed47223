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

describe('a bound that grammars do not count to', () => {
  test.each([
    ['characters', '{"type":"string","minLength":1,"maxLength":524288}', '{"type":"string","minLength":1}'],
    ['items', '{"type":"array","items":{},"maxItems":1001}', '{"type":"array","items":{}}'],
    ['characters at least', '{"type":"string","minLength":2000}', '{"type":"string"}'],
    ['items at least', '{"type":"array","items":{},"minItems":1e9}', '{"type":"array","items":{}}'],
    ['more than can be counted', '{"type":"string","maxLength":1e400}', '{"type":"string"}'],
  ])('is left out: %s', (_, schema, expected) => {
    expect(became(`{"properties":{"it":${schema}}}`)).toBe(
      `{"type":"object","properties":{"it":${expected}}}`,
    );
  });

  test.each([
    '{"type":"string","maxLength":1000}',
    '{"type":"array","items":{},"minItems":1,"maxItems":1000}',
    '{"type":"integer","minimum":5000,"maximum":524288}',
    '{"type":"object","properties":{"maxLength":{"type":"integer","const":524288}}}',
  ])('one that they do stays, and so does what is no length: %s', (schema) => {
    expect(became(`{"properties":{"it":${schema}}}`)).toBe(`{"type":"object","properties":{"it":${schema}}}`);
  });
});

describe('a pattern', () => {
  const schema = {
    properties: { day: { type: 'string', pattern: '^\\d{4}-\\d\\d$' }, pattern: { type: 'string' } },
  };

  test('stays', () => {
    expect(parameters(schema)).toEqual({ type: 'object', ...schema });
  });

  test('is left out for servers that know few; a property of that name stays', () => {
    expect(parameters(schema, { patterns: false })).toEqual({
      type: 'object',
      properties: { day: { type: 'string' }, pattern: { type: 'string' } },
    });
  });
});
