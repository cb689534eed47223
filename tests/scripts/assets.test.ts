/** The files of a release: their names, what is put into them, their date and their checksums. */
import { afterAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import lockfile from '../../package-lock.json' with { type: 'json' };
import { assetsOf, modifiedAt, tarballOf } from '../../scripts/release/assets.ts';
import { checksums } from '../../scripts/release/sums.ts';
import TARGETS from '../../scripts/release/targets.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'assets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('targets', () => {
  test('are eight, under names that links rely on', () => {
    expect(TARGETS.flatMap(({ name }) => [assetsOf(name).raw, assetsOf(name).packed])).toEqual([
      'ccproxy-linux-amd64',
      'ccproxy-linux-amd64.tar.gz',
      'ccproxy-linux-arm64',
      'ccproxy-linux-arm64.tar.gz',
      'ccproxy-linux-amd64-musl',
      'ccproxy-linux-amd64-musl.tar.gz',
      'ccproxy-linux-arm64-musl',
      'ccproxy-linux-arm64-musl.tar.gz',
      'ccproxy-darwin-amd64',
      'ccproxy-darwin-amd64.tar.gz',
      'ccproxy-darwin-arm64',
      'ccproxy-darwin-arm64.tar.gz',
      'ccproxy-windows-amd64.exe',
      'ccproxy-windows-amd64.zip',
      'ccproxy-windows-arm64.exe',
      'ccproxy-windows-arm64.zip',
    ]);
  });

  test.each(TARGETS)('$name is compiled for the machine whose Bun it gets', ({ name, target, runtime }) => {
    const words = name.replace('amd64', 'x64');
    expect(target).toBe(`bun-${words}`);
    expect(runtime).toBe(`@oven/bun-${words.replace('arm64', 'aarch64')}`);
    expect(assetsOf(name).program).toBe(name.startsWith('windows') ? 'ccproxy.exe' : 'ccproxy');
  });

  test.each(TARGETS)('the Bun of $name is locked at the pinned version', ({ runtime }) => {
    const packages: Record<string, { version?: string; integrity?: string }> = lockfile.packages;
    const locked = packages[`node_modules/${runtime}`];
    expect(locked?.version).toBe(manifest.devDependencies.bun);
    expect(locked?.integrity).toStartWith('sha512-');
  });

  test('npm names a package of a scope so', () => {
    expect(tarballOf('@oven/bun-linux-x64', '1.2.3')).toBe('oven-bun-linux-x64-1.2.3.tgz');
  });
});

test.each([
  ['1795888387', 1_795_888_387],
  ['', 315_532_800],
  [undefined, 315_532_800],
  ['yesterday', 315_532_800],
  ['0', 315_532_800],
  ['1795888387.5', 315_532_800],
])('the date %p is %d', (given, seconds) => {
  expect(modifiedAt(given)).toBe(seconds);
});

test('checksums have a line for each file, by name', async () => {
  const files = { b: 'second', 'a.tar.gz': 'first', c: '' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const line = (name: string, text: string) =>
    `${createHash('sha256').update(text).digest('hex')}  ${name}\n`;
  expect(await checksums(folder, ['b', 'c', 'a.tar.gz'])).toBe(
    line('a.tar.gz', 'first') + line('b', 'second') + line('c', ''),
  );
});
