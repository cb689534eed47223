/** SHASUMS256.txt: what `sha256sum --check` and `shasum -a 256 --check` read. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assetsOf } from './assets.ts';

/** The files of a release for these targets that lie in `folder`: an earlier build may have made some of them. */
export async function presentAssets(folder: string, targets: readonly string[]): Promise<string[]> {
  const there = new Set(await readdir(folder));
  const names = targets.flatMap((target) => {
    const { raw, packed } = assetsOf(target);
    return [raw, packed];
  });
  return names.filter((name) => there.has(name));
}

/** A line for each of `names` in `folder`, by name. */
export async function checksums(folder: string, names: readonly string[]): Promise<string> {
  const lines = [...names].sort().map(async (name) => {
    const hash = createHash('sha256').update(await Bun.file(join(folder, name)).bytes());
    return `${hash.digest('hex')}  ${name}\n`;
  });
  return (await Promise.all(lines)).join('');
}
