/** Texts of every kind that stands in requests, each of a few hundred tokens or more, the same in every run. */
import { CODE } from './estimate-code.ts';
import { LANGUAGES } from './estimate-languages.ts';

/** Numbers below `below` that look random; mulberry32. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Dice = (below: number) => number;
const of = (roll: Dice, alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet[roll(alphabet.length)]).join('');
const pick = <T>(roll: Dice, all: readonly T[]) => all[roll(all.length)] as T;
const lines = (seed: number, count: number, line: (roll: Dice, at: number) => string) => {
  const roll = dice(seed);
  return Array.from({ length: count }, (_, at) => line(roll, at)).join('\n');
};

const HEX = '0123456789abcdef';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const BASE64 = `${LOWER.toUpperCase()}${LOWER}${DIGITS}+/`;
const uuid = (roll: Dice) => [8, 4, 4, 4, 12].map((length) => of(roll, HEX, length)).join('-');
const two = (value: number) => String(value).padStart(2, '0');
const clock = (roll: Dice) => `${two(roll(24))}:${two(roll(60))}:${two(roll(60))}`;

const NOUNS = [
  'invoice',
  'customer',
  'shipment',
  'worker',
  'queue',
  'session',
  'payment',
  'report',
  'cache',
  'index',
];
const VERBS = ['started', 'finished', 'failed', 'was retried', 'timed out', 'was dropped', 'reconnected'];

const record = (roll: Dice, at: number) => ({
  id: at + 1,
  name: `${pick(roll, NOUNS)} ${pick(roll, NOUNS)}`,
  isActive: roll(2) === 0,
  price: roll(100_000) / 100,
  tags: [pick(roll, NOUNS), pick(roll, NOUNS)],
  created_at: `2024-${two(1 + roll(12))}-${two(1 + roll(28))}T${clock(roll)}Z`,
  parent: roll(3) === 0 ? null : { kind: pick(roll, NOUNS), weight: roll(50) },
});
const records = (seed: number, count: number) => {
  const roll = dice(seed);
  return Array.from({ length: count }, (_, at) => record(roll, at));
};

const EMOJI = [
  '😀',
  '🚀',
  '🔥',
  '✅',
  '❌',
  '⚠️',
  '👍🏽',
  '👩‍💻',
  '🇫🇷',
  '💡',
  '🎉',
  '📦',
  '🐛',
  '✨',
  '❤️',
  '🧪',
];

/** What machines write. */
const MADE: Record<string, string> = {
  'base64 in one line': of(dice(1), BASE64, 3000),
  'base64 in lines of 76': lines(2, 40, (roll) => of(roll, BASE64, 76)),
  'base64url, as in tokens': lines(3, 12, (roll) =>
    [36, 160, 43].map((length) => of(roll, `${BASE64.slice(0, 62)}-_`, length)).join('.'),
  ),
  'base64 of words': Buffer.from(LANGUAGES['English prose'] ?? '').toString('base64'),
  'uuids, one a line': lines(4, 60, uuid),
  'digests with names': lines(5, 40, (roll) => `${of(roll, HEX, 64)}  src/${pick(roll, NOUNS)}.ts`),
  'hex in one line': of(dice(6), HEX, 3000),
  'hex in capitals': of(dice(7), HEX.toUpperCase(), 3000),
  'a hex dump': lines(
    8,
    50,
    (roll, at) =>
      `${(at * 16).toString(16).padStart(8, '0')}  ${Array.from({ length: 16 }, () => of(roll, HEX, 2)).join(' ')}`,
  ),
  'digits in one line': of(dice(9), DIGITS, 3000),
  'numbers in a table': lines(10, 80, (roll) =>
    Array.from({ length: 6 }, () => `${roll(10_000)}.${two(roll(100))}`).join(','),
  ),
  'numbers in columns': lines(11, 60, (roll) =>
    Array.from({ length: 6 }, () => String(roll(1_000_000)).padStart(10)).join(' '),
  ),
  'random letters': of(dice(12), LOWER, 3000),
  'random capitals': of(dice(13), LOWER.toUpperCase(), 3000),
  'random ids of letters and digits': lines(14, 60, (roll) => `toolu_${of(roll, BASE64.slice(0, 62), 24)}`),
  'JSON in one line': JSON.stringify(records(15, 40)),
  'JSON with indents': JSON.stringify(records(16, 30), null, 2),
  'JSON as a string': JSON.stringify(JSON.stringify(records(17, 30), null, 2)),
  'a log with timestamps': lines(
    18,
    60,
    (roll) =>
      `2024-11-${two(1 + roll(28))}T${clock(roll)}.${String(roll(1000)).padStart(3, '0')}Z ${pick(roll, ['INFO ', 'WARN ', 'ERROR', 'DEBUG'])} [${pick(roll, NOUNS)}-${roll(16)}] ${pick(roll, NOUNS)} ${roll(100_000)} ${pick(roll, VERBS)} after ${roll(5000)}ms`,
  ),
  'an access log': lines(
    19,
    50,
    (roll) =>
      `10.${roll(256)}.${roll(256)}.${roll(256)} - - [${two(1 + roll(28))}/Nov/2024:${clock(roll)} +0000] "GET /api/${pick(roll, NOUNS)}s/${roll(9999)}?page=${roll(20)} HTTP/1.1" ${pick(roll, [200, 204, 404, 500])} ${roll(90_000)} "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
  ),
  'a listing of files': lines(
    20,
    60,
    (roll) =>
      `-rw-r--r--  1 user  staff  ${String(roll(1_000_000)).padStart(8)} Nov ${String(1 + roll(28)).padStart(2)} ${two(roll(24))}:${two(roll(60))} ${pick(roll, NOUNS)}_${pick(roll, NOUNS)}.${pick(roll, ['ts', 'py', 'json', 'md'])}`,
  ),
  'paths, one a line': lines(
    21,
    80,
    (roll) =>
      `/home/user/project/src/${pick(roll, NOUNS)}/${pick(roll, NOUNS)}-${pick(roll, NOUNS)}.test.ts:${roll(400)}:${roll(80)}`,
  ),
  'a stack trace': lines(
    22,
    50,
    (roll) =>
      `    at ${pick(roll, NOUNS)}Of${pick(roll, ['Worker', 'Session', 'Payment'])} (/app/node_modules/@scope/${pick(roll, NOUNS)}/dist/index.js:${roll(3000)}:${roll(120)})`,
  ),
  'rows of a table': lines(
    23,
    60,
    (roll, at) =>
      `| ${at} | ${pick(roll, NOUNS)} | ${pick(roll, VERBS)} | ${roll(1000)} ms | ${roll(100)} % |`,
  ),
  'emoji alone': lines(24, 40, (roll) => Array.from({ length: 8 }, () => pick(roll, EMOJI)).join('')),
  'emoji between words': lines(
    25,
    60,
    (roll) => `${pick(roll, EMOJI)} ${pick(roll, NOUNS)} ${pick(roll, VERBS)} ${pick(roll, EMOJI)}`,
  ),
  'box drawings': lines(26, 40, (roll) => `│   ├── ${pick(roll, NOUNS)}/ ${'─'.repeat(roll(30))}┐`),
  'mostly spaces': lines(
    27,
    200,
    (roll) => `${' '.repeat(4 * roll(16))}${pick(roll, ['}', 'x', '});', ''])}`,
  ),
  'mostly tabs': lines(28, 200, (roll) => `${'\t'.repeat(roll(9))}${pick(roll, ['}', 'x', '});', ''])}`),
  'rules and lines': lines(
    29,
    60,
    (roll) => `${pick(roll, ['=', '-', '*', '#', '~']).repeat(10 + roll(70))} ${pick(roll, NOUNS)}`,
  ),
  'symbols at random': of(dice(30), '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', 2000),
  'escape codes of a terminal': lines(
    31,
    60,
    (roll) =>
      `\u001b[${roll(2)};3${roll(8)}m${pick(roll, NOUNS)}\u001b[0m ${pick(roll, VERBS)} \u001b[2m(${roll(900)}ms)\u001b[22m`,
  ),
  'escaped characters': lines(
    32,
    60,
    (roll) => `${Array.from({ length: 6 }, () => `\\u${of(roll, HEX, 4)}`).join('')}\\n\\"`,
  ),
};

/** Every kind by its name. */
export const TEXTS: Record<string, string> = { ...LANGUAGES, ...CODE, ...MADE };
