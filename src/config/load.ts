import { isAbsolute, join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { parse, TomlError } from 'smol-toml';
import { type Document, findSchemaProblems } from './explain.ts';
import { withoutPaths } from './key-path.ts';
import { locateKeys } from './locate.ts';
import type { Problem } from './problem.ts';
import { type ReadFile, type ReferenceSources, resolveReferences, variable } from './references.ts';
import { type ConfigFile, ConfigSchema } from './schema.ts';

/** Where configuration is looked for. */
export interface FileSources
  extends Pick<ReferenceSources, 'env' | 'read' | 'keychain' | 'home' | 'placeholder' | 'refers'> {
  /** Absolute. */
  cwd: string;
  /** The value of `--config`. */
  configFlag?: string;
}

/** A configuration file that was found. */
export interface FoundFile {
  /** As the user would name it. */
  file: string;
  /** Absolute. */
  path: string;
  source: string;
  /** It is `./ccproxy.toml` and nobody named it: a cloned repository may have brought it. */
  discovered: boolean;
}

/** A validated file with the places of its keys. */
export interface LoadedFile {
  found: FoundFile;
  document: Document;
  config: ConfigFile;
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
 * there is none. One that was named and is not there is a problem.
 */
export async function findFile(sources: FileSources): Promise<FoundFile | Problem | null> {
  const { env, cwd, home, configFlag } = sources;
  const fromEnvironment = variable(env, 'CCPROXY_CONFIG');
  if (configFlag !== undefined) return readNamed(configFlag, '--config', sources);
  if (fromEnvironment !== undefined) return readNamed(fromEnvironment, 'CCPROXY_CONFIG', sources);
  const folder = variable(env, 'XDG_CONFIG_HOME') ?? join(home, '.config');
  const candidates = [
    { file: './ccproxy.toml', path: join(cwd, 'ccproxy.toml'), discovered: true },
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

/**
 * Parses a found file, resolves its references and validates it. `loaded` holds what is valid, so that the rules beyond
 * the schema can be checked at the same time; null when the file is not TOML.
 */
export async function loadFile(
  found: FoundFile,
  sources: FileSources,
): Promise<{ loaded: LoadedFile | null; problems: Problem[] }> {
  const source = found.source.replace(/^\uFEFF/, '');
  let raw: unknown;
  try {
    raw = parse(source);
  } catch (error) {
    return { loaded: null, problems: [syntaxProblem(found.file, source, error)] };
  }
  const locate = locateKeys(source);
  const references = await resolveReferences(raw, found.file, locate, {
    ...sources,
    configPath: found.path,
    discovered: found.discovered,
  });
  const document: Document = { file: found.file, raw, resolved: references.value, locate };
  const { problems: invalid, paths } = findSchemaProblems(document);
  const problems = withoutConsequences(references.problems, invalid);
  const config = withoutPaths(references.value, paths);
  if (Value.Check(ConfigSchema, config)) return { loaded: { found, document, config }, problems };
  return {
    loaded: null,
    problems: [...problems, { file: found.file, what: 'is not a valid configuration' }],
  };
}

/** The first problems, and those of the others whose key they do not name: a broken value breaks other rules too. */
export function withoutConsequences(first: readonly Problem[], others: readonly Problem[]): Problem[] {
  const named = new Set(first.map((problem) => problem.key));
  return [...first, ...others.filter(({ key }) => key === undefined || !named.has(key))];
}

async function readNamed(name: string, key: string, sources: FileSources): Promise<FoundFile | Problem> {
  const expanded = /^~(?=\/|$)/.test(name) ? join(sources.home, name.slice(1)) : name;
  const path = isAbsolute(expanded) ? expanded : join(sources.cwd, expanded);
  const source = await readOr(path, sources.read);
  if (typeof source === 'string') return { file: name, path, source, discovered: false };
  const allowed = 'the path of a readable file';
  return { key, ...(source ?? { what: 'there is no such file' }), found: JSON.stringify(name), allowed };
}

async function readOr(path: string, read: ReadFile): Promise<string | null | Pick<Problem, 'what'>> {
  try {
    return await read(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return { what: `the file cannot be read${code}` };
  }
}

/** What is wrong with a line that opens a table which was there before; null for any other line. */
function secondTable(lines: readonly string[], line: number): Omit<Problem, 'file' | 'line'> | null {
  const nameOf = (text = '') => /^\s*\[\s*([\w.-]+)\s*\]\s*(?:#.*)?$/.exec(text)?.[1];
  const key = nameOf(lines[line - 1]);
  if (key === undefined) return null;
  const first = lines.findIndex((text) => nameOf(text) === key) + 1;
  if (first === line) return null;
  return { key, what: 'is there twice', allowed: 'each table once', hint: `the first is in line ${first}` };
}

/** Only the first line of the parser's message: the ones below quote the file, secrets included. */
function syntaxProblem(file: string, source: string, error: unknown): Problem {
  if (!(error instanceof TomlError)) return { file, what: 'is not TOML' };
  const twice = secondTable(source.split('\n'), error.line);
  if (twice !== null) return { file, line: error.line, ...twice };
  const message = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
  return { file, line: error.line, key: `column ${error.column}`, what: `not TOML: ${message}` };
}
