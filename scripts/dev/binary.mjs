/** dist/ccproxy, the program for this machine, and whether it still is what the sources say. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compile, EXE } from './compile.mjs';
import { ROOT, say } from './project.mjs';

export const BINARY = join(ROOT, 'dist', `ccproxy${EXE}`);

const STAMP = join(ROOT, 'dist', '.built-from');
const SOURCES = [
  'src',
  'package.json',
  'package-lock.json',
  'ccproxy.toml',
  'scripts/dev/compile.mjs',
  'scripts/release/sign.ts',
  'scripts/release/code-signature.ts',
];

function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/** By content, not by date: a checkout of an older commit is a change too. */
function sourcesHash() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesUnder(join(ROOT, source)))) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

export async function buildBinary(bun) {
  const hash = sourcesHash();
  const startedAt = Date.now();
  await compile(bun, join(ROOT, 'src', 'main.ts'), BINARY);
  writeFileSync(STAMP, hash);
  const megabytes = (statSync(BINARY).size / 1e6).toFixed(1);
  say(`built ${relative(ROOT, BINARY)} (${megabytes} MB, ${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
}

export async function ensureBinary(bun) {
  const isFresh = existsSync(BINARY) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sourcesHash();
  if (!isFresh) await buildBinary(bun);
}
