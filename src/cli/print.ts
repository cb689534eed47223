import { EXIT } from './exit.ts';

/** Reports go to stdout, everything else to stderr. */
export function report(text: string): void {
  write(text.endsWith('\n') ? text : `${text}\n`);
}

/** To stdout, as it is. */
export function write(text: string): void {
  process.stdout.write(text);
}

/** Whoever reads stdout may have enough (`| head`): then there is nobody to go on for. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
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
