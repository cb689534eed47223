import { readInstance } from './instance.ts';
import { answers } from './local-server.ts';

/**
 * What is to be said of a ccproxy of this user's that has the port and answers nothing, because it is stopped or hangs; null: there is
 * none.
 */
export async function describeSilent(host: string, port: number): Promise<string | null> {
  const pid = readInstance(port)?.pid;
  if (pid === undefined || !isAlive(pid)) return null;
  if (!(await answers(host.replace(/[[\]]/g, ''), port))) return null;
  const what = `the ccproxy on port ${port}, process ${pid}, does not answer`;
  return process.platform === 'win32'
    ? what
    : `${what}: kill -CONT ${pid} if it was stopped, kill -9 ${pid} if it hangs`;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
