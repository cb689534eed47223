import { Value } from '@sinclair/typebox/value';
import { parse, TomlError } from 'smol-toml';
import type { Document } from './document.ts';
import { findSchemaProblems } from './explain.ts';
import type { FileSources, FoundFile } from './find-file.ts';
import { keyText, withoutPaths } from './key-path.ts';
import { locateKeys } from './locate.ts';
import type { Problem } from './problem.ts';
import { resolveReferences } from './references.ts';
import { type ConfigFile, ConfigSchema } from './schema.ts';

/** A validated file with the places of its keys. */
export interface LoadedFile {
  found: FoundFile;
  document: Document;
  config: ConfigFile;
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

/** What is wrong with a line that opens a table which was there before; null for any other line. */
function secondTable(lines: readonly string[], line: number): Omit<Problem, 'file' | 'line'> | null {
  const nameOf = (text = '') => /^\s*\[\s*([\w.-]+)\s*\]\s*(?:#.*)?$/.exec(text)?.[1];
  const key = nameOf(lines[line - 1]);
  if (key === undefined) return null;
  const first = lines.findIndex((text) => nameOf(text) === key) + 1;
  if (first === line) return null;
  return {
    key: keyText(key.split('.')),
    what: 'is there twice',
    allowed: 'each table once',
    hint: `the first is in line ${first}`,
  };
}

/** Only the first line of the parser's message: the ones below quote the file, secrets included. */
function syntaxProblem(file: string, source: string, error: unknown): Problem {
  if (!(error instanceof TomlError)) return { file, what: 'is not TOML' };
  const twice = secondTable(source.split('\n'), error.line);
  if (twice !== null) return { file, line: error.line, ...twice };
  const message = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
  return { file, line: error.line, key: `column ${error.column}`, what: `not TOML: ${message}` };
}
