import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { replaceModel, type Scan, scanRequest } from '../../src/core/scan.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();

function scan(body: string): Scan {
  return scanRequest(utf8.encode(body));
}

/** The model and stream of a body that must be fine; the span is checked against the model. */
function found(body: string): [model: string, stream: boolean] {
  const bytes = utf8.encode(body);
  const result = scanRequest(bytes);
  if (!result.ok) throw new Error(result.reason);
  expect(JSON.parse(text.decode(bytes.subarray(...result.modelSpan)))).toBe(result.model);
  return [result.model, result.stream];
}

describe('what is found', () => {
  const FOUND: [body: string, model: string, stream: boolean][] = [
    ['{"model":"m"}', 'm', false],
    ['{"model":"m","stream":true}', 'm', true],
    ['{"stream":false,"model":"m"}', 'm', false],
    [' \t\r\n{ "stream" : true , "model" : "m" } \n', 'm', true],
    ['\uFEFF{"model":"m"}', 'm', false],
    ['{"model":"a","stream":true,"model":"b","stream":false}', 'b', false],
    ['{"model":1,"stream":"x","model":"m","stream":true}', 'm', true],
    [String.raw`{"mod\u0065l":"m","\u0073tream":true}`, 'm', true],
    [String.raw`{"model":"a\"b\\","x":1}`, 'a"b\\', false],
    [String.raw`{"model":"\u00fc\ud83d\ude00"}`, 'ü😀', false],
    ['{"model":"ü😀"}', 'ü😀', false],
    ['{"messages":[{"model":"no","stream":true}],"metadata":{"model":1,"stream":1},"model":"m"}', 'm', false],
    ['{"a":"\\"model\\":\\"no\\"","model":"m"}', 'm', false],
    ['{"a":"model","model":"m"}', 'm', false],
    ['{"a":["model","no"],"model":"m"}', 'm', false],
    ['{"Model":"no","model ":"no","models":"no","mode":"no","model":"m"}', 'm', false],
    [String.raw`{"\\model":"no","model\\":"no","model":"m"}`, 'm', false],
    ['{"n":[0,-0,1.5,-1e5,1E+5,1e-5,10.01e10],"l":[true,false,null],"e":[{},[],""],"model":"m"}', 'm', false],
  ];
  test.each(FOUND)('%j', (body, model, stream) => {
    expect(found(body)).toEqual([model, stream]);
  });

  const SPANS: [body: string, messages: string | undefined][] = [
    [
      '{"model":"m","messages":[{"role":"user","content":[]}],"tools":[{"messages":[1]}]}',
      '[{"role":"user","content":[]}]',
    ],
    ['{"messages" : [ ] ,"model":"m"}', '[ ]'],
    ['{"model":"m","messages":[1],"messages":[[2],{"a":{}}]}', '[[2],{"a":{}}]'],
    [String.raw`{"m\u0065ssages":{"a":[]},"model":"m"}`, '{"a":[]}'],
    ['{"messages":"x","model":"m"}', '"x"'],
    ['{"model":"m","metadata":{"messages":[1]},"x":[{"messages":[]}]}', undefined],
  ];
  test.each(SPANS)('where the messages of %s stand', (body, messages) => {
    const bytes = utf8.encode(body);
    const result = scanRequest(bytes);
    if (!result.ok) throw new Error(result.reason);
    const { messagesSpan } = result;
    expect(messagesSpan && text.decode(bytes.subarray(...messagesSpan))).toBe(messages as string);
  });

  test('a body that is a view into a larger buffer', () => {
    const body = Buffer.from('xx{"model":"m"}xx').subarray(2, -2);
    expect(scanRequest(body)).toEqual({ ok: true, model: 'm', modelSpan: [9, 12], stream: false });
  });

  test('quotes far from the start of a string, and long runs of backslashes', () => {
    for (const length of [0, 1, 22, 23, 24, 25, 26, 47, 48, 49, 5000]) {
      for (const end of ['', '\\\\', '\\"', '\\\\\\"', '\\\\\\\\']) {
        const value = 'x'.repeat(length) + end;
        expect(found(`{"a":"${value}","model":"m"}`)).toEqual(['m', false]);
        expect(found(`{"model":"m${value}"}`)[0]).toBe(JSON.parse(`"m${value}"`));
        expect(found(`{"${value}":1,"model":"m"}`)).toEqual(['m', false]);
      }
    }
    expect(found(`{"a":"${'\\'.repeat(200_000)}","model":"m"}`)).toEqual(['m', false]);
  });
});

describe('what is refused', () => {
  const NOT_JSON = 'the request body is not valid JSON: expected ';
  const REFUSED: [body: string, reason: string, at: number][] = [
    ['', `${NOT_JSON}a value at byte 0`, 0],
    ['  ', `${NOT_JSON}a value at byte 2`, 2],
    ['hello', `${NOT_JSON}a value at byte 0`, 0],
    ['{"model":"m"', `${NOT_JSON}a comma or the end at byte 12`, 12],
    ['{"model":"m', `${NOT_JSON}a closing quote at byte 11`, 11],
    ['{"model":"m\\"}', `${NOT_JSON}a closing quote at byte 14`, 14],
    ['{"model', `${NOT_JSON}a closing quote at byte 7`, 7],
    ['{"model"}', `${NOT_JSON}a colon at byte 8`, 8],
    ['{"model":}', `${NOT_JSON}a value at byte 9`, 9],
    ['{"model":"m",}', `${NOT_JSON}a key at byte 13`, 13],
    ['{,"model":"m"}', `${NOT_JSON}a key or } at byte 1`, 1],
    ["{'model':'m'}", `${NOT_JSON}a key or } at byte 1`, 1],
    ['{"model":"m"}}', `${NOT_JSON}the end at byte 13`, 13],
    ['{"model":"m"} {}', `${NOT_JSON}the end at byte 14`, 14],
    ['{"model":"m"},1', `${NOT_JSON}the end at byte 13`, 13],
    ['{"model":"m"]', `${NOT_JSON}a comma or the end at byte 12`, 12],
    ['{"model":"m" "a":1}', `${NOT_JSON}a comma or the end at byte 13`, 13],
    ['{"model":"m","a":[1,]}', `${NOT_JSON}a value at byte 20`, 20],
    ['{"model":"m","a":[}', `${NOT_JSON}a value at byte 18`, 18],
    ['{"model":"m","a":tru}', `${NOT_JSON}a value at byte 17`, 17],
    ['{"model":"m","a":NaN}', `${NOT_JSON}a value at byte 17`, 17],
    ['{"model":"m","a":01}', `${NOT_JSON}a comma or the end at byte 18`, 18],
    ['{"model":"m","a":.5}', `${NOT_JSON}a value at byte 17`, 17],
    ['{"model":"m","a":1.}', `${NOT_JSON}a value at byte 17`, 17],
    ['{"model":"m","a":-}', `${NOT_JSON}a value at byte 17`, 17],
    ['{"model":"m","a":1e}', `${NOT_JSON}a value at byte 17`, 17],
    ['{"model":"m","a":+1}', `${NOT_JSON}a value at byte 17`, 17],
    ['{"model":"m"/**/}', `${NOT_JSON}a comma or the end at byte 12`, 12],
    ['{"model":"m"}\u00a0', `${NOT_JSON}the end at byte 13`, 13],
    [
      '{"model":"a\\x"}',
      `${NOT_JSON}a string without raw control characters or unknown escapes at byte 9`,
      9,
    ],
    ['{"model":"a\n"}', `${NOT_JSON}a string without raw control characters or unknown escapes at byte 9`, 9],
    [' [{"model":"m"}]', 'the request body is not a JSON object', 1],
    ['"model"', 'the request body is not a JSON object', 0],
    ['1', 'the request body is not a JSON object', 0],
    ['null', 'the request body is not a JSON object', 0],
    ['{}', 'model: Field required', 2],
    ['{"stream":true}', 'model: Field required', 15],
    ['{"model":null}', 'model: Input should be a valid string', 9],
    ['{"model":["m"]}', 'model: Input should be a valid string', 9],
    ['{"model":{"model":"m"}}', 'model: Input should be a valid string', 9],
    ['{"model":"m","model":1}', 'model: Input should be a valid string', 21],
    ['{"model":""}', 'model: String should have at least 1 character', 9],
    ['{"model":"m","stream":"true"}', 'stream: Input should be a valid boolean', 22],
    ['{"model":"m","stream":1}', 'stream: Input should be a valid boolean', 22],
    ['{"model":"m","stream":null}', 'stream: Input should be a valid boolean', 22],
    ['{"model":"m","stream":{}}', 'stream: Input should be a valid boolean', 22],
  ];
  test.each(REFUSED)('%j', (body, reason, at) => {
    expect(scan(body)).toEqual({ ok: false, reason, at });
  });

  test('nesting: ten thousand are fine, a million do not overflow the stack', () => {
    const nested = (depth: number) => `{"model":"m","a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(scan(nested(9_999)).ok).toBe(true);
    expect(scan(nested(10_000))).toEqual({
      ok: false,
      reason: 'the request body is nested deeper than 10000',
      at: 10_016,
    });
    expect(scan('['.repeat(1_000_000)).ok).toBe(false);
  });

  test('what stands inside other strings is left to the upstream', () => {
    expect(found('{"a":"\n\\x","model":"m"}')).toEqual(['m', false]);
    const bytes = Uint8Array.of(...utf8.encode('{"a":"'), 0xff, ...utf8.encode('","model":"m"}'));
    expect(scanRequest(bytes).ok).toBe(true);
  });
});

/** A key or value as JSON, some characters of it escaped although they need not be. */
const spelled = (strings: fc.Arbitrary<string>) =>
  fc
    .tuple(strings, fc.infiniteStream(fc.boolean()))
    .map(([value, escaped]) =>
      JSON.stringify(value).replace(/[a-z]/g, (letter, at, all) =>
        all[at - 1] !== '\\' && !/\\u/.test(all) && escaped.next().value
          ? `\\u00${letter.charCodeAt(0).toString(16)}`
          : letter,
      ),
    );
const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r\n ');
const member = fc
  .tuple(
    space,
    spelled(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('model', 'stream') },
        { weight: 2, arbitrary: fc.string() },
      ),
    ),
    space,
    fc.oneof(
      { weight: 3, arbitrary: spelled(fc.constantFrom('claude-opus-4-8', 'm', 'ü😀')) },
      { weight: 2, arbitrary: fc.constantFrom('true', 'false', '""', '1.0', 'null') },
      { weight: 2, arbitrary: fc.json({ stringUnit: 'binary' }) },
    ),
    space,
  )
  .map(([before, key, between, value, after]) => `${before}${key}${between}:${value}${after}`);
/** Request bodies with duplicate keys, escapes and white space in odd places. */
const requests = fc
  .tuple(fc.array(member, { maxLength: 6 }), space)
  .map(([members, end]) => `${end}{${members.join(',')}}${end}`);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shouldBe(value: unknown): { model: string; stream: boolean } | RegExp {
  if (!isObject(value)) return /not a JSON object/;
  const { model, stream = false } = value;
  if (!Object.hasOwn(value, 'model')) return /^model: Field required/;
  if (typeof model !== 'string') return /^model: .* valid string/;
  if (model === '') return /^model: .* at least 1/;
  return typeof stream === 'boolean' ? { model, stream } : /^stream: /;
}

describe('properties', () => {
  test('of any JSON the verdict is the one JSON.parse leads to', () => {
    const bodies = fc.oneof(requests, fc.json({ stringUnit: 'binary' }));
    fc.assert(
      fc.property(bodies, (body) => {
        const expected = shouldBe(JSON.parse(body));
        const result = scan(body);
        if (expected instanceof RegExp) expect(!result.ok && result.reason).toMatch(expected);
        else expect(found(body)).toEqual([expected.model, expected.stream]);
      }),
      { numRuns: 3000 },
    );
  });

  test('of mutated JSON the structure is judged as JSON.parse judges it', () => {
    const mutation = fc.record({
      at: fc.nat(),
      drop: fc.nat({ max: 2 }),
      add: fc.array(fc.constantFrom(...utf8.encode('"\\{}[],:01-+.eEtn \n\u00e4'), 0xff, 0x00), {
        maxLength: 2,
      }),
    });
    fc.assert(
      fc.property(requests, fc.array(mutation, { minLength: 1, maxLength: 3 }), (body, mutations) => {
        const bytes = [...utf8.encode(body)];
        for (const { at, drop, add } of mutations) bytes.splice(at % (bytes.length + 1), drop, ...add);
        const result = scanRequest(Uint8Array.from(bytes));
        const mutated = text.decode(Uint8Array.from(bytes));
        if (!result.ok && result.reason.includes('not valid JSON'))
          expect(() => JSON.parse(mutated)).toThrow();
        else JSON.parse(mutated.replace(/"(?:[^"\\]|\\.)*"/gs, '""'));
      }),
      { numRuns: 5000 },
    );
  });

  test('a replaced model changes that value and no other byte', () => {
    fc.assert(
      fc.property(requests, fc.string({ unit: 'binary', minLength: 1 }), (body, model) => {
        const bytes = utf8.encode(body);
        const result = scanRequest(bytes);
        fc.pre(result.ok);
        const [from, to] = result.modelSpan;
        const replaced = replaceModel(bytes, result.modelSpan, model);
        expect(scanRequest(replaced)).toMatchObject({ ok: true, model, stream: result.stream });
        expect(text.decode(replaced.subarray(0, from))).toBe(text.decode(bytes.subarray(0, from)));
        expect(text.decode(replaced.subarray(replaced.length - (bytes.length - to)))).toBe(
          text.decode(bytes.subarray(to)),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
