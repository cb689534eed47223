import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRegularFile } from '../../src/cli/regular-file.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccproxy-regular-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test('a file is its text, and one that is not there is null', async () => {
  writeFileSync(at('a'), 'text\u00e4');
  expect(await readRegularFile(at('a'))).toBe('text\u00e4');
  expect(await readRegularFile(at('b'))).toBeNull();
});

test('a folder, and a file larger than any configuration, are not read', async () => {
  mkdirSync(at('folder'));
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 16 * 2 ** 20 + 1);
  await expect(readRegularFile(at('folder'))).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(readRegularFile(at('large'))).rejects.toMatchObject({ code: 'larger than 16 MiB' });
});

test.if(process.platform !== 'win32')('a pipe that nobody writes to is not waited for', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  await expect(readRegularFile(at('pipe'))).rejects.toMatchObject({ code: 'not a regular file' });
});
