/** What each command does once the set-up is done. Every one returns its exit code. */
import { join } from 'node:path';
import { BINARY, buildBinary, ensureBinary } from './binary.mjs';
import { run } from './child.mjs';
import { compile, EXE } from './compile.mjs';
import { ensureInstalled } from './install.mjs';
import { ROOT, say } from './project.mjs';
import { buildRelease, targetsIn } from './release.mjs';

/** A developer's `.env` must not change what is started or tested. */
const NO_ENV_FILE = '--no-env-file';

/** ccproxy from its sources. */
export async function start(args) {
  const bun = await ensureInstalled();
  return run(bun, [NO_ENV_FILE, join('src', 'main.ts'), ...args]);
}

/** Unit and integration tests; the arguments go to `bun test`, so that a path or `-t` narrows them. */
export async function test(args) {
  const bun = await ensureInstalled();
  return run(bun, ['test', NO_ENV_FILE, '--path-ignore-patterns=tests/e2e/**', ...args]);
}

/** dist/ccproxy for this machine; `--all` or `--target NAME`: what a release has. */
export async function build(args) {
  const targets = targetsIn(args);
  const bun = await ensureInstalled();
  if (targets.length > 0) return buildRelease(bun, targets);
  await buildBinary(bun);
  return 0;
}

/** The tests that use the compiled program as its users do; an argument that names one of their files narrows them. */
export async function e2e(args) {
  const bun = await ensureInstalled();
  await ensureBinary(bun);
  const env = { ...process.env, CCPROXY_BINARY: BINARY };
  const named = args.some((argument) => argument.includes('e2e'));
  return run(bun, ['test', NO_ENV_FILE, ...(named ? [] : ['./tests/e2e/']), ...args], { env });
}

/** Format and lint, types, and the rules of the house; `--fix` repairs what can be repaired. */
export async function check(args) {
  const bun = await ensureInstalled();
  const modules = join(ROOT, 'node_modules');
  const fix = args.includes('--fix') ? ['--write'] : [];
  const steps = {
    'format and lint': [
      join(modules, '@biomejs', 'biome', 'bin', 'biome'),
      'check',
      '--error-on-warnings',
      ...fix,
    ],
    types: [join(modules, 'typescript', 'bin', 'tsc'), '--project', ROOT],
    house: ['test', NO_ENV_FILE, './tests/house.test.ts'],
  };
  const failed = [];
  for (const [name, command] of Object.entries(steps)) {
    const exitCode = await run(bun, command);
    if (exitCode > 128) return exitCode;
    if (exitCode !== 0) failed.push(name);
  }
  say(failed.length === 0 ? 'check passed' : `check failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** Measures dist/ccproxy against a direct connection and against the barest proxy that can be compiled. */
export async function bench(args) {
  const bun = await ensureInstalled();
  await ensureBinary(bun);
  const barePipe = join(ROOT, 'dist', 'bench', `bare-pipe${EXE}`);
  await compile(bun, join(ROOT, 'scripts', 'bench', 'bare-pipe.ts'), barePipe);
  const programs = ['--ccproxy', BINARY, '--bare', barePipe];
  return run(bun, [NO_ENV_FILE, join('scripts', 'bench', 'main.ts'), ...programs, ...args]);
}

/** Plays the same outages against dist/ccproxy and other proxies. */
export async function benchFailover(args) {
  const bun = await ensureInstalled();
  await ensureBinary(bun);
  return run(bun, [
    NO_ENV_FILE,
    join('scripts', 'bench', 'failover', 'main.ts'),
    '--ccproxy',
    BINARY,
    ...args,
  ]);
}

/** Fetches model data anew, or reads it from a file, and writes the snapshot that ccproxy carries. */
export async function models(args) {
  const bun = await ensureInstalled();
  return run(bun, [NO_ENV_FILE, join('scripts', 'models', 'main.ts'), ...args]);
}
