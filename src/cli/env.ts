import { basename } from 'node:path';
import { clientCredentialVariables, PLACEHOLDER } from '../auth/credential.ts';
import type { Configured } from '../config/build.ts';
import type { UpstreamStatus } from '../server/status.ts';
import { baseUrl } from './address.ts';
import { ENTRY_HINT, isLetIn } from './entry.ts';
import { EXIT, Exit } from './exit.ts';
import { isAnotherUsers } from './listener-owner.ts';
import { findRunning, meant, type Running, reachable, readStatus, tokenOf } from './running.ts';
import type { CommonFlags } from './sources.ts';

/** Shells for which `env` prints lines. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell', 'json'] as const;
export type Shell = (typeof SHELLS)[number];

/** Variables to set (a value) or to remove (null). */
export type Changes = Record<string, string | null>;

type Environment = Readonly<Record<string, string | undefined>>;

/** What `env` sets. */
export interface EnvFacts {
  /** Where ccproxy is reached: `http://localhost:3456`. */
  url: string;
  /** Whether some upstream takes the client's own credential. */
  takesClientCredential: boolean;
  /** Whether it lets in who presents what the environment has. */
  isLetIn: boolean;
}

/** What `env` sets, and what the user is to know of whoever is reached. */
export interface Reached extends EnvFacts {
  warnings: readonly string[];
}

/** The client cannot reach a local port through a proxy; these are its names. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** Variables that point Claude Code at ccproxy. */
export function changesOn(
  { url, takesClientCredential, isLetIn: isIn }: EnvFacts,
  env: Environment,
): Changes {
  const changes: Changes = { ANTHROPIC_BASE_URL: url };
  if (PROXIES.some((name) => env[name] || env[name.toLowerCase()]))
    Object.assign(changes, exceptions(url, env));
  const hasCredential = clientCredentialVariables.some((name) => env[name] && env[name] !== PLACEHOLDER);
  // Where one of its tokens is asked for first, a placeholder would only be refused.
  if (isIn && !takesClientCredential && !hasCredential) changes.ANTHROPIC_AUTH_TOKEN = PLACEHOLDER;
  return changes;
}

/**
 * NO_PROXY with this machine in it, after what stands there. Where it is written in lower case it is written so again, as
 * well: programs differ in which of the two they read first.
 */
function exceptions(url: string, env: Environment): Changes {
  const names = [env.NO_PROXY, env.no_proxy].flatMap((list) => list?.split(/[\s,]+/).filter(Boolean) ?? []);
  // A star alone excepts everything; beside other names it means nothing.
  const own = names.includes('*')
    ? ['*']
    : [...names, ...LOOPBACK, new URL(url).hostname.replace(/[[\]]/g, '')];
  const value = [...new Set(own)].join(',');
  return env.no_proxy ? { NO_PROXY: value, no_proxy: value } : { NO_PROXY: value };
}

/** Takes them back; a credential stays, a placeholder goes. */
export function changesOff(env: Environment): Changes {
  const changes: Changes = { ANTHROPIC_BASE_URL: null };
  for (const name of ['ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_API_KEY']) {
    if (env[name] === PLACEHOLDER) changes[name] = null;
  }
  return changes;
}

/**
 * The changes as lines that the shell evaluates, or as one JSON object. fish's `eval (ccproxy env)` joins lines with
 * spaces, so there each ends by itself.
 */
export function render(changes: Changes, shell: Shell): string {
  if (shell === 'json') return JSON.stringify(changes, null, 2);
  return Object.entries(changes)
    .map(([name, value]) => (value === null ? unset(name, shell) : set(name, value, shell)))
    .join('\n');
}

function set(name: string, value: string, shell: Exclude<Shell, 'json'>): string {
  const plain = /^[\w.:/,@%+=-]+$/.test(value);
  if (shell === 'powershell') return `$env:${name} = '${value.replaceAll("'", "''")}'`;
  if (shell === 'fish') return `set -gx ${name} ${plain ? value : `'${value.replace(/[\\']/g, '\\$&')}'`};`;
  return `export ${name}=${plain ? value : `'${value.replaceAll("'", "'\\''")}'`}`;
}

function unset(name: string, shell: Exclude<Shell, 'json'>): string {
  if (shell === 'powershell') return `Remove-Item Env:${name} -ErrorAction SilentlyContinue`;
  return shell === 'fish' ? `set -e ${name};` : `unset ${name}`;
}

/**
 * The shell to print for: the one asked for, or the user's.
 * @throws Exit 2 for one there are no lines for.
 */
export function shellOf(asked: string | undefined, env: Environment): Shell {
  if (asked !== undefined) {
    const known = SHELLS.find((shell) => shell === asked);
    if (known === undefined)
      throw new Exit(EXIT.usage, `--shell: found "${asked}"; allowed: ${SHELLS.join(', ')}`);
    return known;
  }
  const name = basename(env.SHELL ?? '');
  return (
    SHELLS.find((shell) => shell === name && shell !== 'json') ??
    (process.platform === 'win32' ? 'powershell' : 'bash')
  );
}

/** From the ccproxy that runs, or else from what one would be made of here. */
export async function envFacts(flags: CommonFlags): Promise<Reached> {
  const { host, port, result } = await meant(flags);
  return factsFrom(result, { host, port }, await findRunning(reachable(host), port));
}

/**
 * The same of what is known already.
 * @param at where the client reaches it.
 */
export async function factsFrom(
  result: Configured,
  at: { host: string; port: number },
  running: Running | null,
): Promise<Reached> {
  // Where tokens are asked for and another user started it, its status is not for us.
  const status = running === null ? null : await readStatus(running).catch(() => null);
  const isIn = await isLetIn(running, result, process.env);
  return {
    url: baseUrl(at.host, at.port),
    takesClientCredential: takesCredential(status?.upstreams ?? null, result),
    isLetIn: isIn,
    warnings: [
      ...(running === null ? [] : ownerWarnings(running, isAnotherUsers(running.port))),
      ...(isIn ? [] : [`the ccproxy on port ${at.port} asks for one of its server.tokens; ${ENTRY_HINT}`]),
    ],
  };
}

/** @param isOthers null: the system does not say whose it is. */
export function ownerWarnings(running: Running, isOthers: boolean | null): string[] {
  const { port } = running;
  if (isOthers === true) return [`the ccproxy on port ${port} is another user's, who sees what passes`];
  if (isOthers === false || tokenOf(running) !== undefined) return [];
  const why = 'if another user started it, they see what passes';
  return [`the ccproxy on port ${port} has no control file in your runtime folder; ${why}`];
}

/** @param running the upstreams of the ccproxy that runs, if that is known. */
function takesCredential(running: readonly UpstreamStatus[] | null, result: Configured): boolean {
  const chain = result.ok ? result.configuration.chain : [];
  if (running === null) return chain.length === 0 || chain.some((one) => one.takesClientCredential);
  return running.some(({ name, provider }) => {
    const same = chain.find((one) => one.name === name && one.provider === provider);
    return provider === 'anthropic' && (same?.takesClientCredential ?? true);
  });
}
