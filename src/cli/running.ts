import type { Configured } from '../config/build.ts';
import { describeProblems } from '../config/problem.ts';
import { DEFAULT_SERVER } from '../config/settings.ts';
import type { Status } from '../server/status.ts';
import { EXIT, Exit } from './exit.ts';
import { instancePorts, readInstance } from './instance.ts';
import { describeSilent } from './silent.ts';
import { type CommonFlags, surveyed } from './sources.ts';

/** How long a ccproxy of this machine may take to answer a command. */
const ANSWER_MS = 5000;
/** How long it may take to say that it is one: it does so at once, and another program may never answer. */
const HELLO_MS = 1000;

/** A ccproxy that answered on a port. */
export interface Running {
  port: number;
  host: string;
  instance: string;
  version: string;
}

/** The host and port that a command means. */
export interface Meant {
  host: string;
  port: number;
  /** The configuration that says so, or would. */
  result: Configured;
}

/**
 * The host and port that a command means: by flag, environment, configuration or default. Where a mistake in the file hides
 * them, the ones of the only ccproxy that the user has running: it may be there with the file as it was.
 */
export async function meant(flags: CommonFlags): Promise<Meant> {
  const result = await surveyed(flags);
  const { host, port } = result.ok ? result.configuration.settings.server : (result.server ?? DEFAULT_SERVER);
  if (result.ok || result.server !== undefined) return { host, port, result };
  const { CCPROXY_HOST, CCPROXY_PORT } = process.env;
  const named = flags.port ?? (CCPROXY_PORT || undefined);
  const meantHost = flags.host ?? (CCPROXY_HOST || host);
  const only = named === undefined ? await onlyPort(reachable(meantHost)) : Number(named);
  return { host: meantHost, port: only ?? port, result };
}

async function onlyPort(host: string): Promise<number | null> {
  const found = await Promise.all(instancePorts().map((port) => findRunning(host, port)));
  const [one, ...others] = found.filter((running) => running !== null);
  return one !== undefined && others.length === 0 ? one.port : null;
}

/** An address that can be connected to, for one that is listened on. */
export function reachable(host: string): string {
  if (host === 'localhost' || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** The ccproxy that listens there, or null when nothing or something else does. */
export async function findRunning(host: string, port: number): Promise<Running | null> {
  try {
    const response = await ask(`http://${host}:${port}/health`, { method: 'GET' }, HELLO_MS);
    const { instance, version } = (await response.json()) as Partial<Record<string, unknown>>;
    return typeof instance === 'string' && typeof version === 'string'
      ? { host, port, instance, version }
      : null;
  } catch {
    return null;
  }
}

/**
 * The ccproxy that a command is for.
 * @throws Exit 3 when there is none, or it does not answer.
 */
export async function requireRunning(flags: CommonFlags): Promise<Running> {
  const { host, port, result } = await meant(flags);
  const running = await findRunning(reachable(host), port);
  if (running !== null) return running;
  const silent = await describeSilent(reachable(host), port);
  if (silent !== null) throw new Exit(EXIT.notRunning, silent);
  const why = result.ok ? '' : `; the configuration has mistakes:\n${describeProblems(result.problems)}`;
  throw new Exit(EXIT.notRunning, `no ccproxy is running on port ${port}${why}`);
}

/** Its status. */
export async function readStatus(running: Running): Promise<Status> {
  return (await control(running, '/status', { method: 'GET' })).json() as Promise<Status>;
}

/**
 * Asks with the control token, if the file with it is of that very instance: whatever else listens there must not see it.
 * @throws Exit 1 when it refuses, 3 when it is gone.
 */
export async function control(
  running: Running,
  path: string,
  request: { method: string; body?: string },
): Promise<Response> {
  const { host, port } = running;
  const token = tokenOf(running);
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const response = await ask(`http://${host}:${port}${path}`, { ...request, headers }, ANSWER_MS).catch(
    () => {
      throw new Exit(EXIT.notRunning, `the ccproxy on port ${port} does not answer any more`);
    },
  );
  if (response.ok) return response;
  if (token === undefined && response.status === 401) {
    const why =
      'its control file is not in your runtime folder: another user started it, or it could not be written';
    throw new Exit(EXIT.failed, `ccproxy on port ${port} refused: ${why}`);
  }
  throw new Exit(EXIT.failed, `ccproxy on port ${port} refused: ${await refusal(response)}`);
}

/** Whether a client that presents these headers gets past its `server.tokens`. True where that cannot be told. */
export async function letsIn({ host, port }: Running, headers: Record<string, string>): Promise<boolean> {
  const request = { method: 'HEAD', headers };
  const response = await ask(`http://${host}:${port}/v1/models`, request, ANSWER_MS).catch(() => null);
  return response?.status !== 401;
}

/** Its control token, if this user may control it. */
export function tokenOf({ port, instance }: Pick<Running, 'port' | 'instance'>): string | undefined {
  const file = readInstance(port);
  return file?.instance === instance ? file.token : undefined;
}

async function refusal(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  return body?.error?.message ?? `status ${response.status}`;
}

function ask(url: string, request: RequestInit, limitMs: number): Promise<Response> {
  return fetch(url, {
    ...request,
    proxy: false,
    redirect: 'manual',
    signal: AbortSignal.timeout(limitMs),
  } as RequestInit);
}
