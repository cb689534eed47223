/**
 * The command line that runs this program once more with other words. A compiled program takes its own words only; from source,
 * Bun is told what to run. Nothing large is imported here: it is asked before anything else is loaded.
 */
export function selfCommand(words: readonly string[]): [string, ...string[]] {
  const { execPath, argv, execArgv } = process;
  const [, script = ''] = argv;
  return isCompiled(script) ? [execPath, ...words] : [execPath, ...execArgv, script, ...words];
}

function isCompiled(script: string): boolean {
  return /^(?:\/\$bunfs\/|[A-Z]:\/~BUN\/)/.test(script);
}
