/** Compiles TypeScript and the Bun runtime into one program, the same way for ccproxy and for what it is measured against. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './child.mjs';
import { manifest, ROOT, Trouble } from './project.mjs';

export const EXE = process.platform === 'win32' ? '.exe' : '';

/**
 * No identifier is renamed: Elysia reads the source of handlers. Bytecode more than halves the time to start and needs
 * `esm` for a top-level await; what is imported later is a file of its own, and not read before (`splitting`). Without the
 * two `no-compile-autoload` flags a `.env` or `bunfig.toml` in the user's current folder would set variables, or run code,
 * inside the process that holds the keys. The certificates of the system are trusted, as every other program does: companies
 * put their own there.
 */
const FLAGS = [
  '--compile',
  '--minify-whitespace',
  '--minify-syntax',
  '--bytecode',
  '--format=esm',
  '--splitting',
  '--sourcemap',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  '--compile-exec-argv=--use-system-ca',
];

/** The commit in twelve digits, with `-dirty` where a file differs from it: the same in every clone. */
function commit() {
  if (!existsSync(join(ROOT, '.git'))) return 'unknown';
  const description = ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'];
  const git = spawnSync('git', description, { cwd: ROOT, encoding: 'utf8' });
  return git.status === 0 ? git.stdout.trim() : 'unknown';
}

/** The constants that `src/cli/build-info.ts` declares. */
function constants() {
  return { CCPROXY_VERSION: manifest.version, CCPROXY_COMMIT: commit() };
}

/** An invalid signature, which is what Bun leaves, can keep a program for macOS from starting. */
const SIGN = join(ROOT, 'scripts', 'release', 'sign.ts');

/**
 * Compiles `entry` to `outfile`, which appears complete or not at all: Bun works, and leaves its temporary files, in a
 * folder that goes away. `cross` is a machine other than this one: Bun's name of it (`target`), the Bun program that is
 * put in (`runtime`), and the name that the program has there (`program`; it is written into it).
 */
export async function compile(bun, entry, outfile, cross) {
  mkdirSync(dirname(outfile), { recursive: true });
  const workshop = mkdtempSync(join(dirname(outfile), '.build-'));
  try {
    const made = join(workshop, cross?.program ?? basename(outfile));
    const defines = Object.entries(constants()).flatMap(([name, value]) => [
      '--define',
      `${name}=${JSON.stringify(value)}`,
    ]);
    const machine = cross ? [`--target=${cross.target}`, `--compile-executable-path=${cross.runtime}`] : [];
    const args = ['build', ...FLAGS, ...machine, ...defines, `--outfile=${made}`, entry];
    const silent = { cwd: workshop, stdio: ['ignore', 'ignore', 2] };
    const isForMac = cross ? cross.target.includes('darwin') : process.platform === 'darwin';
    const exitCode =
      (await run(bun, args, silent)) ||
      (isForMac ? await run(bun, ['--no-env-file', SIGN, made], silent) : 0);
    if (exitCode !== 0) throw new Trouble(`${basename(outfile)} did not compile`, exitCode);
    renameSync(made, outfile);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
