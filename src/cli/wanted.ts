import type { Configuration, Configured } from '../config/build.ts';
import { variable } from '../config/references.ts';
import type { Status } from '../server/status.ts';
import { isAnotherUsers } from './listener-owner.ts';
import { type Running, readStatus } from './running.ts';
import type { CommonFlags } from './sources.ts';

/** Whether the user has said which chain it is to be: by PROVIDER, or a file by its name. */
export function isNamed({ config }: CommonFlags): boolean {
  return [config, variable(process.env, 'CCPROXY_CONFIG'), variable(process.env, 'PROVIDER')].some(
    (name) => name !== undefined,
  );
}

/**
 * Why a ccproxy that runs is not for a command; null: nothing speaks against it. Asked of every one before it is taken: the one that
 * listens there may be another than a moment ago.
 * @param result the configuration that the command would have
 */
export async function objectionTo(
  running: Running,
  flags: CommonFlags,
  result: Configured,
): Promise<string | null> {
  if (isAnotherUsers(running.port) === true) return "is another user's, who could see what passes";
  if (!result.ok || !isNamed(flags)) return null;
  const status = await readStatus(running).catch(() => null);
  if (status === null) return 'does not tell its chain';
  return hasChain(status, result.configuration) ? null : `has the chain ${namesOf(status.upstreams)}`;
}

function hasChain({ mode, config, upstreams }: Status, { settings, chain }: Configuration): boolean {
  return (
    mode === settings.mode && config.path === settings.configPath && namesOf(upstreams) === namesOf(chain)
  );
}

/** The upstreams of a chain, as people read it. */
export function namesOf(upstreams: readonly { name: string }[]): string {
  return upstreams.map(({ name }) => name).join(', ');
}
