import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** No file of ours is as large. */
const LARGEST_BYTES = 4_000_000;

/**
 * The file's text, or null when there is none. A link is not followed: whoever put it there may point it
 * anywhere.
 * @throws Error when it is no plain file, too large, or cannot be read
 */
export function readOwn(path: string): string | null {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return null;
  if (!entry.isFile()) throw new Error('it is no plain file');
  if (entry.size > LARGEST_BYTES) throw new Error('it is too large');
  return readFileSync(path, 'utf8');
}

/** The whole new content or the whole old one, whatever happens; a link in the file's place is replaced, not followed. */
export function replaceFile(path: string, content: string, unique: string): void {
  const folder = dirname(path);
  const fresh = `${path}.${unique}.tmp`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  try {
    writeFileSync(fresh, content, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
