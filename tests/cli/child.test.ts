import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, runChild } from '../../src/cli/child.ts';
import { Exit } from '../../src/cli/exit.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccproxy-child-'));
  writeFileSync(join(folder, 'plain'), 'hello', { mode: 0o600 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that every machine with these tests has, with a line to run. */
function ended(line: string, env: Record<string, string | undefined> = process.env): Promise<number> {
  return runChild(process.execPath, ['bun', '-e', line], env);
}

/** What it is refused with. */
function refusal(name: string): [number, string] {
  try {
    findProgram(name);
  } catch (error) {
    if (error instanceof Exit) return [error.code, error.message];
    throw error;
  }
  return [0, ''];
}

describe('a command', () => {
  test.each([0, 7, 126, 255])('that ends with %i gives that', async (code) => {
    expect(await ended(`process.exit(${code})`)).toBe(code);
  });

  test('has the environment that it is given, and no other', async () => {
    const { PATH, SystemRoot } = process.env;
    const line =
      'process.exit(process.env.ONLY === "this" && process.env.CCPROXY_TEST === undefined ? 0 : 1)';
    process.env.CCPROXY_TEST = 'of the process';
    expect(await ended(line, { PATH, SystemRoot, ONLY: 'this' })).toBe(0);
    delete process.env.CCPROXY_TEST;
  });

  test('leaves no listener for signals behind', async () => {
    const before = process.listenerCount('SIGTERM');
    await ended('void 0');
    await expect(runChild(join(folder, 'plain'), ['plain'], process.env)).rejects.toThrow();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});

describe('what cannot be run', () => {
  test.each<[string, string, number, string]>([
    ['is on no PATH', 'no-such-command', 127, 'command not found: no-such-command; if it is an alias'],
    ['has no name', '', 127, 'command not found'],
    ['is not at its path', '/nowhere/at/all', 127, 'command not found: /nowhere/at/all'],
    ['is a folder', '/', 126, '/ is not a program'],
    ['is no program', 'FOLDER/plain', 126, 'plain is not a program'],
  ])('because it %s, is said', (_, name, code, words) => {
    const [found, said] = refusal(name.replace('FOLDER', folder));
    expect([found, said]).toEqual([code, expect.stringContaining(words)]);
  });
});
