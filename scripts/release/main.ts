/**
 * `bun scripts/release/main.ts DOWNLOADS TARGET...`: compiles ccproxy for each target with the Bun whose npm package lies in
 * DOWNLOADS, and leaves in dist/ the program, the same packed, and SHASUMS256.txt of all that lie there. Exits 1 when a
 * package is not the locked one. `npm run build -- --all` calls it.
 */
import { spawnSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import lockfile from '../../package-lock.json' with { type: 'json' };
import { compile } from '../dev/compile.mjs';
import { assetsOf, modifiedAt, type Target, tarballOf } from './assets.ts';
import { gzip } from './deflate.ts';
import { BadPackage, bunIn } from './runtime.ts';
import { checksums, presentAssets } from './sums.ts';
import { type Entry, tar } from './tar.ts';
import TARGETS from './targets.json' with { type: 'json' };
import { zip } from './zip.ts';

const ROOT = join(import.meta.dir, '..', '..');
const DIST = join(ROOT, 'dist');
const SUMS = join(DIST, 'SHASUMS256.txt');

/** When the commit was made, in seconds since 1970; undefined outside of a clone. */
function committedAt(): string | undefined {
  const git = spawnSync('git', ['log', '-1', '--no-show-signature', '--format=%ct'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return git.status === 0 ? git.stdout.trim() : undefined;
}

async function build(target: Target, downloads: string, changedAt: number): Promise<string[]> {
  const { program, raw, packed } = assetsOf(target.name);
  const runtime = join(downloads, `${target.name}.runtime`);
  const tarball = join(downloads, tarballOf(target.runtime, manifest.devDependencies.bun));
  await Bun.write(runtime, await bunIn(await Bun.file(tarball).bytes(), target.runtime, lockfile));
  await chmod(runtime, 0o755);
  await compile(process.execPath, join(ROOT, 'src', 'main.ts'), join(DIST, raw), {
    target: target.target,
    runtime,
    program,
  });
  await Promise.all([rm(runtime), rm(tarball)]);

  const entries: Entry[] = [
    { name: program, bytes: await Bun.file(join(DIST, raw)).bytes(), isExecutable: true },
    { name: 'LICENSE', bytes: await Bun.file(join(ROOT, 'LICENSE')).bytes(), isExecutable: false },
  ];
  const archive = packed.endsWith('.zip') ? zip(entries, changedAt) : gzip(tar(entries, changedAt));
  await Bun.write(join(DIST, packed), archive);
  return [raw, packed];
}

const [downloads = '', ...names] = process.argv.slice(2);
const changedAt = modifiedAt(process.env.SOURCE_DATE_EPOCH ?? committedAt());
await rm(SUMS, { force: true });
try {
  for (const target of TARGETS.filter(({ name }) => names.includes(name))) {
    const startedAt = performance.now();
    const files = await build(target, downloads, changedAt);
    const sizes = files.map(
      (file) => `dist/${file} (${(Bun.file(join(DIST, file)).size / 1e6).toFixed(1)} MB)`,
    );
    console.error(
      `ccproxy: built ${sizes.join(', ')} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    );
  }
  const present = await presentAssets(
    DIST,
    TARGETS.map(({ name }) => name),
  );
  await Bun.write(SUMS, await checksums(DIST, present));
  console.error(`ccproxy: ${present.length} files in dist/SHASUMS256.txt`);
} catch (error) {
  if (!(error instanceof BadPackage)) throw error;
  console.error(`ccproxy: ${error.message}`);
  process.exit(1);
}
