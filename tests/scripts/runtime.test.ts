/** The Bun that goes into a release: the one that the lockfile lists, or none. */
import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { gzip } from '../../scripts/release/deflate.ts';
import { BadPackage, bunIn, type Lockfile } from '../../scripts/release/runtime.ts';
import { tar } from '../../scripts/release/tar.ts';

const NAME = '@oven/bun-elsewhere';
const BUN = new TextEncoder().encode('I am Bun.');

function packed(path: string): Uint8Array {
  const readme = { name: 'package/README.md', bytes: new Uint8Array(9), isExecutable: false };
  return gzip(tar([{ name: path, bytes: BUN, isExecutable: true }, readme], 0));
}

function locked(tarball: Uint8Array): Lockfile {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  return { packages: { [`node_modules/${NAME}`]: { version: '1.0.0', integrity } } };
}

test.each(['package/bin/bun', 'package/bin/bun.exe'])(
  'Bun is taken out of the locked package: %s',
  async (path) => {
    const tarball = packed(path);
    expect(await bunIn(tarball, NAME, locked(tarball))).toEqual(BUN);
  },
);

test('a package with one other bit is refused before anything is taken out of it', async () => {
  const tarball = packed('package/bin/bun');
  const lockfile = locked(tarball);
  const last = tarball.length - 1;
  tarball.set([(tarball[last] ?? 0) ^ 1], last);
  const taken = bunIn(tarball, NAME, lockfile);
  await expect(taken).rejects.toThrow(BadPackage);
  await expect(taken).rejects.toThrow(`${NAME} is not what package-lock.json lists`);
});

test.each([
  ['is not locked', {}],
  ['is locked without a hash', { [`node_modules/${NAME}`]: { version: '1.0.0' } }],
])('a package that %s is refused', async (_, packages) => {
  await expect(bunIn(packed('package/bin/bun'), NAME, { packages })).rejects.toThrow(
    'package-lock.json does not have',
  );
});

test('a package without a Bun is refused', async () => {
  const tarball = packed('package/bin/node');
  await expect(bunIn(tarball, NAME, locked(tarball))).rejects.toThrow(`${NAME} has no Bun in it`);
});
