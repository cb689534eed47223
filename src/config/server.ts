import { PLACEHOLDER } from '../auth/credential.ts';
import { isLoopback } from '../core/loopback.ts';
import { badHeaderValue } from './credential.ts';
import { placeOf, showValue } from './document.ts';
import type { LoadedFile } from './load.ts';
import type { Place, Problem } from './problem.ts';
import { type Environment, variable } from './references.ts';
import { DEFAULT_SERVER, type ServerSettings } from './settings.ts';
import { parseSize } from './size.ts';
import { readDuration } from './times.ts';

/** What the command line says about the listener. */
export interface ListenFlags {
  host?: string;
  port?: string | number;
}

/** `[server]`; the environment (`CCPROXY_HOST`, `CCPROXY_PORT`) beats it, and flags beat that. */
export function readServer(
  file: LoadedFile | null,
  env: Environment,
  flags: ListenFlags,
  problems: Problem[],
): ServerSettings {
  const table = file?.config.server ?? {};
  const at = (key: string): Place => (file === null ? { key } : placeOf(file.document, ['server', key]));
  const tokens = table.tokens ?? [];
  tokens.forEach((token, index) => {
    if (file !== null) checkToken(token, placeOf(file.document, ['server', 'tokens', index]), problems);
  });
  if (table.admin_token !== undefined) checkToken(table.admin_token, at('admin_token'), problems);
  for (const [index, host] of (table.allowed_hosts ?? []).entries()) {
    if (file === null || /^[a-z0-9._-]+(?::\d+)?$|^\[[0-9a-f:.]+\]$/i.test(host)) continue;
    const path = ['server', 'allowed_hosts', index];
    const found = showValue(file.document, path);
    problems.push({
      ...placeOf(file.document, path),
      what: 'not a host name',
      found,
      allowed: 'a host name, without a scheme',
    });
  }
  const maxBodyBytes =
    table.max_body === undefined ? DEFAULT_SERVER.maxBodyBytes : (parseSize(table.max_body) ?? 0);
  if (maxBodyBytes === 0) {
    problems.push({
      ...at('max_body'),
      what: 'too small',
      found: `"${table.max_body}"`,
      allowed: 'more than 0 bytes',
    });
  }
  const drain = readDuration(
    table.drain_timeout,
    DEFAULT_SERVER.drainTimeoutMs,
    at('drain_timeout'),
    problems,
    'allowed',
  );
  return {
    host: readHost(file, tokens, at('host'), env, flags, problems),
    port: readPort(table.port, env, flags, problems),
    allowedHosts: (table.allowed_hosts ?? []).map((host) => host.toLowerCase()),
    tokens,
    adminToken: table.admin_token ?? null,
    drainTimeoutMs: drain,
    maxBodyBytes,
  };
}

function readHost(
  file: LoadedFile | null,
  tokens: readonly string[],
  place: Place,
  env: Environment,
  flags: ListenFlags,
  problems: Problem[],
): string {
  const override = flags.host ?? variable(env, 'CCPROXY_HOST');
  const at = override === undefined ? place : { key: flags.host === undefined ? 'CCPROXY_HOST' : '--host' };
  const text = override ?? file?.config.server?.host ?? DEFAULT_SERVER.host;
  const host = text.trim().replace(/^\[(.*)\]$/, '$1');
  const found =
    override === undefined && file !== null
      ? showValue(file.document, ['server', 'host'])
      : /^[\w.:[\]-]{1,60}$/.test(host)
        ? JSON.stringify(host)
        : 'other characters';
  const isName = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(host);
  const isAddress = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*$/i.test(host);
  if (!isName && !isAddress) {
    problems.push({
      ...at,
      what: 'not a host',
      found,
      allowed: 'a host name or address, without scheme and port',
    });
  } else if (!isLoopback(host) && tokens.length === 0) {
    problems.push({
      ...at,
      what: 'a host that is not loopback requires server.tokens',
      found,
      allowed: 'localhost, 127.0.0.0/8 or ::1, or server.tokens in the file',
    });
  }
  return host;
}

function readPort(
  fromFile: number | undefined,
  env: Environment,
  flags: ListenFlags,
  problems: Problem[],
): number {
  const override = flags.port ?? variable(env, 'CCPROXY_PORT');
  const key = flags.port === undefined ? 'CCPROXY_PORT' : '--port';
  const text = String(override ?? fromFile ?? DEFAULT_SERVER.port).trim();
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  const found = /^[\w.+-]{1,20}$/.test(text) ? JSON.stringify(text) : 'something else';
  problems.push({ key, what: 'not a port', found, allowed: 'a whole number from 0 to 65535' });
  return DEFAULT_SERVER.port;
}

function checkToken(token: string, place: Place, problems: Problem[]): void {
  // The placeholder is public: as a token it would let everyone in.
  const bad = token.trim() === PLACEHOLDER ? 'the placeholder' : badHeaderValue(token);
  if (bad === undefined) return;
  problems.push({
    ...place,
    what: 'a token cannot be or hold this',
    found: bad,
    allowed: 'printable ASCII on one line',
  });
}
