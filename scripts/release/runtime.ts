/** The Bun of another machine, out of the package that the registry delivers, once it is known to be the locked one. */
import { createHash } from 'node:crypto';

/** A package that is not what the lockfile says, or has no Bun in it. */
export class BadPackage extends Error {}

/** The part of package-lock.json that says what a package's bytes are. */
export interface Lockfile {
  packages: Record<string, { version?: string; integrity?: string }>;
}

/**
 * The Bun program in `tarball`, the npm package `name` as it was downloaded.
 * Throws BadPackage unless its SHA-512 is the one that `lockfile` has for it.
 */
export async function bunIn(tarball: Uint8Array, name: string, lockfile: Lockfile): Promise<Uint8Array> {
  const locked = lockfile.packages[`node_modules/${name}`]?.integrity;
  if (locked === undefined) throw new BadPackage(`package-lock.json does not have ${name}`);
  const found = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  if (found !== locked)
    throw new BadPackage(`${name} is not what package-lock.json lists: ${found} instead of ${locked}`);
  const files = await new Bun.Archive(new Uint8Array(tarball)).files('package/bin/bun{,.exe}');
  const [program] = files.values();
  if (program === undefined) throw new BadPackage(`${name} has no Bun in it`);
  return program.bytes();
}
