import { describe, expect, test } from 'bun:test';
import { argumentsText, isWhole, toolCalls } from '../../src/wire/answer/tool-calls.ts';

/** What a server writes of a call in one delta. */
const piece = (index: number | undefined, id: unknown, name: unknown, args: unknown) => ({
  ...(index === undefined ? {} : { index }),
  id,
  function: { name, arguments: args },
});
const A = '{"path":"a.md"}';
const B = '{"path":"b.md"}';

/** Deltas, one entry each → the calls: id, name, arguments. */
const TOLD: [
  name: string,
  entries: unknown[],
  calls: [id: string | undefined, name: string, args: string][],
][] = [
  ['one piece', [piece(0, 'x', 'Read', A)], [['x', 'Read', A]]],
  [
    'arguments in pieces, by index',
    [
      piece(0, 'x', 'Read', ''),
      piece(0, undefined, undefined, '{"path":'),
      piece(0, undefined, undefined, '"a.md"}'),
    ],
    [['x', 'Read', A]],
  ],
  [
    'two calls by their index, in turn',
    [
      piece(3, 'x', 'Read', '{"path":'),
      piece(7, 'y', 'Read', '{"path":'),
      piece(3, undefined, undefined, '"a.md"}'),
      piece(7, undefined, undefined, '"b.md"}'),
    ],
    [
      ['x', 'Read', A],
      ['y', 'Read', B],
    ],
  ],
  [
    'two calls by their id, in turn, without an index',
    [
      piece(undefined, 'x', 'Read', '{"path":'),
      piece(undefined, 'y', 'Read', '{"path":'),
      piece(undefined, 'x', undefined, '"a.md"}'),
      piece(undefined, 'y', undefined, '"b.md"}'),
    ],
    [
      ['x', 'Read', A],
      ['y', 'Read', B],
    ],
  ],
  [
    'an id behind the name, without an index',
    [piece(undefined, undefined, 'Read', ''), piece(undefined, 'x', undefined, A)],
    [['x', 'Read', A]],
  ],
  [
    'an id behind arguments, without an index: another call',
    [piece(undefined, undefined, 'Read', A), piece(undefined, 'y', 'Read', B)],
    [
      [undefined, 'Read', A],
      ['y', 'Read', B],
    ],
  ],
  [
    'a second id without an index: another call',
    [piece(undefined, 'x', 'Read', ''), piece(undefined, 'y', 'Read', B)],
    [
      ['x', 'Read', ''],
      ['y', 'Read', B],
    ],
  ],
  [
    'ids that change from piece to piece',
    [piece(0, 'x', 'Read', '{"path":'), piece(0, 'y', undefined, '"a.md"}')],
    [['x', 'Read', A]],
  ],
  [
    'another id at the index of a call that is complete',
    [piece(0, 'x', 'Read', A), piece(0, 'y', undefined, B)],
    [
      ['x', 'Read', A],
      ['y', '', B],
    ],
  ],
  [
    'another id and a name at the index of one that is not',
    [piece(0, 'x', 'Read', ''), piece(0, 'y', 'Look', B)],
    [
      ['x', 'Read', ''],
      ['y', 'Look', B],
    ],
  ],
  [
    'a name at the index of a call that is complete',
    [piece(0, undefined, 'Read', A), piece(0, undefined, 'Read', B)],
    [
      [undefined, 'Read', A],
      [undefined, 'Read', B],
    ],
  ],
  [
    'another name behind a part of the arguments',
    [piece(0, undefined, 'Read', '{"path":'), piece(0, undefined, 'Look', B)],
    [
      [undefined, 'Read', '{"path":'],
      [undefined, 'Look', B],
    ],
  ],
  [
    'the same name in every piece',
    [piece(0, 'x', 'Read', '{"path":'), piece(0, undefined, 'Read', '"a.md"}')],
    [['x', 'Read', A]],
  ],
  [
    'the same name and id in every piece',
    [piece(0, 'x', 'Read', '{"path":'), piece(0, 'x', 'Read', '"a.md"}'), piece(0, 'x', 'Read', '')],
    [['x', 'Read', A]],
  ],
  [
    'the same name once more at the end',
    [piece(0, undefined, 'Read', A), piece(0, undefined, 'Read', '')],
    [[undefined, 'Read', A]],
  ],
  [
    'another name without arguments behind a call that is complete',
    [piece(0, undefined, 'Read', A), piece(0, undefined, 'Look', '')],
    [
      [undefined, 'Read', A],
      [undefined, 'Look', ''],
    ],
  ],
  [
    'a name that comes last',
    [piece(0, 'x', undefined, A), piece(0, undefined, 'Read', '')],
    [['x', 'Read', A]],
  ],
  [
    'a name behind the first of the arguments',
    [piece(0, 'x', undefined, '{"path":'), piece(0, undefined, 'Read', '"a.md"}')],
    [['x', 'Read', A]],
  ],
  [
    'a name that grows',
    [piece(0, 'x', 'Re', ''), piece(0, undefined, 'Read', ''), piece(0, undefined, undefined, A)],
    [['x', 'Read', A]],
  ],
  [
    'a name in pieces',
    [piece(0, 'x', 'Re', ''), piece(0, undefined, 'ad', ''), piece(0, undefined, undefined, A)],
    [['x', 'Read', A]],
  ],
  [
    'a name that changes, with the id, behind arguments',
    [piece(0, 'x', 'Read', '{'), piece(0, 'x', 'ad', '"path":"a.md"}')],
    [['x', 'Read', A]],
  ],
  ['empty strings', [piece(0, 'x', 'Read', ''), piece(0, '', '', A)], [['x', 'Read', A]]],
  ['null', [piece(0, 'x', 'Read', null), piece(0, null, null, A)], [['x', 'Read', A]]],
  [
    'an index in a string',
    [{ ...piece(0, 'x', 'Read', ''), index: '0' }, piece(0, null, null, A)],
    [['x', 'Read', A]],
  ],
  ['an object for arguments', [piece(0, 'x', 'Read', { path: 'a.md' })], [['x', 'Read', A]]],
  ['a call without `function`', [{ index: 0, id: 'x', name: 'Read', arguments: A }], [['x', 'Read', A]]],
  ['entries that say nothing', [null, 'x', 7, [], {}, { index: 0 }, piece(1, null, '', '')], []],
];

describe.each(TOLD)('%s', (_name, entries, calls) => {
  const read = (deltas: unknown[]) => {
    const tools = toolCalls();
    for (const delta of deltas) tools.add(delta, false);
    return tools.calls.map(({ id, name, pieces }) => [id, name, pieces.join('')]);
  };

  test('in deltas of their own', () => {
    expect(read(entries.map((entry) => [entry]))).toEqual(calls);
  });

  test('in one delta', () => {
    expect(read([entries])).toEqual(calls);
  });
});

test('in a whole message every entry is a call, whatever it says of itself', () => {
  const tools = toolCalls();
  tools.add(
    [piece(0, 'x', 'Read', A), piece(0, 'x', 'Read', A), piece(undefined, undefined, 'Read', '')],
    true,
  );
  expect(tools.calls.map(({ name }) => name)).toEqual(['Read', 'Read', 'Read']);
  expect(tools.size).toBe(2 * A.length);
});

test.each([[undefined], [null], ['x'], [{}], [[]]])('there is nothing in %p', (entries) => {
  const tools = toolCalls();
  tools.add(entries, false);
  expect(tools.calls).toEqual([]);
});

/** Arguments as they came → as they go on, and whether they are those of a whole call. */
const ARGUMENTS: [came: string, goes: string, whole: boolean][] = [
  ['', '{}', true],
  ['  ', '{}', true],
  ['null', '{}', true],
  ['[]', '{}', true],
  ['[ ]', '{}', true],
  ['""', '{}', true],
  ['" "', '{}', true],
  ['{}', '{}', true],
  [' {"a":1.0} ', '{"a":1.0}', true],
  ['"{\\"a\\":1}"', '{"a":1}', true],
  ['"[1]"', '"[1]"', false],
  ['"a"', '"a"', false],
  ['{}{"a":1}', '{"a":1}', true],
  ['{ } {"a":1}', '{"a":1}', true],
  ['{}{"a":', '{}{"a":', false],
  ['{}x', '{}x', false],
  ['{"a":1}{"a":1}', '{"a":1}{"a":1}', false],
  ['[1]', '[1]', false],
  ['7', '7', false],
  ['{"a":', '{"a":', false],
  ['{a: 1}', '{a: 1}', false],
];

test.each(ARGUMENTS)('arguments %j go on as %j', (came, goes, whole) => {
  const tools = toolCalls();
  tools.add([piece(0, 'x', 'Read', came), piece(1, 'y', undefined, came)], false);
  const [named, nameless] = tools.calls;
  if (named === undefined || nameless === undefined) throw new Error('two calls were expected');
  expect(argumentsText(named)).toBe(goes);
  expect(isWhole(named)).toBe(whole);
  expect(isWhole(nameless)).toBe(false);
});
