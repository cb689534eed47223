import { realpathSync } from 'node:fs';
import type { Configured } from '../config/build.ts';
import { variable } from '../config/references.ts';
import type { Settings } from '../config/settings.ts';
import type { Status } from '../server/status.ts';
import { fingerprintOf } from './control.ts';
import { isAnotherUsers } from './listener-owner.ts';
import { type Running, readStatus, tokenOf } from './running.ts';
import { type CommonFlags, configured } from './sources.ts';

/** Whether the user has said which chain it is to be: by PROVIDER, or a file by its name. */
export function isNamed({ config }: CommonFlags): boolean {
  return [config, variable(process.env, 'CCPROXY_CONFIG'), variable(process.env, 'PROVIDER')].some(
    (name) => name !== undefined,
  );
}

/**
 * Says why a ccproxy that runs is not for a command; null: nothing speaks against it. Asked of every one before it is taken: the one
 * that listens there may be another than a moment ago.
 * @param result the configuration that the command would have, made without its keys
 */
export function wanted(flags: CommonFlags, result: Configured): (running: Running) => Promise<string | null> {
  /** A keychain may have to be asked, and is asked once. */
  let own: Promise<Configured> | null = null;

  return async (running) => {
    if (isAnotherUsers(running.port) === true) return "is another user's, who could see what passes";
    if (!result.ok || !isNamed(flags)) return null;
    const status = await readStatus(running).catch(() => null);
    if (status === null) return 'does not tell its chain';
    const { settings, chain } = result.configuration;
    if (namesOf(status.upstreams) !== namesOf(chain)) return `has the chain ${namesOf(status.upstreams)}`;
    if (!isSameSource(status, settings)) return `has its chain from ${sourceOf(status)}`;
    own ??= configured(flags);
    return (await isAsConfigured(running, await own)) ? null : OTHERWISE;
  };
}

const OTHERWISE = 'is configured otherwise (a key, a model, an address or a setting)';

/** What cannot be told is nothing against it: of one that does not say, and where a key is missing here that it has. */
async function isAsConfigured(running: Running, own: Configured): Promise<boolean> {
  const token = tokenOf(running);
  if (token === undefined || !own.ok) return true;
  const theirs = await fingerprintOf(running).catch(() => null);
  return theirs === null || theirs === own.configuration.fingerprint(token);
}

function isSameSource({ mode, config }: Status, { mode: ownMode, configPath }: Settings): boolean {
  return mode === ownMode && fileAt(config.path) === fileAt(configPath);
}

/** One file can be reached by many paths. */
function fileAt(path: string | null): string | null {
  try {
    return path === null ? null : realpathSync(path);
  } catch {
    return path;
  }
}

function sourceOf({ mode, config }: Status): string {
  return config.path ?? (mode === 'emergency' ? 'PROVIDER' : 'the keys of its environment');
}

/** The upstreams of a chain, as people read it. */
export function namesOf(upstreams: readonly { name: string }[]): string {
  return upstreams.map(({ name }) => name).join(', ');
}
