import { selfCommand } from './self.ts';

/** How many requests Bun lets run at once unless told otherwise; every open stream is one, and so is a probe. */
const USUAL = 256;
const MAX_REQUESTS = 4096;
const VARIABLE = 'BUN_CONFIG_MAX_HTTP_REQUESTS';
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
 * Lets this process have more requests under way. Bun reads the limit from the environment as it starts, so the process
 * becomes a new one in place: same pid, same arguments, and nothing left behind that could hold the port.
 * Commands that send a request or two go without.
 */
export function allowManyRequests(): void {
  const { env, execve, execPath, argv } = process;
  if (env[VARIABLE] !== undefined || execve === undefined || !mayServe(argv.slice(2))) return;
  try {
    execve.call(process, execPath, selfCommand(argv.slice(2)), manyRequests(env));
  } catch {
    // Then it stays at what Bun allows.
  }
}

/** The environment of a process that may have more requests under way; what the user has set counts. */
export function manyRequests(env: NodeJS.ProcessEnv): Record<string, string> {
  return { [VARIABLE]: String(MAX_REQUESTS), ...env } as Record<string, string>;
}

/** Whether the words that follow no flag name no other command; a flag's value is none, and to be wrong costs little. */
export function mayServe(args: readonly string[]): boolean {
  const isValue = (index: number) => /^-[^=]*$/.test(args[index - 1] ?? '');
  return args.every((arg, index) => arg.startsWith('-') || isValue(index) || arg === 'serve');
}
