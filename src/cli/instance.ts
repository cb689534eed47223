import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How commands of the same user find and control a running ccproxy: one file per port, readable by its user alone. */
export interface InstanceFile {
  port: number;
  pid: number;
  instance: string;
  /** What `stop` and the admin API ask for. */
  token: string;
}

/**
 * Writes the file of a ccproxy that listens. The folder and the file are the user's alone. Returns why it could not:
 * requests are served without it.
 */
export function writeInstance(file: InstanceFile): string | null {
  const folder = runtimeFolder();
  const path = pathFor(file.port);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    assertOwn(folder);
    rmSync(path, { force: true });
    writeFileSync(path, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(path, 0o600);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The file of the ccproxy on `port`, or null; it may be left over from one that was killed. */
export function readInstance(port: number): InstanceFile | null {
  try {
    assertOwn(runtimeFolder());
    const file = JSON.parse(readFileSync(pathFor(port), 'utf8')) as Partial<InstanceFile> | null;
    if (typeof file?.instance !== 'string' || typeof file.token !== 'string') return null;
    return file as InstanceFile;
  } catch {
    return null;
  }
}

/** The ports of the user's ccproxies; of one that was killed, too. */
export function instancePorts(): number[] {
  try {
    assertOwn(runtimeFolder());
    const names = readdirSync(runtimeFolder());
    return names.flatMap((name) => /^([1-9]\d{0,4})\.json$/.exec(name)?.[1] ?? []).map(Number);
  } catch {
    return [];
  }
}

/** Removes the file, if it is still this instance's. */
export function removeInstance({ port, instance }: Pick<InstanceFile, 'port' | 'instance'>): void {
  if (readInstance(port)?.instance !== instance) return;
  try {
    rmSync(pathFor(port), { force: true });
  } catch {
    // Left over, it is harmless: its token opens nothing any more.
  }
}

function pathFor(port: number): string {
  return join(runtimeFolder(), `${port}.json`);
}

/** `$XDG_RUNTIME_DIR/ccproxy`, or a folder of the user's own below the temporary one. */
function runtimeFolder(): string {
  const runtime = process.env.XDG_RUNTIME_DIR;
  return runtime ? join(runtime, 'ccproxy') : join(tmpdir(), `ccproxy-${process.getuid?.() ?? 'user'}`);
}

/** In a folder that others may write to, somebody else could have made ours first. */
function assertOwn(folder: string): void {
  const { uid, mode } = lstatSync(folder);
  const me = process.getuid?.();
  if (me === undefined) return;
  if (uid !== me || (mode & 0o077) !== 0) {
    throw new Error(`${folder} belongs to somebody else or is open to others: remove it`);
  }
}
