import fc from 'fast-check';

/** Where a value stands in a JSON document: keys and indices from its root. */
export type Place = readonly (string | number)[];

/** Every place in `value` but its root, also of what holds others. */
export function placesIn(value: unknown, at: Place = []): Place[] {
  const here = at.length === 0 ? [] : [at];
  if (typeof value !== 'object' || value === null) return here;
  const inner = Array.isArray(value)
    ? value.flatMap((item, index) => placesIn(item, [...at, index]))
    : Object.entries(value).flatMap(([key, item]) => placesIn(item, [...at, key]));
  return [...here, ...inner];
}

/** Stands for a value that is taken away. */
export const GONE = Symbol('gone');

/** A copy of `document` with another value at `place`, or without one; the same where there is no such place any more. */
export function replaced(document: unknown, place: Place, value: unknown): unknown {
  const [key, ...rest] = place;
  if (key === undefined) return value;
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, key)) return document;
  const inner = replaced((document as Record<string | number, unknown>)[key], rest, value);
  if (Array.isArray(document)) {
    return inner === GONE
      ? document.filter((_, at) => at !== key)
      : document.map((item, at) => (at === key ? inner : item));
  }
  return Object.fromEntries(
    Object.entries(document).flatMap(([name, item]): [string, unknown][] => {
      if (name !== key) return [[name, item]];
      return inner === GONE ? [] : [[name, inner]];
    }),
  );
}

/** Values of every kind, those first that programs stumble over. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constant(GONE),
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1, 1.5, 1e300, '', ' ', 'text', 'auto', 'x'.repeat(300)),
  fc.constantFrom<unknown>(
    '\u0000',
    '\ud800',
    '__proto__',
    'constructor',
    'system',
    'base64',
    'tool',
    'custom',
  ),
  fc.constantFrom<unknown>([], {}, [null], [[]], [{}], [''], [5], ['a', 'a']),
  fc
    .constantFrom(
      '{"__proto__":{"type":"text","text":"a"}}',
      '{"type":"text"}',
      '{"type":"text","text":"a"}',
      '{"type":"image","source":{"type":"base64"}}',
      '{"type":"document","source":{"type":"content","content":[{"type":"text","text":""}]}}',
      '{"type":"tool_use","id":"toolu_1","name":"Look"}',
      '{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"tool_result"}]}',
      '{"type":"thinking","thinking":"a","signature":"ccp1:acme"}',
      '{"type":"web_search_tool_result","content":{"error_code":5}}',
      '{"type":"object","properties":{"__proto__":{"type":"string"}}}',
      '{"type":5,"anyOf":{},"items":[5,[]],"required":{"length":1}}',
      '{"role":"system","content":"a"}',
      '{"name":"Look"}',
    )
    .map((json) => JSON.parse(json) as unknown),
  fc.jsonValue({ maxDepth: 3 }),
);
