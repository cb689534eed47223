import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksums, presentAssets } from '../../scripts/release/sums.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccproxy-sums-'));
  const names = ['ccproxy', 'ccproxy-linux-amd64', 'ccproxy-linux-amd64.tar.gz', 'ccproxy-windows-amd64.exe'];
  for (const name of [...names, 'ccproxy-other']) writeFileSync(join(folder, name), name);
});

afterAll(() => rmSync(folder, { recursive: true }));

test('the sums are of every file of a release that is there, whichever build has made it', async () => {
  const present = await presentAssets(folder, ['windows-amd64', 'linux-amd64', 'linux-arm64']);
  const lines = (await checksums(folder, present)).split('\n');
  expect(lines.map((line) => line.slice(66))).toEqual([
    'ccproxy-linux-amd64',
    'ccproxy-linux-amd64.tar.gz',
    'ccproxy-windows-amd64.exe',
    '',
  ]);
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/^[0-9a-f]{64} {2}ccproxy-/);
});
