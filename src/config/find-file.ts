import { isAbsolute, join } from 'node:path';
import type { Problem } from './problem.ts';
import { type ReadFile, type ReferenceSources, variable } from './references.ts';

/** Where configuration is looked for. */
export interface FileSources
  extends Pick<ReferenceSources, 'env' | 'read' | 'keychain' | 'home' | 'placeholder' | 'refers'> {
  /** The current folder, absolute; null where it was removed. */
  cwd: string | null;
  /** The value of `--config`. */
  configFlag?: string;
  /** The file that is read again: no other is looked for, and it is trusted as it was. */
  again?: FilePlace;
  /** Told which file is used, as soon as it is found. */
  uses?(file: FilePlace): void;
}

/** Where a configuration file is. */
export interface FilePlace {
  /** As the user would name it. */
  file: string;
  /** Absolute. */
  path: string;
  /** It is `./ccproxy.toml` and nobody named it: a cloned repository may have brought it. */
  discovered: boolean;
}

/** A configuration file that was found. */
export interface FoundFile extends FilePlace {
  source: string;
}

/** The content of a file, or null when there is none. */
export const readTextFile: ReadFile = async (path) => {
  const file = Bun.file(path);
  try {
    return await file.text();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

/**
 * The file to use: the one of `--config`, of `$CCPROXY_CONFIG`, or the first that exists of the usual places; null when
 * there is none. One that was named and is not there is a problem, and so is one that was there before.
 */
export async function findFile(sources: FileSources): Promise<FoundFile | Problem | null> {
  const { env, cwd, home, configFlag, again } = sources;
  if (again !== undefined) return readAgain(again, sources);
  const fromEnvironment = variable(env, 'CCPROXY_CONFIG');
  if (configFlag !== undefined) return readNamed(configFlag, '--config', sources);
  if (fromEnvironment !== undefined) return readNamed(fromEnvironment, 'CCPROXY_CONFIG', sources);
  const folder = variable(env, 'XDG_CONFIG_HOME') ?? join(home, '.config');
  const candidates = [
    ...(cwd === null ? [] : [{ file: './ccproxy.toml', path: join(cwd, 'ccproxy.toml'), discovered: true }]),
    ...[join(folder, 'ccproxy', 'ccproxy.toml'), '/etc/ccproxy/ccproxy.toml'].map((path) => ({
      file: path,
      path,
      discovered: false,
    })),
  ];
  for (const candidate of candidates) {
    const source = await readOr(candidate.path, sources.read);
    if (typeof source === 'string' && !(candidate.discovered && saysNothing(source)))
      return { ...candidate, source };
    if (source !== null && typeof source !== 'string') return { file: candidate.file, ...source };
  }
  return null;
}

/** Nothing but comments: the example as it stands in ccproxy's own folder must not hide the user's file. */
function saysNothing(source: string): boolean {
  return source.split('\n').every((line) => /^\uFEFF?\s*(?:#|$)/.test(line));
}

async function readNamed(name: string, key: string, sources: FileSources): Promise<FoundFile | Problem> {
  const expanded = /^~(?=\/|$)/.test(name) ? join(sources.home, name.slice(1)) : name;
  const allowed = 'the path of a readable file';
  const found = JSON.stringify(name);
  if (!isAbsolute(expanded) && sources.cwd === null)
    return { key, what: 'the current folder does not exist any more', found, allowed };
  const path = isAbsolute(expanded) ? expanded : join(sources.cwd ?? '/', expanded);
  const source = await readOr(path, sources.read);
  if (typeof source === 'string') return { file: name, path, source, discovered: false };
  return { key, ...(source ?? { what: 'there is no such file' }), found, allowed };
}

async function readAgain(place: FilePlace, { read }: FileSources): Promise<FoundFile | Problem> {
  const source = await readOr(place.path, read);
  if (typeof source === 'string') return { ...place, source };
  const gone = { what: 'is not there any more', hint: 'to do without it, start ccproxy again' };
  return { file: place.file, ...(source ?? gone) };
}

async function readOr(path: string, read: ReadFile): Promise<string | null | Pick<Problem, 'what'>> {
  try {
    return await read(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return { what: `the file cannot be read${code}` };
  }
}
