import { descriptorOf } from './descriptor.ts';
import { selfCommand } from './self.ts';

/** How many requests Bun lets run at once unless told otherwise; every open stream is one, and so is a probe. */
const USUAL = 256;
const MAX_REQUESTS = 4096;
/** The last of the descriptors that every process is given. */
const STDERR = 2;
const VARIABLE = 'BUN_CONFIG_MAX_HTTP_REQUESTS';
/**
 * By how much the heap may grow before it is collected. JavaScriptCore lets it grow to three times what lives in it: with
 * sixteen streams being translated that is 195 MB of memory, and with this 130 MB, for 3 to 10 % more of processor time.
 */
const GROWTH = { BUN_JSC_heapGrowthMaxIncrease: '1.2' };
/** For probes: beyond the limit they would wait like any request. */
const KEPT_FREE = 56;
/** Upstreams that one request may have open at once: a second one is asked when the first is slow (`hedge`). */
const UPSTREAMS_EACH = 2;

/** How many clients' requests fit, by what Bun was told as it started. ≥ 1. */
export function mostInFlight(environment: Readonly<Record<string, string | undefined>>): number {
  const told = Number(environment[VARIABLE] ?? USUAL);
  const limit = Number.isInteger(told) && told > 0 ? told : USUAL;
  return Math.max(1, Math.floor((limit - KEPT_FREE) / UPSTREAMS_EACH));
}

/**
 * Lets this process have more requests under way, and less garbage. Bun reads both limits from the environment as it starts,
 * so the process becomes a new one in place: same pid, same arguments, and nothing left behind that could hold the port. Where
 * the system cannot do that (Windows) it starts one and waits for its end; whoever kills the first leaves the second, which
 * `stop` ends.
 * Commands that send a request or two go without.
 * @returns the exit code of the process that ran in this one's place; null where this one is to go on
 */
export async function allowManyRequests(): Promise<number | null> {
  const { env, execve, execPath, argv } = process;
  const words = argv.slice(2);
  if (env[VARIABLE] !== undefined || !mayServe(words) || namesDescriptor(words, env)) return null;
  const command = selfCommand(words);
  try {
    if (execve === undefined) return await inItsPlace(command, manyRequests(env));
    execve.call(process, execPath, command, manyRequests(env));
  } catch {
    // Then it stays at what Bun allows.
  }
  return null;
}

/** Whether the configuration comes by a descriptor of this process, as the shell's `<(…)` does: another would not have it. */
export function namesDescriptor(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const paths = [...args.map((word) => word.replace(/^--config=/, '')), env.CCPROXY_CONFIG ?? ''];
  return paths.some((path) => (descriptorOf(path) ?? 0) > STDERR);
}

/** Ctrl-C reaches everybody in the console: the one that serves ends in its own time, and this one after it. */
async function inItsPlace(command: string[], env: Record<string, string>): Promise<number> {
  const patience = () => {};
  process.on('SIGINT', patience);
  const { exited } = Bun.spawn({ cmd: command, env, stdio: ['inherit', 'inherit', 'inherit'] });
  return await exited;
}

/** The environment of a process that may have more requests under way, and leaves less garbage; what the user has set counts. */
export function manyRequests(env: NodeJS.ProcessEnv): Record<string, string> {
  return { [VARIABLE]: String(MAX_REQUESTS), ...GROWTH, ...env } as Record<string, string>;
}

/** Whether the words that follow no flag name no other command; a flag's value is none, and to be wrong costs little. */
export function mayServe(args: readonly string[]): boolean {
  const isValue = (index: number) => /^-[^=]*$/.test(args[index - 1] ?? '');
  return args.every((arg, index) => arg.startsWith('-') || isValue(index) || arg === 'serve');
}
