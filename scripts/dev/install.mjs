/**
 * Brings node_modules to what package-lock.json says, with npm or, on a machine without it, with whatever Bun is there.
 * No package's install script runs. A stamp keyed by the lockfile makes every later run instant.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { differencesFromLockfile, lockfileHash } from './lockfile.mjs';
import { findNpm, onPath } from './npm.mjs';
import { findPinnedBun } from './pinned-bun.mjs';
import { PINNED_BUN, ROOT, say, Trouble } from './project.mjs';

const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.ccproxy-installed');
const SECOND_LOCKFILES = ['bun.lock', 'bun.lockb'].map((name) => join(ROOT, name));

async function installWithNpm({ command, before, options }) {
  say('installing what package-lock.json lists, with npm');
  const flags = [
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  return run(command, [...before, 'ci', ...flags], { ...options, stdio: ['ignore', 2, 2] });
}

/** Bun reads package-lock.json where it finds no lockfile of its own, and must not leave one behind. */
async function installWithBun(bun) {
  say(`installing what package-lock.json lists, with ${bun}`);
  const created = SECOND_LOCKFILES.filter((file) => !existsSync(file));
  try {
    return await run(bun, ['install', '--no-save', '--ignore-scripts'], { stdio: ['ignore', 2, 2] });
  } finally {
    for (const file of created) rmSync(file, { force: true });
  }
}

async function install() {
  const npm = findNpm();
  const bun = process.versions.bun ? process.execPath : onPath('bun');
  if (npm) return installWithNpm(npm);
  if (bun) return installWithBun(bun);
  throw new Trouble('npm is not on PATH: install npm (it comes with Node.js) or Bun, then run this again');
}

function explain(differences) {
  const hint = SECOND_LOCKFILES.some((file) => existsSync(file))
    ? ' (delete bun.lock: it overrules package-lock.json)'
    : '';
  return `node_modules is not what package-lock.json lists${hint}:\n  ${differences.slice(0, 5).join('\n  ')}`;
}

/** Makes sure that everything is installed. Returns the path of the pinned Bun. */
export async function ensureInstalled() {
  const stamp = `${lockfileHash()} ${process.platform} ${process.arch}\n`;
  const stamped = existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp;
  let bun = findPinnedBun();
  if (stamped && bun) return bun;

  if (!bun || differencesFromLockfile().length > 0) {
    const exitCode = await install();
    if (exitCode !== 0) throw new Trouble('the installation failed; what it printed is above', exitCode);
    bun = findPinnedBun();
    if (!bun)
      throw new Trouble(
        `Bun ${PINNED_BUN} has no program for ${process.platform} ${process.arch} that runs here`,
      );
    const differences = differencesFromLockfile();
    if (differences.length > 0) throw new Trouble(explain(differences));
  }
  mkdirSync(MODULES, { recursive: true });
  writeFileSync(STAMP, stamp);
  return bun;
}
