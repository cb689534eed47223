import { describe, expect, test } from 'bun:test';
import type { JsonObject, MessagesRequest } from '../../src/core/messages.ts';
import { spareMembers } from '../../src/wire/answer/spare.ts';
import { REQUEST } from '../support/openai-chat.ts';

function requestWith(name: string, schema: unknown): MessagesRequest {
  return { ...REQUEST, tools: [{ name, input_schema: schema as JsonObject }] };
}

/** The schema of a member that is not required → whether the member may be left out as `null`, and as `""`. */
const MEMBERS: [schema: unknown, asNull: boolean, asEmpty: boolean][] = [
  [{ type: 'number' }, true, true],
  [{ type: 'boolean' }, true, true],
  [{ type: 'array', items: {} }, true, true],
  [{ type: 'string' }, true, false],
  [{ type: 'string', minLength: 1 }, true, true],
  [{ type: 'string', minLength: 0 }, true, false],
  [{ type: 'string', enum: ['a', 'b'] }, true, true],
  [{ type: 'string', enum: ['', 'b'] }, true, false],
  [{ enum: ['a', null] }, false, true],
  [{ const: 'a' }, true, true],
  [{ const: null }, false, true],
  [{ type: ['number', 'null'] }, false, true],
  [{ type: ['string', 'number'] }, true, false],
  [{ type: 'null' }, false, true],
  [{ type: 'number', nullable: true }, false, true],
  [{ anyOf: [{ type: 'number' }, { type: 'null' }] }, false, true],
  [{ anyOf: [{ type: 'number' }, { const: 'a' }] }, true, true],
  [{ oneOf: [{ type: 'number' }, { type: 'string' }] }, true, false],
  // What is not understood may take anything.
  [{}, false, false],
  [true, false, false],
  [{ description: 'Anything.' }, false, false],
  [{ $ref: '#/$defs/x' }, false, false],
  [{ type: 'number', $ref: '#/$defs/x' }, false, false],
  [{ type: 'number', allOf: [{ minimum: 0 }] }, false, false],
  [{ type: 'number', if: {} }, false, false],
  [{ allOf: [{ type: 'number' }] }, false, false],
  [{ type: 'number', not: { const: 3 } }, false, false],
];

describe.each(MEMBERS)('a member of %j', (member, asNull, asEmpty) => {
  const properties = { kept: { type: 'string' }, member };
  const isSpare = spareMembers(
    requestWith('Water', { type: 'object', properties, required: ['kept'] }),
    'Water',
  );

  test(`says ${asNull ? 'nothing' : 'something'} as null`, () => {
    expect(isSpare?.('member', 'null') ?? false).toBe(asNull);
  });

  test(`says ${asEmpty ? 'nothing' : 'something'} as an empty string`, () => {
    expect(isSpare?.('member', '""') ?? false).toBe(asEmpty);
  });

  test('says something where it is required', () => {
    const request = requestWith('Water', { type: 'object', properties, required: ['kept', 'member'] });
    expect(spareMembers(request, 'Water')).toBeUndefined();
  });
});

test('the page range that Claude Code refuses says nothing in its own tool alone', () => {
  const schema = { type: 'object', properties: { pages: { type: 'string' } } };
  expect(spareMembers(requestWith('Read', schema), 'Read')?.('pages', '""')).toBe(true);
  expect(spareMembers(requestWith('Print', schema), 'Print')?.('pages', '""')).toBe(false);
});

test.each([
  ['another tool', requestWith('Water', { properties: { a: { type: 'number' } } }), 'Look'],
  ['a tool without a schema', { ...REQUEST, tools: [{ name: 'Water' }] }, 'Water'],
  ['a schema without members', requestWith('Water', { type: 'object' }), 'Water'],
  ['a schema that is none', requestWith('Water', ['a']), 'Water'],
  [
    'members that are required in one of two forms',
    requestWith('Water', { properties: { a: { type: 'number' } }, anyOf: [{ required: ['a'] }] }),
    'Water',
  ],
  ['no tools', REQUEST, 'Water'],
  ['tools that are no list', { ...REQUEST, tools: 'all' as never }, 'Water'],
  ['no request', undefined, 'Water'],
])('nothing is known of %s', (_name, request, tool) => {
  expect(spareMembers(request, tool)).toBeUndefined();
});

test('a member that the schema does not name, or that has the name of something else, says what it says', () => {
  const isSpare = spareMembers(requestWith('Water', { properties: { a: { type: 'number' } } }), 'Water');
  expect(['b', 'toString', '__proto__', ''].some((name) => isSpare?.(name, 'null'))).toBe(false);
});
