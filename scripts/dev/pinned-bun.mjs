/**
 * Finds the Bun that package.json pins, as the npm registry delivers it: the native program lies in
 * `@oven/bun-<platform>`, and needs no install script. Another Bun on PATH is never taken for it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PINNED_BUN, ROOT } from './project.mjs';

const PLATFORMS = { darwin: 'darwin', freebsd: 'freebsd', linux: 'linux', win32: 'windows' };
const ARCHITECTURES = { arm64: 'aarch64', x64: 'x64' };

function usesMusl() {
  if (!process.report) return false;
  process.report.excludeNetwork = true; // the report would otherwise look up the names of open sockets
  return !process.report.getReport()?.header?.glibcVersionRuntime;
}

/** The package names that may hold this machine's Bun, the likeliest first: an old npm installs both C libraries'. */
function candidates() {
  const name = `bun-${PLATFORMS[process.platform]}-${ARCHITECTURES[process.arch]}`;
  if (process.platform !== 'linux') return [name];
  const musl = `${name}-musl`;
  return usesMusl() ? [musl, name] : [name, musl];
}

function versionOf(program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The path of the pinned Bun, or undefined while it is not installed (or is another version, or cannot run here). */
export function findPinnedBun() {
  const file = process.platform === 'win32' ? 'bun.exe' : 'bun';
  return candidates()
    .map((name) => join(ROOT, 'node_modules', '@oven', name, 'bin', file))
    .find((program) => existsSync(program) && versionOf(program) === PINNED_BUN);
}
