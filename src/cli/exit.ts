/** Exit codes of the commands. */
export const EXIT = { done: 0, failed: 1, usage: 2, notRunning: 3 } as const;

/** Ends a command with a code, after saying why. */
export class Exit extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
