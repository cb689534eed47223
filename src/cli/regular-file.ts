import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ReadFile } from '../config/references.ts';

/** More than any configuration or key has. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * The content of a regular file, or null when there is none. Nothing is waited for: what has become a pipe is no file, and
 * neither is what has no end.
 * @throws with a `code` that says why it is not read
 */
export const readRegularFile: ReadFile = async (path) => {
  // Windows has no such flag, and no such pipes.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw unread('EISDIR');
    if (!found.isFile()) throw unread('not a regular file');
    if (found.size > MAX_BYTES) throw unread('larger than 16 MiB');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
};

function unread(code: string): Error {
  return Object.assign(new Error(code), { code });
}
