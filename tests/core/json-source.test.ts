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

describe('the text of a parsed value', () => {
  test('is what stood there, whatever a parser makes of it', () => {
    const inner = '{ "b": 9007199254740993, "2": 1.0, "1": 1e400, "\\u0061\\"}": "\\ud83d\\ude00]" }';
    const value = kept(`{"x": [${inner}, 3]}`);
    expect(sourceOf(value.x[0])).toBe(inner);
    expect(sourceOf(value.x)).toBe(`[${inner}, 3]`);
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
    const value = kept('{"a":{"b":{"c":1}},"a":{"b":{"c":2.0}}}');
    expect(sourceOf(value.a)).toBe('{"b":{"c":2.0}}');
    expect(sourceOf(value.a.b)).toBe('{"c":2.0}');
  });

  test.each(['{"__proto__":{"a":1},"__proto__":1}', '{"constructor":{"prototype":{}},"constructor":[]}'])(
    'is given to no one else for %s',
    (json) => {
      kept(json);
      expect(sourceOf(Object.prototype)).toBeUndefined();
      expect(sourceOf({})).toBeUndefined();
    },
  );

  test('is not known of a copy, of a scalar, nor deeper than was asked', () => {
    const value = kept('{"a":{"b":{}}}', 1);
    expect(sourceOf({ ...value.a })).toBeUndefined();
    expect(sourceOf('a')).toBeUndefined();
    expect(sourceOf(value.a)).toBe('{"b":{}}');
    expect(sourceOf(value.a.b)).toBeUndefined();
  });

  test('is that of exactly its own part, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(2), fc.nat(6), (document, indent, depth) => {
        const json = JSON.stringify(document, null, indent);
        const value = kept(json, depth);
        for (const part of containers(value)) {
          const source = sourceOf(part);
          if (source !== undefined) expect(JSON.parse(source)).toEqual(part);
        }
        for (const part of depth === 6 ? containers(value) : []) expect(sourceOf(part)).toBeDefined();
      }),
    );
  });

  test('cannot be had of what is no JSON', () => {
    expect(() => keepSources([], '[,oops]', ALL)).toThrow(SyntaxError);
  });
});
