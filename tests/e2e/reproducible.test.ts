/** The same sources give the same program, whoever compiles them, where, and when. */
import { afterAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '..', '..');
const SOURCES = ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'ccproxy.toml'];
const COMPILE = `import { compile } from './scripts/dev/compile.mjs';
await compile(process.execPath, process.argv[1], process.argv[2]);`;

const folder = mkdtempSync(join(tmpdir(), 'reproducible-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What goes into the program, as paths in node_modules. */
function dependencies(): string[] {
  const { packages }: { packages: Record<string, { dev?: boolean; optional?: boolean }> } = JSON.parse(
    readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
  );
  return Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path]) => path);
}

/** The hash of the program that is compiled from a copy of the sources, in a folder of its own. */
async function compiledIn(name: string, env: Record<string, string>): Promise<string> {
  const home = join(folder, name);
  for (const path of [...SOURCES, ...dependencies()])
    cpSync(join(ROOT, path), join(home, path), { recursive: true });
  const program = join(home, 'dist', 'ccproxy');
  const { exitCode, stderr } = Bun.spawnSync(
    [process.execPath, '-e', COMPILE, join(home, 'src', 'main.ts'), program],
    { cwd: home, env: { ...process.env, ...env } },
  );
  expect([exitCode, stderr.toString()]).toEqual([0, '']);
  return createHash('sha256')
    .update(await Bun.file(program).bytes())
    .digest('hex');
}

test('two copies of the sources, compiled in different folders and zones of time, give the same bytes', async () => {
  const first = await compiledIn('a', { TZ: 'UTC' });
  const second = await compiledIn(join('another place', 'further down'), { TZ: 'Asia/Tokyo' });
  expect(second).toBe(first);
}, 60_000);
