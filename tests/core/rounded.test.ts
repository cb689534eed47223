/** Whether a text may end where it does: a call behind it is one that its model would have made there. */
import { describe, expect, test } from 'bun:test';
import { isRounded } from '../../src/core/rounded.ts';

describe('certainly ends', () => {
  test.each([
    'That is all.',
    'That is all. \n',
    'Is that all?',
    'I will read it!',
    'Let me look…',
    'Let me look...',
    'I will read these files:',
    'I will read these files:\n\n',
    '**I will read it.**',
    'He said "that is all."',
    'I will read it (and the other one).',
    'I will read `a.txt`:',
    'これで全部です。',
    'It is this:\n\n```ts\nhalf(4);\n```\n',
    'It is (a smile: :().\n\nThat is all.',
  ])('%j', (text) => {
    expect(isRounded(text)).toBe(true);
  });
});

describe('may go on', () => {
  test.each([
    'I will read',
    'I will read it,',
    'The steps are:\n\n1.',
    '1. One\n2.',
    'a)',
    'It is (that one',
    'It is that one)',
    '{"items":[{"id":1},{"',
    '{"items":',
    'Take a fruit, e.g.',
    'Take a fruit, i.e.',
    'Fruits, nuts etc.',
    'As said by Dr.',
    'As said by J.',
    'The value of pi is 3.',
    'It is 12:',
    'It stands at https:',
    'It is this:\n\n```ts\nhalf(4);',
    'It is this:\n\n```ts\n// That is all.',
    '~~~\nThat is all.',
    '# A heading',
    '- an item',
    '- an item\n',
    'He said "That is all.',
    'He said “That is all.',
    'It is (as I said.',
    'It is **this.',
    'Use `a.',
    '',
  ])('%j', (text) => {
    expect(isRounded(text)).toBe(false);
  });
});
