import { control, type Running } from './running.ts';

/** What a command has changed: for people, and as the JSON document that `--json` prints. */
export interface Changed {
  words: string;
  document: unknown;
}

/** Asks it to drain and end. */
export async function askToStop(running: Running): Promise<Changed> {
  await post(running, 'stop', {});
  return { words: 'ccproxy is stopping', document: { stopping: true, port: running.port } };
}

/**
 * Has an upstream asked first; `auto` undoes it.
 * @throws Exit 1 for one that does not exist, or is held out.
 */
export async function useUpstream(running: Running, upstream: string): Promise<Changed> {
  const document = await post<{ preferred: string | null }>(running, 'use', { upstream });
  const words =
    document.preferred === null
      ? 'the upstreams are asked in the order of the chain'
      : `${document.preferred} is asked first; to undo it: ccproxy use auto`;
  return { words, document };
}

/**
 * Holds an upstream out.
 * @throws Exit 1 for one that does not exist.
 */
export async function isolateUpstream(running: Running, upstream: string): Promise<Changed> {
  const document = await post<{ isolated: string }>(running, 'isolate', { upstream });
  return {
    words: `${document.isolated} is not asked; to undo it: ccproxy reset ${document.isolated}`,
    document,
  };
}

/**
 * Forgets what is held against one upstream, or against all.
 * @throws Exit 1 for one that does not exist.
 */
export async function resetUpstream(running: Running, upstream?: string): Promise<Changed> {
  const document = await post<{ reset: string[] }>(
    running,
    'reset',
    upstream === undefined ? {} : { upstream },
  );
  return { words: `nothing is held against ${document.reset.join(', ')} any more`, document };
}

/**
 * The fingerprint of its configuration, by its control token.
 * @throws Exit 1 for one of an earlier version.
 */
export async function fingerprintOf(running: Running): Promise<string> {
  return (await post<{ fingerprint: string }>(running, 'fingerprint', {})).fingerprint;
}

async function post<T>(running: Running, command: string, body: unknown): Promise<T> {
  const answer = await control(running, `/admin/api/${command}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return answer.json() as Promise<T>;
}
