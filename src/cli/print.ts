import type { Ms } from '../core/failure.ts';
import { EXIT } from './exit.ts';

/** Reports go to stdout, everything else to stderr. */
export function report(text: string): void {
  write(text.endsWith('\n') ? text : `${text}\n`);
}

/** To stdout, as it is. */
export function write(text: string): void {
  const piece = {};
  unread.add(piece);
  process.stdout.write(text, () => unread.delete(piece));
}

/** What was printed and has not gone out, because its reader is slow. Bun's stream says 0 of itself. */
const unread = new Set<object>();

/** Whoever reads stdout may have enough (`| head`): then there is nobody to go on for. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
}

/** How long a process may take to end by itself, once its command is done. */
const END_MS: Ms = 500;

/** Ends a process that something keeps which nobody waits for any more (a keychain that asks unseen), once all is printed. */
export function endSoon(): void {
  setTimeout(() => (unread.size === 0 ? process.exit() : endSoon()), END_MS).unref();
}

export function tell(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, Bun.stringWidth(cell));
    });
  }
  const pad = (cell: string, column: number) =>
    cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - Bun.stringWidth(cell)));
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
