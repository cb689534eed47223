import { type FSWatcher, readFileSync, realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readTextFile } from '../config/load.ts';
import type { Ms } from '../core/failure.ts';
import type { Clock, Timer } from '../core/runtime.ts';

/** A file that is watched. */
export interface Watched {
  stop(): void;
}

/** Changes that are waited out. */
export interface Settled extends Watched {
  /** Something has happened to the file. */
  hint(): void;
}

/** A program that saves a file touches it several times. */
const SETTLE_MS: Ms = 200;

/**
 * Runs `changed` when a configuration file has other content than before, until it is stopped.
 * @param tell told once when changes will not be noticed
 */
export function watchConfig(
  path: string,
  clock: Clock,
  changed: () => void,
  tell: (line: string) => void,
): Watched {
  let isTold = false;
  const settled = settleChanges({ clock, read: () => readTextFile(path), seen: contentOf(path), changed });
  const watched = watchFile(path, settled.hint, (why) => {
    if (!isTold)
      tell(`ccproxy: warning: changes of ${path} are not noticed (${why}); SIGHUP has it read again`);
    isTold = true;
  });
  return {
    stop() {
      watched.stop();
      settled.stop();
    },
  };
}

/** What settling changes needs. */
export interface SettleParts {
  clock: Clock;
  /** The file's content now; null when there is none. */
  read(): Promise<string | null>;
  /** Its content when this begins. */
  seen: string | null;
  changed(): void;
}

/**
 * Tells a change of content from everything else that happens to a file: `hint` whenever something has, and `changed` is
 * called once it has been quiet for 200 ms, if the content is another than at the last look.
 */
export function settleChanges({ clock, read, seen, changed }: SettleParts): Settled {
  let last = seen;
  let timer: Timer | null = null;
  let isOver = false;

  async function look(): Promise<void> {
    timer = null;
    // A file that cannot be read is looked at when something happens to it again.
    const content = await read().catch(() => last);
    if (content === last || isOver) return;
    last = content;
    changed();
  }

  return {
    hint() {
      timer?.cancel();
      if (!isOver) timer = clock.after(SETTLE_MS, () => void look());
    },
    stop() {
      timer?.cancel();
      isOver = true;
    },
  };
}

/**
 * Hints at changes of a file by watching its folder: a file that is replaced, as editors do it, is another one afterwards.
 * Where it is a link, also the folder that it leads to is watched.
 * @param fail told why a folder cannot be watched
 */
export function watchFile(path: string, hint: () => void, fail: (why: string) => void): Watched {
  const watchers = new Map<string, FSWatcher>();

  function follow(): void {
    const real = realPath(path);
    const folders = new Set([dirname(path), dirname(real)]);
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders) if (!watchers.has(folder)) open(folder);
  }

  function open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => notice(name));
      watcher.on('error', (error) => fail(error.message));
      watchers.set(folder, watcher);
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    }
  }

  function notice(name: string | null): void {
    const real = realPath(path);
    // Behind a link anything in between may have been replaced.
    if (name !== null && real === path && name !== basename(path)) return;
    follow();
    hint();
  }

  follow();
  return {
    stop() {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The path itself where there is nothing at the moment. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
