import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { isatty } from 'node:tty';
import { currentFolder } from './current-folder.ts';
import { Exit } from './exit.ts';
import { closeAll, handedOn } from './handed-on.ts';
import { PASSED_ON, type PassedOn } from './signals.ts';

/** As shells say it: found, and cannot be run; not found. */
const CANNOT_RUN = 126;
const NOT_FOUND = 127;

/** Where every system but Windows has one. */
const SHELL = '/bin/sh';
/** Where a shell looks when PATH is not set. */
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * The program that a command names.
 * @throws Exit 127 when there is none, 126 when it cannot be run.
 */
export function findProgram(name: string): string {
  const isPath = /[/\\]/.test(name);
  const cwd = currentFolder();
  const isNowhere = cwd === null && isPath && !isAbsolute(name);
  const found = isNowhere ? null : Bun.which(name, { PATH: process.env.PATH ?? USUAL_PATH, cwd: cwd ?? '/' });
  if (found !== null) return found;
  if (isPath && existsSync(name)) throw new Exit(CANNOT_RUN, `${name} is not a program that can be run`);
  const hint = isPath
    ? ''
    : '; if it is an alias or a function of your shell, give the path that it stands for';
  throw new Exit(NOT_FOUND, `command not found: ${name}${hint}`);
}

/** What a command has from whoever started this process, beside its streams. */
export interface Given {
  /** Open here and there under the same numbers; closed here once the command has them. */
  descriptors: readonly number[];
  /** Signals that neither of them is to notice. */
  ignored: readonly PassedOn[];
}

/**
 * Runs a program in this one's place: with its terminal, its streams and the signals that are sent to it. It stays in the same
 * process group, so that the terminal and the shell treat both as one job.
 * @returns its exit code, or 128 and the number of the signal that ended it.
 * @throws Exit 127 or 126 when it cannot be run.
 */
export async function runChild(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  given: Given = { descriptors: [], ignored: [] },
): Promise<number> {
  let child: ReturnType<typeof spawn> | null = null;
  // Before there is a command: it may be quick to say that it can be signalled.
  const handlers = PASSED_ON.filter((signal) => !given.ignored.includes(signal)).map((signal) => {
    const handler = () => {
      if (!comesFromTerminal(signal)) child?.kill(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  try {
    child = spawn(program, words, env, given);
    closeAll(given.descriptors);
    return await child.exited;
  } finally {
    for (const remove of handlers) remove();
  }
}

function spawn(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { descriptors, ignored }: Given,
) {
  const [name = program] = words;
  const command = { cmd: [program, ...words.slice(1)], argv0: name };
  try {
    return Bun.spawn({
      ...(ignored.length > 0 && existsSync(SHELL) ? ignoring(ignored, command.cmd) : command),
      env,
      stdio: ['inherit', 'inherit', 'inherit', ...handedOn(descriptors)],
    });
  } catch (error) {
    const { code } = error as { code?: unknown };
    // The file is there: what is missing is the interpreter that its first line names.
    if (code === 'ENOENT')
      throw new Exit(NOT_FOUND, `${name}: the program that is to interpret it is not there`);
    const why = code === 'ENOEXEC' ? 'it is neither a program nor a script with a #! line' : String(code);
    throw new Exit(CANNOT_RUN, `${name} cannot be run: ${why}`);
  }
}

/** Bun has every signal do in a child what it does by default; a shell can be told otherwise, and what it becomes keeps that. */
function ignoring(signals: readonly PassedOn[], cmd: readonly string[]) {
  const names = signals.map((signal) => signal.slice('SIG'.length)).join(' ');
  return { cmd: [SHELL, '-c', `trap '' ${names}; exec "$@"`, 'sh', ...cmd] };
}

/**
 * Ctrl-C and Ctrl-\ are signals to everybody in the terminal's foreground: the command has it already, and a second one would end at
 * once what the first lets finish. Who sent a signal cannot be seen from here; where the terminal could have, it has.
 */
function comesFromTerminal(signal: PassedOn): boolean {
  if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return false;
  return process.platform === 'win32' || ([0, 1, 2].some((stream) => isatty(stream)) && isForeground());
}

/** Where the system does not say (all but Linux), whoever has a terminal is taken to be in its foreground. */
function isForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return true;
  }
}
