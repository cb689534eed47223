/** How many requests Bun lets run at once unless told otherwise is 256; every open stream is one. */
const MAX_REQUESTS = '4096';
const VARIABLE = 'BUN_CONFIG_MAX_HTTP_REQUESTS';

/**
 * Lets this process have more requests under way. Bun reads the limit from the environment as it starts, so the process
 * becomes a new one in place: same pid, same arguments, and nothing left behind that could hold the port.
 * Commands that send a request or two go without.
 */
export function allowManyRequests(): void {
  const { env, execve, execPath, argv, execArgv } = process;
  if (env[VARIABLE] !== undefined || execve === undefined || !mayServe(argv.slice(2))) return;
  // A compiled program takes its own arguments only; from source, Bun is told what to run.
  const [, script = '', ...rest] = argv;
  const own = /^(?:\/\$bunfs\/|[A-Z]:\/~BUN\/)/.test(script) ? rest : [...execArgv, script, ...rest];
  const variables = Object.entries({ ...env, [VARIABLE]: MAX_REQUESTS });
  try {
    execve.call(
      process,
      execPath,
      [execPath, ...own],
      Object.fromEntries(variables) as Record<string, string>,
    );
  } catch {
    // Then it stays at what Bun allows.
  }
}

/** Whether the words that follow no flag name no other command; a flag's value is none, and to be wrong costs little. */
export function mayServe(args: readonly string[]): boolean {
  const isValue = (index: number) => /^-[^=]*$/.test(args[index - 1] ?? '');
  return args.every((arg, index) => arg.startsWith('-') || isValue(index) || arg === 'serve');
}
