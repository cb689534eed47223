import type { Status } from '../server/status.ts';
import { EXIT, Exit } from './exit.ts';
import { readInstance } from './instance.ts';
import { type CommonFlags, configured } from './sources.ts';

/** How long a ccproxy of this machine may take to answer a command. */
const ANSWER_MS = 5000;

/** A ccproxy that answered on a port. */
export interface Running {
  port: number;
  host: string;
  instance: string;
  version: string;
}

/** The host and port that a command means: by flag, environment, configuration or default. */
export async function addressOf(flags: CommonFlags): Promise<{ host: string; port: number }> {
  const result = await configured(flags);
  if (result.ok) {
    const { host, port } = result.configuration.settings.server;
    return { host: reachable(host), port };
  }
  const port = Number(flags.port ?? process.env.CCPROXY_PORT ?? 3456);
  return { host: reachable(flags.host ?? process.env.CCPROXY_HOST ?? 'localhost'), port };
}

/** An address that can be connected to, for one that is listened on. */
function reachable(host: string): string {
  if (host === 'localhost' || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** The ccproxy that listens there, or null when nothing or something else does. */
export async function findRunning(host: string, port: number): Promise<Running | null> {
  try {
    const answer = (await (await ask(host, port, '/health')).json()) as Partial<Record<string, unknown>>;
    const { instance, version } = answer;
    return typeof instance === 'string' && typeof version === 'string'
      ? { host, port, instance, version }
      : null;
  } catch {
    return null;
  }
}

/**
 * The ccproxy that a command is for.
 * @throws Exit 3 when there is none.
 */
export async function requireRunning(flags: CommonFlags): Promise<Running> {
  const { host, port } = await addressOf(flags);
  const running = await findRunning(host, port);
  if (running === null) throw new Exit(EXIT.notRunning, `no ccproxy is running on port ${port}`);
  return running;
}

/** Its status. */
export async function readStatus({ host, port }: Running): Promise<Status> {
  const response = await ask(host, port, '/status');
  if (!response.ok)
    throw new Exit(EXIT.failed, `ccproxy on port ${port} refused: ${await refusal(response)}`);
  return (await response.json()) as Status;
}

/** Asks it to drain and end. */
export async function askToStop({ host, port }: Running): Promise<void> {
  const response = await ask(host, port, '/admin/api/stop', 'POST');
  if (!response.ok)
    throw new Exit(EXIT.failed, `ccproxy on port ${port} refused: ${await refusal(response)}`);
}

async function refusal(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  return body?.error?.message ?? `status ${response.status}`;
}

function ask(host: string, port: number, path: string, method = 'GET'): Promise<Response> {
  const token = readInstance(port)?.token;
  return fetch(`http://${host}:${port}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    proxy: false,
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MS),
    ...(method === 'POST' ? { body: '{}' } : {}),
  } as RequestInit);
}
