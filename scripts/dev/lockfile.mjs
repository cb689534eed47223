/** What package-lock.json, the only lockfile, asks for, and whether node_modules holds it. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

const LOCKFILE = join(ROOT, 'package-lock.json');
const MODULES = join(ROOT, 'node_modules');

export function lockfileHash() {
  return createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex');
}

/** The names of the packages directly in a node_modules folder, scoped ones included. */
function packagesIn(modules) {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : name,
    );
}

/** Every installed copy as [name, version], wherever the installer put it. */
function* installedIn(modules) {
  for (const name of packagesIn(modules)) {
    const folder = join(modules, name);
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) yield [name, JSON.parse(readFileSync(manifest, 'utf8')).version];
    yield* installedIn(join(folder, 'node_modules'));
  }
}

/** What is missing or at a version that is not the locked one; an empty list means: exactly what was locked. */
export function differencesFromLockfile() {
  const entries = Object.entries(JSON.parse(readFileSync(LOCKFILE, 'utf8')).packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({ ...entry, name: path.slice(path.lastIndexOf('node_modules/') + 13) }));
  const installed = [...installedIn(MODULES)];
  const copies = new Set(installed.map(([name, version]) => `${name}@${version}`));
  const lockedNames = new Set(entries.map(({ name }) => name));
  const lockedCopies = new Set(entries.map(({ name, version }) => `${name}@${version}`));
  const missing = entries
    .filter(
      ({ name, version, optional, devOptional }) =>
        !optional && !devOptional && !copies.has(`${name}@${version}`),
    )
    .map(({ name, version }) => `${name}@${version} is missing`);
  const strangers = installed
    .filter(([name, version]) => lockedNames.has(name) && !lockedCopies.has(`${name}@${version}`))
    .map(([name, version]) => `${name}@${version} is not the locked version`);
  return [...missing, ...strangers];
}
