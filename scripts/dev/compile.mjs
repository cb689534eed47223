/** Compiles TypeScript and the Bun runtime into one program, the same way for ccproxy and for what it is measured against. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './child.mjs';
import { manifest, ROOT, Trouble } from './project.mjs';

export const EXE = process.platform === 'win32' ? '.exe' : '';

/**
 * No identifier is renamed: Elysia reads the source of handlers. Bytecode more than halves the time to start and needs
 * `esm` for a top-level await. Without the two `no-compile-autoload` flags a `.env` or `bunfig.toml` in the user's
 * current folder would set variables, or run code, inside the process that holds the keys. The certificates of the system
 * are trusted, as every other program does: companies put their own there.
 */
const FLAGS = [
  '--compile',
  '--minify-whitespace',
  '--minify-syntax',
  '--bytecode',
  '--format=esm',
  '--sourcemap',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  '--compile-exec-argv=--use-system-ca',
];

function commit() {
  if (!existsSync(join(ROOT, '.git'))) return 'unknown';
  const git = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  return git.status === 0 ? git.stdout.trim() : 'unknown';
}

/** The constants that `src/cli/build-info.ts` declares. */
function constants() {
  return { CCPROXY_VERSION: manifest.version, CCPROXY_COMMIT: commit() };
}

/**
 * Compiles `entry` to `outfile`, which appears complete or not at all: Bun works, and leaves its temporary files, in a
 * folder that goes away.
 */
export async function compile(bun, entry, outfile) {
  mkdirSync(dirname(outfile), { recursive: true });
  const workshop = mkdtempSync(join(dirname(outfile), '.build-'));
  try {
    const made = join(workshop, basename(outfile));
    const defines = Object.entries(constants()).flatMap(([name, value]) => [
      '--define',
      `${name}=${JSON.stringify(value)}`,
    ]);
    const args = ['build', ...FLAGS, ...defines, `--outfile=${made}`, entry];
    const exitCode = await run(bun, args, { cwd: workshop, stdio: ['ignore', 'ignore', 2] });
    if (exitCode !== 0) throw new Trouble(`${basename(outfile)} did not compile`, exitCode);
    renameSync(made, outfile);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
