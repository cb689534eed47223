import { describe, expect, test } from 'bun:test';
import { parseDuration } from '../../src/config/duration.ts';
import { mapModels } from '../../src/config/models.ts';
import { nearest } from '../../src/config/nearest.ts';
import { parseSize } from '../../src/config/size.ts';
import { matchTriggers } from '../../src/config/trigger.ts';

test.each([
  ['500ms', 500],
  ['3s', 3_000],
  ['2m', 120_000],
  ['12h', 43_200_000],
  ['30d', 2_592_000_000],
  ['0s', 0],
  ['30', null],
  ['', null],
  ['1.5s', null],
  ['-1s', null],
  ['1 s', null],
  ['1S', null],
  ['1m30s', null],
  ['1s\n', null],
  ['9999999999999s', null],
])('the duration %j is %p', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each([
  ['64MB', 64_000_000],
  ['64MiB', 67_108_864],
  ['10KB', 10_000],
  ['10KiB', 10_240],
  ['1GB', 1e9],
  ['1GiB', 2 ** 30],
  ['7B', 7],
  ['64', null],
  ['64mb', null],
  ['64 MB', null],
  ['64M', null],
])('the size %j is %p', (text, bytes) => expect(parseSize(text)).toBe(bytes));

describe('triggers', () => {
  const matches = matchTriggers([429, '5xx']);
  test.each([
    [429, true],
    [500, true],
    [529, true],
    [599, true],
    [400, false],
    [428, false],
    [200, false],
  ])('%p fails over: %p', (status, expected) => expect(matches(status)).toBe(expected));
});

describe('models', () => {
  const families = { opus: 'big', sonnet: 'middle', haiku: 'small' };
  test.each([
    ['the first pattern wins', { 'claude-*': 'one', '*': 'two' }, families, 'claude-opus-4-8', 'one'],
    ['* is the rest', { 'gpt-*': 'one', '*': 'two' }, families, 'claude-opus-4-8', 'two'],
    ['an exact name matches itself', { 'claude-x': 'one' }, families, 'claude-x', 'one'],
    ['a pattern is the whole name', { claude: 'one' }, families, 'claude-haiku-4-5', 'small'],
    ['* stands inside a name', { '*opus*': 'one' }, families, 'claude-opus-4-8', 'one'],
    ['a dot is a dot', { 'a.b': 'one' }, null, 'axb', 'axb'],
    ['case is ignored', { 'Claude-OPUS-*': 'one' }, families, 'CLAUDE-opus-4-8', 'one'],
    ['several stars', { 'claude-*-4-*': 'one' }, families, 'claude-opus-4-8', 'one'],
    ['several stars in a row', { 'claude-**': 'one' }, families, 'claude-opus-4-8', 'one'],
    ['several stars, in order', { '*opus*claude*': 'one' }, families, 'claude-opus-4-8', 'big'],
    [
      'parts around a star do not overlap',
      { 'claude-opus*opus-4-8': 'one' },
      families,
      'claude-opus-4-8',
      'big',
    ],
    ['parts between stars do not overlap', { '*-4-8*-8': 'one' }, families, 'claude-opus-4-8', 'big'],
    ['a star stands for nothing, too', { '*claude-opus-4-8*': 'one' }, families, 'claude-opus-4-8', 'one'],
    ['? stands for itself', { 'claude-opus-4-?': 'one' }, families, 'claude-opus-4-8', 'big'],
    ['? matches itself', { 'claude-opus-4-?': 'one' }, families, 'claude-opus-4-?', 'one'],
    ['brackets stand for themselves', { 'claude-[ao]pus': 'one' }, families, 'claude-opus', 'big'],
    [
      'a date of the model is ignored',
      { 'claude-haiku-4-5': 'one' },
      families,
      'claude-haiku-4-5-20251001',
      'one',
    ],
    [
      'a date in the way of Google',
      { 'claude-haiku-4-5': 'one' },
      families,
      'claude-haiku-4-5@20251001',
      'one',
    ],
    [
      'a date of the pattern is not',
      { 'claude-haiku-4-5-20251001': 'one' },
      families,
      'claude-haiku-4-5',
      'small',
    ],
    [
      'a date of the pattern matches itself',
      { '*-20251001': 'one' },
      families,
      'claude-haiku-4-5-20251001',
      'one',
    ],
    ['a number is no date', { 'claude-haiku-4-5': 'one' }, families, 'claude-haiku-4-5-12345678', 'small'],
    ['[1m] behind a date', { 'claude-opus-4-8': 'one' }, families, 'claude-opus-4-8-20260528[1m]', 'one'],
    ['[1M] is ignored', { 'claude-opus-4-8[1M]': 'one' }, families, 'claude-opus-4-8[1M]', 'one'],
    ['[1m] alone is a name', {}, null, '[1m]', '[1m]'],
    [
      '[1m] of a model that is asked for instead stays',
      { '*': 'mine[1m]' },
      families,
      'claude-x[1m]',
      'mine[1m]',
    ],
    [
      '[1m] does not go to a server that is asked for the same name',
      {},
      null,
      'claude-opus-4-8[1m]',
      'claude-opus-4-8',
    ],
    ['a date does', {}, null, 'claude-haiku-4-5-20251001', 'claude-haiku-4-5-20251001'],
    ['[1m] is ignored', { 'claude-opus-4-8': 'one' }, families, 'claude-opus-4-8[1m]', 'one'],
    ['[1m] is ignored in the pattern', { 'claude-opus-4-8[1m]': 'one' }, families, 'claude-opus-4-8', 'one'],
    ['no match falls through to the family', { '*haiku*': 'one' }, families, 'claude-opus-4-8', 'big'],
    ['sonnet', {}, families, 'claude-sonnet-5', 'middle'],
    ['haiku', {}, families, 'claude-3-5-haiku-20241022', 'small'],
    ['an unknown family is taken for a sonnet', {}, families, 'claude-fable-5', 'middle'],
    ['without families the asked name passes', {}, null, 'claude-opus-4-8', 'claude-opus-4-8'],
  ])('%s', (_, table, preset, asked, expected) => {
    expect(mapModels(table as Record<string, string>, preset)(asked)).toBe(expected);
  });
});

test.each([
  ['prot', ['port', 'host'], 'port'],
  ['api-key', ['api_key', 'auth'], 'api_key'],
  ['apikey', ['api_key', 'auth'], 'api_key'],
  ['baseurl', ['base_url'], 'base_url'],
  ['grok', ['groq', 'openai'], 'groq'],
  ['opnrouter', ['openrouter', 'openai'], 'openrouter'],
  ['zzzz', ['port', 'host'], undefined],
])('the nearest to %j of %j is %p', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected as string);
});

test('a pattern of many stars does not take its time over a long name', () => {
  const model = mapModels({ [`${'*a'.repeat(40)}*b`]: 'one' }, null);
  const long = 'a'.repeat(20_000);
  expect(model(long)).toBe(long);
  expect(model(`${long}b`)).toBe('one');
});
