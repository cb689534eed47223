/** What an unforeseen error was and where it came from. Not its message: that could quote a request or a key. */
export function describeUnforeseen(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = error.stack?.slice(error.stack.lastIndexOf(error.message) + error.message.length);
  const place = frames?.split('\n').find((line) => /^\s+at /.test(line));
  return `${error.name}${place?.replace(/^\s+/, ' ') ?? ''}`;
}

/** From here on what nobody caught is told and survived: it must not end the answers of everyone else. */
export function surviveUnforeseen(tell: (what: string) => void): void {
  process.on('unhandledRejection', (reason) => tell(describeUnforeseen(reason)));
  process.on('uncaughtException', (error) => tell(describeUnforeseen(error)));
}
