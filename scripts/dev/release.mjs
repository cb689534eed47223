/** `npm run build -- --all` or `-- --target NAME`: the programs that a release has, for other machines than this one too. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './child.mjs';
import { findNpm } from './npm.mjs';
import { PINNED_BUN, ROOT, Trouble } from './project.mjs';

const DIST = join(ROOT, 'dist');
const SCRIPT = join('scripts', 'release', 'main.ts');
const TARGETS = JSON.parse(readFileSync(join(ROOT, 'scripts', 'release', 'targets.json'), 'utf8'));
const USAGE = `usage: npm run build [-- --all | -- --target NAME]
  without an argument: dist/ccproxy for this machine
  --all: every program of a release, packed, with dist/SHASUMS256.txt
  --target: one of ${TARGETS.map(({ name }) => name).join(', ')}; may come again`;

/** The targets that `args` ask for; none of them means: this machine's program alone. */
export function targetsIn(args) {
  let values;
  try {
    const options = { all: { type: 'boolean' }, target: { type: 'string', multiple: true } };
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new Trouble(`${error.message}\n${USAGE}`, 2);
  }
  const { all = false, target: names = [] } = values;
  const unknown = names.find((asked) => !TARGETS.some(({ name }) => name === asked));
  if (unknown !== undefined) throw new Trouble(`there is no target ${unknown}\n${USAGE}`, 2);
  return TARGETS.filter(({ name }) => all || names.includes(name));
}

/** Has npm, with whatever registry and proxy it is set up for, bring the Bun of each target into `folder`. */
async function fetchRuntimes(targets, folder) {
  const npm = findNpm();
  if (!npm) throw new Trouble("npm is not on PATH: it fetches the other machines' Bun");
  const packages = targets.map(({ runtime }) => `${runtime}@${PINNED_BUN}`);
  const args = [...npm.before, 'pack', '--ignore-scripts', '--loglevel=error', ...packages];
  const exitCode = await run(npm.command, args, {
    ...npm.options,
    cwd: folder,
    stdio: ['ignore', 'ignore', 2],
  });
  if (exitCode !== 0)
    throw new Trouble('npm did not bring what is needed; what it printed is above', exitCode);
}

/** dist/ccproxy-<target> for each of `targets`, packed, and their checksums. Returns the exit code. */
export async function buildRelease(bun, targets) {
  mkdirSync(DIST, { recursive: true });
  const downloads = mkdtempSync(join(DIST, '.runtimes-'));
  try {
    await fetchRuntimes(targets, downloads);
    return await run(bun, ['--no-env-file', SCRIPT, downloads, ...targets.map(({ name }) => name)]);
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}
