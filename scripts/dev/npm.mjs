/** Which npm there is, and how it is called. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The file that PATH has for a program's name; undefined where there is none. */
export function onPath(name) {
  const suffixes = process.platform === 'win32' ? ['.cmd', '.exe'] : [''];
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => suffixes.map((suffix) => join(folder, name + suffix)))
    .find((file) => existsSync(file));
}

/** How npm is called here; undefined where it is not installed, or could not run for want of Node. */
export function findNpm() {
  if (process.versions.bun) return undefined;
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.[cm]?js$/.test(script) && existsSync(script)) {
    return { command: process.execPath, before: [script], options: {} };
  }
  const npm = onPath('npm');
  // Windows starts a .cmd file only through its shell.
  return npm && { command: 'npm', before: [], options: { shell: process.platform === 'win32' } };
}
