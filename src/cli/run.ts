import { existsSync } from 'node:fs';
import type { Configuration, Configured } from '../config/build.ts';
import { describeProblems } from '../config/problem.ts';
import { variable } from '../config/references.ts';
import type { Status } from '../server/status.ts';
import { findProgram, runChild } from './child.ts';
import { changesOn, factsFrom } from './env.ts';
import { EXIT, Exit } from './exit.ts';
import { type Kept, keepCcproxy, type Place } from './keep.ts';
import { isAnotherUsers } from './listener-owner.ts';
import { tell } from './print.ts';
import { runLogPath } from './run-log.ts';
import { findRunning, type Meant, meant, type Running, reachable, readStatus, tokenOf } from './running.ts';
import { type CommonFlags, homeFolder } from './sources.ts';
import { stateFolder } from './state-folder.ts';

/** How long it may take to end before the user is told what it waits for. */
const PATIENCE_MS = 1000;
const IMPATIENCE = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const WAITING = 'ccproxy: waiting for the answers that others still get from it (Ctrl-C does not)';

/**
 * `ccproxy run CMD…`: runs a command that reaches Anthropic through ccproxy, and only that command. Uses the ccproxy that runs, or
 * starts one for as long as somebody's command needs it.
 * @returns the command's exit code.
 * @throws Exit 127 and 126 for a command that cannot be run, 2 for a configuration that is not valid, 1 for a port that is taken.
 */
export async function run(flags: CommonFlags, words: readonly string[]): Promise<number> {
  const program = findProgram(words[0] ?? '');
  const there = await meant(flags);
  const { result } = there;
  const place = await placeFor(flags, there);
  const log = runLogPath(stateFolder(process.env, homeFolder(), process.platform), place.port);
  const kept = await keepCcproxy({ flags, place, log });
  try {
    const at = { host: place.host, port: kept.running.port };
    await introduce(kept, result, log);
    const changes = changesOn(await factsFrom(result, at, kept.running), process.env);
    return await runChild(program, words, { ...process.env, ...withoutNull(changes) });
  } finally {
    await letGo(kept);
  }
}

/**
 * Where the command's ccproxy is, or is to be. One that runs is used, unless it is another user's, who would see what passes, or has
 * another chain than the one that is named here (by PROVIDER, or a file): then the command gets its own, on a free port.
 * @throws Exit 2 for a configuration that is not valid, where it is needed.
 */
async function placeFor(flags: CommonFlags, { host, port, result }: Meant): Promise<Place> {
  const running = await findRunning(reachable(host), port);
  const objection = running === null ? null : await objectionTo(running, flags, result);
  if (!result.ok && (running === null || objection !== null || isNamed(flags))) {
    throw new Exit(EXIT.usage, describeProblems(result.problems));
  }
  if (objection === null || !result.ok) return { host, port };
  const own = namesOf(result.configuration.chain);
  tell(`ccproxy: the ccproxy on port ${port} ${objection}; the command gets one of its own with ${own}`);
  return { host, port: 0 };
}

/** Why a ccproxy that runs is not for this command; null: nothing speaks against it. */
async function objectionTo(running: Running, flags: CommonFlags, result: Configured): Promise<string | null> {
  if (isAnotherUsers(running.port) === true) return "is another user's, who could see what passes";
  if (!result.ok || !isNamed(flags)) return null;
  const status = await readStatus(running).catch(() => null);
  if (status === null) return 'does not tell its chain';
  return hasChain(status, result.configuration) ? null : `has the chain ${namesOf(status.upstreams)}`;
}

function isNamed({ config }: CommonFlags): boolean {
  return [config, variable(process.env, 'CCPROXY_CONFIG'), variable(process.env, 'PROVIDER')].some(
    (name) => name !== undefined,
  );
}

function hasChain({ mode, config, upstreams }: Status, { settings, chain }: Configuration): boolean {
  return (
    mode === settings.mode && config.path === settings.configPath && namesOf(upstreams) === namesOf(chain)
  );
}

function namesOf(upstreams: readonly { name: string }[]): string {
  return upstreams.map(({ name }) => name).join(', ');
}

/** Says what a user has to know before the command has the terminal. Programs that read stderr are told no more than warnings. */
async function introduce({ running, isStarted }: Kept, result: Configured, log: string): Promise<void> {
  const remarks = [];
  if (isStarted && result.ok) {
    const { notices, warnings, chain } = result.configuration;
    remarks.push(...notices, ...warnings.map((warning) => `warning: ${warning}`));
    if (process.stderr.isTTY) {
      const file = existsSync(log) ? `; its log: ${log}` : '';
      remarks.push(
        `listening on port ${running.port} while the command runs; chain: ${namesOf(chain)}${file}`,
      );
    }
  } else if (!isStarted) {
    if (tokenOf(running) === undefined && isAnotherUsers(running.port) === null)
      remarks.push(`warning: ${notOurs(running)}`);
    const status = process.stderr.isTTY ? await readStatus(running).catch(() => null) : null;
    if (status !== null)
      remarks.push(`using the ccproxy on port ${running.port}; chain: ${namesOf(status.upstreams)}`);
  }
  for (const remark of remarks) tell(`ccproxy: ${remark}`);
}

function notOurs({ port }: Running): string {
  return `the ccproxy on port ${port} has no control file in your runtime folder; if another user started it, they see what passes`;
}

function withoutNull(changes: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** Waits for others whose answers still run; a signal ends the wait, and nothing but it. */
async function letGo(kept: Kept): Promise<void> {
  const enough = new AbortController();
  const stop = () => enough.abort();
  for (const signal of IMPATIENCE) process.on(signal, stop);
  const timer = setTimeout(() => tell(WAITING), PATIENCE_MS);
  const impatient = new Promise<void>((resolve) => enough.signal.addEventListener('abort', () => resolve()));
  await Promise.race([kept.release(enough.signal), impatient]);
  clearTimeout(timer);
  for (const signal of IMPATIENCE) process.off(signal, stop);
}
