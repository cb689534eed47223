/** SHASUMS256.txt: what `sha256sum --check` and `shasum -a 256 --check` read. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** A line for each of `names` in `folder`, by name. */
export async function checksums(folder: string, names: readonly string[]): Promise<string> {
  const lines = [...names].sort().map(async (name) => {
    const hash = createHash('sha256').update(await Bun.file(join(folder, name)).bytes());
    return `${hash.digest('hex')}  ${name}\n`;
  });
  return (await Promise.all(lines)).join('');
}
