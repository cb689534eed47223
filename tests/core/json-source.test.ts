import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { keepSources, sourceOf } from '../../src/core/json-source.ts';

const ALL = 1000;

function kept(json: string, depth = ALL) {
  const value = JSON.parse(json);
  keepSources(value, json, depth);
  return value;
}

/** Every object and array in `value`. */
function containers(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(containers)];
}

/** The objects and arrays right in `value`. */
function members(value: unknown): object[] {
  const all: unknown[] = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return all.filter((one) => typeof one === 'object' && one !== null);
}

describe('the text of a parsed value', () => {
  test('is what stood there, whatever a parser makes of it', () => {
    const inner = '{ "b": 9007199254740993, "2": 1.0, "1": 1e400, "\\u0061\\"}": "\\ud83d\\ude00]" }';
    const value = kept(`{"content": [${inner}, 3], "else": ${inner}}`);
    expect(sourceOf(value.content[0])).toBe(inner);
    expect(sourceOf(value.content)).toBe(`[${inner}, 3]`);
    expect(sourceOf(value.else)).toBe(inner);
  });

  test.each([
    ['behind a byte order mark', (json: string) => new TextEncoder().encode(`\uFEFF${json}`)],
    ['among white space', (json: string) => ` \r\n\t${json.replace(':', ' : ')} `],
  ])('is found %s', (_, written) => {
    const value = JSON.parse('{"a":{"é":1.0}}');
    keepSources(value, written('{"a":{"é":1.0}}'), ALL);
    expect(sourceOf(value.a)).toBe('{"é":1.0}');
  });

  test('of a key that stands twice is that of the last', () => {
    const value = kept('{"input":{"b":{"c":1}},"input":{"b":{"c":2.0}}}');
    expect(sourceOf(value.input)).toBe('{"b":{"c":2.0}}');
    expect(sourceOf(value.input.b)).toBe('{"c":2.0}');
  });

  test.each(['{"__proto__":{"a":1},"__proto__":1}', '{"constructor":{"prototype":{}},"constructor":[]}'])(
    'is given to no one else for %s',
    (json) => {
      kept(json);
      expect(sourceOf(Object.prototype)).toBeUndefined();
      expect(sourceOf({})).toBeUndefined();
    },
  );

  test('is not known of a copy, of a scalar, deeper than was asked, nor within what no call is in', () => {
    const value = kept('{"input":{"b":{"c":{}}},"tools":[{}]}', 1);
    expect(sourceOf({ ...value.input })).toBeUndefined();
    expect(sourceOf('a')).toBeUndefined();
    expect(sourceOf(value.input)).toBe('{"b":{"c":{}}}');
    expect(sourceOf(value.input.b)).toBeUndefined();
    expect(sourceOf(value.tools)).toBe('[{}]');
    expect(sourceOf(value.tools[0])).toBeUndefined();
  });

  test('is that of exactly its own part, for any JSON', () => {
    const { anything } = fc.letrec((tie) => ({
      anything: fc.oneof({ maxDepth: 6 }, fc.jsonValue(), tie('list'), tie('object')),
      list: fc.array(tie('anything'), { maxLength: 4 }),
      object: fc.dictionary(fc.constantFrom('messages', 'content', 'input', '1', 'é"'), tie('anything')),
    }));
    fc.assert(
      fc.property(anything, fc.nat(2), fc.nat(6), (document, indent, depth) => {
        const json = JSON.stringify(document, null, indent);
        const value = kept(json, depth);
        for (const part of containers(value)) {
          const source = sourceOf(part);
          if (source !== undefined) expect(JSON.parse(source)).toEqual(part);
        }
        if (depth > 0) for (const part of members(value)) expect(sourceOf(part)).toBeDefined();
      }),
    );
  });

  test.each([
    '[,oops]',
    '[',
    '[[',
    '{"content":[{"a":"',
    '{"content":{"a":{"b":1',
    '{"input":{"a":"b\\"}}',
    '{"a',
    '{"a":{"b"',
    '{',
    '{"a":1',
    '',
  ])('cannot be had of what is no JSON, and that is seen: %s', (json) => {
    const value = { content: [{ a: 1 }], input: { a: 1 }, a: { b: 1 } };
    for (const depth of [0, 1, ALL]) {
      expect(() => keepSources(value, json, depth)).toThrow(SyntaxError);
      expect(() => keepSources([[]], json, depth)).toThrow(SyntaxError);
    }
  });
});
