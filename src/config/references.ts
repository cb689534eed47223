import { dirname, isAbsolute, join } from 'node:path';
import { type KeyPath, keyText } from './key-path.ts';
import type { Locate } from './locate.ts';
import type { Problem } from './problem.ts';
import { looksLikeSecret } from './secret-text.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A file's text, or null when there is none; throws when it cannot be read. */
export type ReadFile = (path: string) => Promise<string | null>;

/** A secret of the system's keychain, or null when it gives none of that name; throws `NoKeychain` when it cannot be asked. */
export type ReadSecret = (name: string) => Promise<string | null>;

/** Why the keychain cannot be asked, in words without any secret. */
export class NoKeychain extends Error {}

/** What references are resolved from. */
export interface ReferenceSources {
  env: Environment;
  read: ReadFile;
  keychain: ReadSecret;
  /** The user's home folder, for `~`. Absolute. */
  home: string;
  /** The absolute path of the configuration file: relative paths start at its folder. */
  configPath: string;
  /** A file that was only found, not named, may not read other files or the keychain. */
  discovered: boolean;
  /** What stands for whatever is not there: a rehearsal needs no secrets. */
  placeholder?: string;
  /** Told the absolute path of every file that a reference names, whether it is there or not. */
  refers?(path: string): void;
}

const REFERENCE = /\$\{([^}]*)\}/g;
const NAME = `"\${NAME}" of the environment`;
const SECRETLESS = `${NAME} or "\${file:PATH}"`;
const KINDS = `${NAME}, "\${file:PATH}" or "\${keychain:NAME}"`;

/** What a secret of the keychain may be called. */
const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._@/-]{0,127}$/;
/** `SECRET_NAME` in words. */
export const SECRET_NAME_WORDS =
  'a name of letters, digits, ".", "_", "@", "/" and "-" that looks like no key';

/** An environment variable's value; an empty one counts as absent. */
export function variable(env: Environment, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return value === undefined || value.trim() === '' ? undefined : value;
}

/** Whether a string holds a reference. */
export function hasReference(text: string): boolean {
  return text.includes(`\${`);
}

/**
 * A copy of a parsed file with every reference inside every string resolved. What cannot be resolved is a problem and
 * stays as it was written; values never get into a message.
 */
export async function resolveReferences(
  root: unknown,
  file: string,
  locate: Locate,
  sources: ReferenceSources,
): Promise<{ value: unknown; problems: Problem[] }> {
  const problems: Problem[] = [];
  const visit = async (value: unknown, path: KeyPath): Promise<unknown> => {
    if (typeof value === 'string') return resolveText(value, path);
    if (Array.isArray(value)) return Promise.all(value.map((item, index) => visit(item, [...path, index])));
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    const entries = Object.entries(value).map(async ([key, item]) => [
      key,
      await visit(item, [...path, key]),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  };
  const resolveText = async (text: string, path: KeyPath): Promise<string> => {
    let resolved = '';
    let from = 0;
    for (const match of text.matchAll(REFERENCE)) {
      const result = await resolveOr(match[1] ?? '', sources);
      if ('value' in result) {
        resolved += text.slice(from, match.index) + result.value;
      } else {
        const line = locate(path);
        problems.push({
          file,
          ...(line !== undefined && { line }),
          key: keyText(path),
          found: shown(match[0]),
          ...result,
        });
        resolved += text.slice(from, match.index + match[0].length);
      }
      from = match.index + match[0].length;
    }
    const rest = text.slice(from);
    if (hasReference(rest)) {
      const line = locate(path);
      const place = { file, ...(line !== undefined && { line }), key: keyText(path) };
      problems.push({ ...place, what: 'a reference without its closing brace', allowed: KINDS });
    }
    return resolved + rest;
  };
  return { value: await visit(root, []), problems };
}

/** Whether a secret of the keychain may be called that; a key that was pasted in a name's place is none. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !looksLikeSecret(name);
}

/** A key that was pasted where a name belongs is not repeated. */
function shown(reference: string): string {
  const secret = /^\$\{keychain:(.*)\}$/s.exec(reference)?.[1];
  if (secret !== undefined) return isSecretName(secret) ? reference : 'another name';
  return isMaybeKey(reference.slice(2, -1)) ? 'something that is not the name of a variable' : reference;
}

/** Longer than most names, and not spelt like one. */
function isMaybeKey(name: string): boolean {
  return name.length >= 16 && !/^(?:[A-Z_][A-Z0-9_]*$|file:|keychain:)/.test(name);
}

/** Only what refers to something; what is no reference is wrong in a rehearsal as well. */
async function resolveOr(reference: string, sources: ReferenceSources): Promise<Resolution> {
  const { placeholder } = sources;
  const resolution = await resolveOne(reference, sources);
  const isReference = NAMED.test(reference) || /^(?:file|keychain):/.test(reference);
  const mayBeMissing = placeholder !== undefined && isReference && !('hint' in resolution);
  return mayBeMissing && !('value' in resolution) ? { value: placeholder } : resolution;
}

const NAMED = /^[A-Za-z_][A-Za-z0-9_]*$/;

type Resolution = { value: string } | Pick<Problem, 'what' | 'allowed' | 'hint'>;

async function resolveOne(reference: string, sources: ReferenceSources): Promise<Resolution> {
  const kind = /^(file|keychain):/.exec(reference)?.[1];
  if (kind !== undefined && sources.discovered) {
    return {
      what: `a discovered ccproxy.toml may not use \${${kind}:…}`,
      allowed: NAME,
      hint: 'name the file to trust it: --config ./ccproxy.toml',
    };
  }
  if (kind === 'keychain') return readSecret(reference.slice('keychain:'.length), sources);
  if (kind === 'file') return readReference(reference.slice('file:'.length), sources);
  if (!NAMED.test(reference)) return { what: 'not a reference', allowed: KINDS };
  const value = variable(sources.env, reference);
  if (value !== undefined) return { value };
  return {
    what: `the environment variable ${isMaybeKey(reference) ? 'it names' : reference} is not set`,
    allowed: 'a variable that is set and not empty',
  };
}

async function readSecret(name: string, { keychain, placeholder }: ReferenceSources): Promise<Resolution> {
  if (!isSecretName(name))
    return { what: 'not a name for a secret of the keychain', allowed: SECRET_NAME_WORDS };
  // Whoever can do without is not made to answer what a keychain asks.
  if (placeholder !== undefined) return { value: placeholder };
  let secret: string | null;
  try {
    secret = await keychain(name);
  } catch (error) {
    if (!(error instanceof NoKeychain)) throw error;
    return { what: error.message, allowed: SECRETLESS };
  }
  const value = secret?.trim() ?? '';
  if (value !== '') return { value };
  const hint = `to store one: ccproxy secret set ${name}`;
  return { what: 'the keychain has no such secret, or is locked', allowed: SECRETLESS, hint };
}

async function readReference(path: string, sources: ReferenceSources): Promise<Resolution> {
  const expanded = /^~(?=\/|$)/.test(path) ? join(sources.home, path.slice(1)) : path;
  const absolute = isAbsolute(expanded) ? expanded : join(dirname(sources.configPath), expanded);
  sources.refers?.(absolute);
  const allowed = 'a readable file that is not empty';
  let content: string | null;
  try {
    content = await sources.read(absolute);
  } catch {
    return { what: 'the file cannot be read', allowed };
  }
  if (content === null) return { what: 'there is no such file', allowed };
  const value = content.trim();
  return value === '' ? { what: 'the file is empty', allowed } : { value };
}
