import type { Environment } from '../config/references.ts';

/** What an unforeseen error was and where it came from. Not its message: that could quote a request or a key. */
export function describeUnforeseen(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = error.stack?.slice(error.stack.lastIndexOf(error.message) + error.message.length);
  const place = frames?.split('\n').find((line) => /^\s+at /.test(line));
  return `${error.name}${place?.replace(/^\s+/, ' ') ?? ''}`;
}

/** What a command says that ends by such an error: one line, and everything about it where the log is to say all. */
export function lastWords(error: unknown, args: readonly string[], env: Environment): string {
  const flags = args.join(' ').match(/(?<=--log-level[ =])\S+/g);
  const level = flags?.at(-1) ?? env.CCPROXY_LOG_LEVEL;
  const line = `internal error: ${describeUnforeseen(error)}`;
  if (level === 'debug') return `${line}\n${error instanceof Error ? error.stack : String(error)}`;
  return `${line} (--log-level debug says more)`;
}

/** From here on what nobody caught is told and survived: it must not end the answers of everyone else. */
export function surviveUnforeseen(tell: (what: string) => void): void {
  process.on('unhandledRejection', (reason) => tell(describeUnforeseen(reason)));
  process.on('uncaughtException', (error) => tell(describeUnforeseen(error)));
}
