import { existsSync } from 'node:fs';
import type { Configured } from '../config/build.ts';
import { describeProblems } from '../config/problem.ts';
import { findProgram, runChild } from './child.ts';
import { changesOn, factsFrom } from './env.ts';
import { EXIT, Exit } from './exit.ts';
import { namedDescriptors } from './handed-on.ts';
import { type Kept, keepCcproxy, type Unwanted } from './keep.ts';
import { tell } from './print.ts';
import { runLogPath } from './run-log.ts';
import { findRunning, meant, reachable, readStatus } from './running.ts';
import { ignoredSignals } from './signals.ts';
import { type CommonFlags, homeFolder } from './sources.ts';
import { stateFolder } from './state-folder.ts';
import { isNamed, namesOf, wanted } from './wanted.ts';

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
  const given = { descriptors: namedDescriptors(words), ignored: ignoredSignals() };
  const program = findProgram(words[0] ?? '');
  const { host, port, result } = await meant(flags);
  if (!result.ok && (isNamed(flags) || (await findRunning(reachable(host), port)) === null)) {
    throw new Exit(EXIT.usage, describeProblems(result.problems));
  }
  const state = stateFolder(process.env, homeFolder(), process.platform);
  const remarks = createRemarks();
  const kept = await keepCcproxy({
    flags,
    place: { host, port },
    log: (at) => runLogPath(state, at),
    objectionTo: wanted(flags, result),
    evaded: (unwanted) => tell(ownInstead(unwanted, result)),
    intruded: (unwanted) => remarks.add(intrusion(unwanted)),
  });
  try {
    const at = { host, port: kept.running.port };
    const reached = await factsFrom(result, at, kept.running);
    await introduce(kept, result, reached.warnings);
    const changes = changesOn(reached, process.env);
    return await runChild(program, words, { ...process.env, ...withoutNull(changes) }, given);
  } finally {
    remarks.flush();
    await letGo(kept, given.ignored);
  }
}

/** @throws Exit 2 for a configuration that is not valid: then the command can have no ccproxy of its own. */
function ownInstead({ running, objection }: Unwanted, result: Configured): string {
  if (!result.ok) throw new Exit(EXIT.usage, describeProblems(result.problems));
  const own = namesOf(result.configuration.chain);
  return `ccproxy: the ccproxy on port ${running.port} ${objection}; the command gets one of its own with ${own}`;
}

/** The command knows its address and cannot be told another. */
function intrusion({ running, objection }: Unwanted): string {
  const what = `the ccproxy of this command is gone, and the one that is on port ${running.port} now ${objection}`;
  return `ccproxy: warning: ${what}: it got the command's requests from then on, until it ended`;
}

/** What is to be said while the command runs: at once, unless that would write into its screen. */
function createRemarks(): { add(line: string): void; flush(): void } {
  const later: string[] = [];
  return {
    add: (line) => (process.stderr.isTTY ? void later.push(line) : tell(line)),
    flush() {
      for (const line of later.splice(0)) tell(line);
    },
  };
}

/** Says what a user has to know before the command has the terminal. Programs that read stderr are told no more than warnings. */
async function introduce({ running, log }: Kept, result: Configured, more: readonly string[]): Promise<void> {
  const remarks = [];
  if (log !== null && result.ok) {
    const { notices, warnings, chain } = result.configuration;
    remarks.push(...notices, ...warnings.map((warning) => `warning: ${warning}`));
    if (process.stderr.isTTY) {
      const file = existsSync(log) ? `; its log: ${log}` : '';
      remarks.push(
        `listening on port ${running.port} while the command runs; chain: ${namesOf(chain)}${file}`,
      );
    }
  } else if (log === null) {
    const status = process.stderr.isTTY ? await readStatus(running).catch(() => null) : null;
    if (status !== null)
      remarks.push(`using the ccproxy on port ${running.port}; chain: ${namesOf(status.upstreams)}`);
  }
  remarks.push(...more.map((warning) => `warning: ${warning}`));
  for (const remark of remarks) tell(`ccproxy: ${remark}`);
}

function withoutNull(changes: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(changes).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** Waits for others whose answers still run; a signal ends the wait, and nothing but it. */
async function letGo(kept: Kept, ignored: readonly string[]): Promise<void> {
  const enough = new AbortController();
  const stop = () => enough.abort();
  const signals = IMPATIENCE.filter((signal) => !ignored.includes(signal));
  for (const signal of signals) process.on(signal, stop);
  const timer = setTimeout(() => tell(WAITING), PATIENCE_MS);
  const impatient = new Promise<void>((resolve) => enough.signal.addEventListener('abort', () => resolve()));
  await Promise.race([kept.release(enough.signal), impatient]);
  clearTimeout(timer);
  for (const signal of signals) process.off(signal, stop);
}
