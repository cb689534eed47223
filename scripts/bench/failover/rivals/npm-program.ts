/** Programs from npm at exact versions, each in a folder of a cache of its own, out of the way of node_modules. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface NpmProgram {
  /** The package and its version. */
  name: string;
  version: string;
  /** Its entry, a path in the package. */
  entry: string;
  /** What replaces a dependency, by name; null: nothing does, it is never loaded. */
  overrides?: Readonly<Record<string, string | null>>;
  /** The packages whose install script has to run: what they compile cannot be had otherwise. */
  compiled?: readonly string[];
}

const INSTALLED_WITHIN_MS = 10 * 60_000;

/** Runs everything: the line of Node with long-term support, whatever this machine has. */
const NODE: NpmProgram = {
  name: `node-${process.platform}-${process.arch}`,
  version: '24.22.3',
  entry: 'bin/node',
};

/** The path of Node. */
export function node(): Promise<string> {
  return installed(NODE, {});
}

/** The path of a program's entry, installed where it is missing. */
export async function program(wanted: NpmProgram): Promise<string> {
  const bin = dirname(await node());
  // npm and the install scripts have to find this Node and its headers, or they would compile for another.
  return installed(wanted, {
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    npm_config_nodedir: dirname(bin),
  });
}

async function installed(wanted: NpmProgram, env: Record<string, string>): Promise<string> {
  const listed = JSON.stringify(manifest(wanted));
  const name = wanted.name.replace(/^@.*\//, '');
  const folder = join(cacheFolder(), `${name}-${wanted.version}-${Bun.hash(listed).toString(36)}`);
  const entry = join(folder, 'node_modules', wanted.name, wanted.entry);
  if (existsSync(entry)) return entry;
  console.error(`bench: installing ${wanted.name} ${wanted.version}`);
  await mkdir(cacheFolder(), { recursive: true });
  const building = await mkdtemp(`${folder}-`);
  try {
    await Bun.write(join(building, 'package.json'), listed);
    await Bun.write(
      join(building, NOTHING, 'package.json'),
      JSON.stringify({ name: NOTHING, version: '0.0.0' }),
    );
    await install(wanted, building, env);
    // Whoever comes second keeps the first one's.
    await rename(building, folder).catch((error) => {
      if (!existsSync(entry)) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return entry;
}

/** An empty package beside the manifest. */
const NOTHING = 'nothing';

function manifest({ name, version, overrides = {}, compiled = [] }: NpmProgram): object {
  const replaced = Object.entries(overrides).map(([key, value]) => [key, value ?? `file:./${NOTHING}`]);
  return {
    private: true,
    engines: { node: NODE.version },
    dependencies: { [name]: version },
    overrides: Object.fromEntries(replaced),
    allowScripts: Object.fromEntries(compiled.map((each) => [each, true])),
  };
}

async function install(wanted: NpmProgram, folder: string, env: Record<string, string>): Promise<void> {
  const scripts = wanted.compiled === undefined ? ['--ignore-scripts'] : [];
  const npm = Bun.spawn({
    cmd: ['npm', 'install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', ...scripts],
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALLED_WITHIN_MS,
  });
  const [said, exitCode] = await Promise.all([new Response(npm.stderr).text(), npm.exited]);
  if (exitCode !== 0) throw new Error(`cannot install ${wanted.name}@${wanted.version}: ${said}`);
}

function cacheFolder(): string {
  const { CCPROXY_BENCH_CACHE, XDG_CACHE_HOME } = process.env;
  return CCPROXY_BENCH_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ccproxy-bench');
}
