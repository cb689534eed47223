/** The sockets of a process, looked at from outside. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Sockets {
  /** All that are open, those that listen among them. */
  open: number;
  /** Those whose other side has closed, and this one has not. */
  halfClosed: number;
}

/** The state of a TCP socket whose other side has closed, as Linux writes it. */
const CLOSE_WAIT = '08';

/** Where the system tells (Linux); else null. */
export function socketsOf(pid: number): Sockets | null {
  const folder = `/proc/${pid}/fd`;
  try {
    const inodes = new Set(readdirSync(folder).flatMap((name) => inodeOf(`${folder}/${name}`) ?? []));
    const closing = [...halfClosed(pid)].filter((inode) => inodes.has(inode));
    return { open: inodes.size, halfClosed: closing.length };
  } catch {
    return null;
  }
}

function inodeOf(path: string): string | null {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? null;
  } catch {
    return null; // closed meanwhile
  }
}

function* halfClosed(pid: number): Generator<string> {
  for (const table of ['tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === CLOSE_WAIT && fields[9] !== undefined) yield fields[9];
    }
  }
}
