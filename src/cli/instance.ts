import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** How commands of the same user find and control a running ccproxy: one file per port, readable by its user alone. */
export interface InstanceFile {
  port: number;
  pid: number;
  instance: string;
  /** What `stop` and the admin API ask for. */
  token: string;
}

/** Writes the file of a ccproxy that listens. The folder and the file are the user's alone. */
export function writeInstance(file: InstanceFile): void {
  const folder = runtimeFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  assertOwn(folder);
  const path = pathFor(file.port);
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(path, 0o600);
}

/** The file of the ccproxy on `port`, or null; it may be left over from one that was killed. */
export function readInstance(port: number): InstanceFile | null {
  try {
    assertOwn(runtimeFolder());
    return JSON.parse(readFileSync(pathFor(port), 'utf8')) as InstanceFile;
  } catch {
    return null;
  }
}

/** Removes the file, if it is still this instance's. */
export function removeInstance({ port, instance }: Pick<InstanceFile, 'port' | 'instance'>): void {
  if (readInstance(port)?.instance === instance) rmSync(pathFor(port), { force: true });
}

function pathFor(port: number): string {
  return join(runtimeFolder(), `${port}.json`);
}

/** `$XDG_RUNTIME_DIR/ccproxy`, or a folder of the user's own below the temporary one. */
function runtimeFolder(): string {
  const runtime = process.env.XDG_RUNTIME_DIR;
  return runtime ? join(runtime, 'ccproxy') : join(tmpdir(), `ccproxy-${userInfo().uid}`);
}

/** In a folder that others may write to, somebody else could have made ours first. */
function assertOwn(folder: string): void {
  const { uid, mode } = statSync(folder);
  const me = userInfo().uid;
  if (me < 0) return;
  if (uid !== me || (mode & 0o077) !== 0) {
    throw new Error(`${folder} belongs to somebody else or is open to others: remove it`);
  }
}
