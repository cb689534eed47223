/** When upstreams were last tested: kept, read by others, and never lost to what cannot be read. */
import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTested } from '../../src/store/tested-file.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function fresh() {
  const folder = mkdtempSync(join(tmpdir(), 'ccproxy-tested-'));
  folders.push(folder);
  const path = join(folder, 'state', 'tested.json');
  return { path, tested: openTested(path, () => crypto.randomUUID().replaceAll('-', '')) };
}

const AT = Date.UTC(2026, 0, 2);
const GROQ = { name: 'groq', base: 'https://api.groq.com/openai/v1' };
const OTHER = { name: 'other', base: 'https://other.example/secret-in-the-path/v1' };

test('what was tested is known to whoever reads the file next; what was not, or is elsewhere since, is not', () => {
  const { path, tested } = fresh();
  expect(tested.dates()(GROQ)).toBeNull();
  tested.note([GROQ], AT);
  tested.note([OTHER], AT + 1_000);
  const dates = openTested(path, () => 'unused').dates();
  expect([dates(GROQ), dates(OTHER)]).toEqual(['2026-01-02T00:00:00.000Z', '2026-01-02T00:00:01.000Z']);
  expect(dates({ ...GROQ, base: 'https://elsewhere.example/v1' })).toBeNull();
});

test('it is for its user alone, and has no address', () => {
  const { path, tested } = fresh();
  tested.note([OTHER], AT);
  // On Windows modes say nothing.
  expect(statSync(path).mode & 0o077).toBe(process.platform === 'win32' ? 0o066 : 0);
  expect(readFileSync(path, 'utf8')).not.toContain('secret');
});

test('nothing is written where nothing passed', () => {
  const { path, tested } = fresh();
  tested.note([], AT);
  expect(() => statSync(path)).toThrow();
});

test.each(['', 'no JSON', '{"version":1}', '{"version":1,"tested":{"groq x":"yesterday"}}'])(
  'a file of %p says nothing, and the next test mends it',
  (content) => {
    const { path, tested } = fresh();
    tested.note([GROQ], AT);
    writeFileSync(path, content);
    expect(tested.dates()(GROQ)).toBeNull();
    tested.note([GROQ], AT);
    expect(tested.dates()(GROQ)).toBe('2026-01-02T00:00:00.000Z');
  },
);

test("another version's file is not touched", () => {
  const { path, tested } = fresh();
  tested.note([GROQ], AT);
  writeFileSync(path, '{"version":2,"more":true}');
  expect(() => tested.note([GROQ], AT)).toThrow('another version');
  expect(readFileSync(path, 'utf8')).toBe('{"version":2,"more":true}');
});
