import { readFileSync } from 'node:fs';

/** Tables of the system's sockets, where it has them as files (Linux). */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** The state of a socket that accepts connections. Source: Linux, include/net/tcp_states.h. */
const LISTENING = '0A';

/** Whose a listener on a port is: ours (or the system's own, root), somebody else's, or null where the system does not say. */
export function isAnotherUsers(port: number, tables = readTables(), me = process.getuid?.()): boolean | null {
  const owners = tables.flatMap((table) => ownersIn(table, port));
  if (me === undefined || owners.length === 0) return null;
  return owners.some((uid) => uid !== me && uid !== 0);
}

/** `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid …`; an address is in hexadecimal, as the port is. */
function ownersIn(table: string, port: number): number[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , uid] = line.trim().split(/\s+/);
    const isIt = state === LISTENING && Number.parseInt(local.split(':')[1] ?? '', 16) === port;
    return isIt ? [Number(uid)] : [];
  });
}

function readTables(): string[] {
  return TABLES.flatMap((path) => {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      return [];
    }
  });
}
