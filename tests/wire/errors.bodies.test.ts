/** Error bodies of every shape, and of none. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { VERDICTS } from '../../src/core/verdict.ts';
import { explainInStream } from '../../src/wire/errors/explain.ts';
import { explained } from '../support/refusals.ts';

const LIMIT = { message: 'Slow: the garden is full', type: 'rate_limit_error' };

describe('an error is found', () => {
  test.each<[where: string, body: unknown]>([
    ['in `error`', { error: LIMIT }],
    ['in `error`, as a text', { error: 'Slow: the garden is full', type: 'rate_limit_error' }],
    ['in `error`, as JSON that was put into words', { error: JSON.stringify({ error: LIMIT }) }],
    ['in `error`, as a list', { error: [LIMIT] }],
    ['in `errors`', { errors: [LIMIT] }],
    ['in `errors`, as an object', { errors: LIMIT }],
    ['in `message`', { object: 'error', ...LIMIT }],
    ['in `message`, as an error of its own', { message: LIMIT }],
    ['in `message`, as JSON that was put into words', { message: JSON.stringify({ error: LIMIT }) }],
    ['in `Message`', { Message: LIMIT.message, __type: 'com.acme#ThrottlingException' }],
    ['in `detail`', { detail: LIMIT.message, type: LIMIT.type }],
    ['in `detail`, as an error of its own', { detail: { error: LIMIT } }],
    ['in `detail`, as a list', { detail: [{ loc: [], msg: LIMIT.message }], type: LIMIT.type }],
    ['in `error_description`', { error_description: LIMIT.message, code: 'rate_limit' }],
    ['in `title`, of a problem', { type: 'rate_limit', title: LIMIT.message, status: 429 }],
    ['in a list', [{ error: LIMIT }]],
    ['beside nothing', { error: { ...LIMIT, details: null }, errors: [], detail: null }],
    ['five deep', { error: { error: { error: { error: { error: LIMIT } } } } }],
    [
      'five deep, each as text',
      [1, 2, 3, 4, 5].reduce<unknown>((inner) => ({ error: JSON.stringify(inner) }), LIMIT),
    ],
  ])('%s', (_where, body) => {
    const failure = explained(200, body);
    expect([failure.kind, failure.message]).toEqual([
      'rate_limited',
      expect.stringContaining('Slow: the garden is full'),
    ]);
    expect(explainInStream(body)).toMatchObject({
      kind: 'rate_limited',
      message: failure.message,
      status: 200,
    });
  });

  test.each<[what: string, body: unknown, status: number]>([
    ['its code, a number', { error: { message: 'no', code: 503 } }, 503],
    ['its code, in digits', { error: { message: 'no', code: '503' } }, 503],
    ['its status', { status: 503, message: 'no' }, 503],
    ['its status_code', { error: { message: 'no', status_code: 503 } }, 503],
    ['its statusCode', { statusCode: 503, message: 'no', error: 'Service Unavailable' }, 503],
    ['a code around it', { code: 503, error: { message: 'no' } }, 503],
  ])('with the status that stands in %s', (_what, body, status) => {
    expect(explained(200, body).message).toBe(`${status}: no`);
  });
});

/** Nothing that could be understood: the status decides. */
const NONSENSE: [what: string, body: unknown][] = [
  ['nothing', ''],
  ['white space', ' \r\n '],
  ['null', 'null'],
  ['a number', '42'],
  ['true', 'true'],
  ['an empty object', {}],
  ['an empty list', []],
  ['a list of lists', [[[[]]]]],
  ['an error that is null', { error: null }],
  ['an error that is a list', { error: [] }],
  ['an error that is empty', { error: {} }],
  ['an error that is false', { error: false }],
  ['an error that is an empty text', { error: '' }],
  ['a message that is a number', { message: 7 }],
  ['truncated JSON', '{"error":{"message":"the garden'],
  ['JSON and more', '{"error":{}} {"error":{}}'],
  ['bytes that are no text', new TextDecoder().decode(Uint8Array.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80]))],
  ['plain words', 'upstream connect error or disconnect/reset before headers'],
  ['a hundred thousand brackets', '['.repeat(100_000)],
  ['objects without end', '{"error":'.repeat(100_000)],
  ['fifty thousand objects', `${'{"error":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ['keys of a prototype', '{"__proto__":{"message":"no"},"constructor":{"error":1}}'],
];

test.each(NONSENSE)('%s says nothing: the status decides', (_what, body) => {
  for (const [status, kind] of [
    [400, 'rejected'],
    [401, 'unauthorized'],
    [404, 'no_such_model'],
    [429, 'rate_limited'],
    [500, 'server_error'],
    [529, 'overloaded'],
  ] as const) {
    const failure = explained(status, body);
    expect([failure.kind, failure.message]).toEqual([kind, `status ${status}`]);
  }
});

describe('a megabyte', () => {
  const LONG = 1 << 20;
  test.each<[of: string, body: unknown]>([
    ['words', { error: { message: 'the garden is closed. '.repeat(LONG / 22) } }],
    ['digits', { error: { message: '7'.repeat(LONG) } }],
    ['digits and spaces', { error: { message: '7 '.repeat(LONG / 2) } }],
    ['white space', { error: { message: ' '.repeat(LONG) } }],
    ['brackets', { error: { message: '{['.repeat(LONG / 2) } }],
    ['quotes', { error: { message: `"${'`'.repeat(LONG)}` } }],
    ['stars', { error: { message: '*'.repeat(LONG) } }],
    ['letters without a space', { error: { message: 'a1'.repeat(LONG / 2) } }],
    ['the beginning of a title', `<html>${'<title '.repeat(LONG / 7)}`],
    ['a title', `<title>${'x '.repeat(LONG / 2)}</title>`],
    ['limits', { error: { message: 'maximum context length 1 '.repeat(LONG / 25) } }],
    ['places', { detail: Array.from({ length: LONG / 64 }, () => ({ loc: ['body', 'x'], msg: 'no' })) }],
    ['what is behind it', { error: { message: 'no', metadata: { raw: 'max_tokens '.repeat(LONG / 11) } } }],
  ])('of %s is read in a moment and told in a line', (_of, body) => {
    const { message } = explained(400, body);
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain('\n');
  });

  test('says what it says at its end, too', () => {
    const message = `I cannot take ${'roses '.repeat(LONG / 6)} (max_tokens must be at most 4096)`;
    expect(explained(400, { error: { message } }).amend).toEqual({ maxTokens: 4096 });
  });
});

test('whatever comes has a verdict, and words', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('overloaded_error', 'max_tokens', '429', 'image', 'tool_choice'),
  );
  const shape = fc.record(
    {
      error: fc.oneof(
        text,
        fc.jsonValue(),
        fc.record({ message: text, type: text, code: fc.oneof(text, fc.integer()) }),
      ),
      message: fc.oneof(text, fc.jsonValue()),
      detail: fc.jsonValue(),
      errors: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    text,
    fc.json(),
    shape.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), body, (status, said) => {
      const failure = explained(status, said);
      expect(Object.hasOwn(VERDICTS, failure.kind)).toBe(true);
      expect(failure.message).not.toBe('');
      expect(failure.message.toLowerCase()).not.toContain('overloaded_error');
      expect(failure.waitMs ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});
