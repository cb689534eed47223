import { chmodSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** More than that is not kept from one start to the next. */
const LARGEST_BYTES = 1_000_000;

/** Where a ccproxy that was started for a command writes what it would otherwise print. */
export function runLogPath(folder: string, port: number): string {
  return join(folder, `run-${port}.log`);
}

/** Opens it for what is added, readable by the user alone; a link in its place is not followed. Null when it cannot be. */
export function openRunLog(path: string): number | null {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    chmodSync(dirname(path), 0o700);
    const file = openSync(path, O_APPEND | O_CREAT | O_WRONLY | (O_NOFOLLOW ?? 0), 0o600);
    if (fstatSync(file).size > LARGEST_BYTES) ftruncateSync(file, 0);
    return file;
  } catch {
    return null;
  }
}
