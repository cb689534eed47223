import { type FSWatcher, realpathSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Ms } from '../core/failure.ts';
import type { Clock, Timer } from '../core/runtime.ts';
import { readRegularFile } from './regular-file.ts';

/** A file that is watched. */
export interface Watched {
  stop(): void;
}

/** What a file holds; null when there is none, undefined when it cannot be read. */
export type Content = string | null | undefined;

/** Changes that are waited out. */
export interface Settled extends Watched {
  /** Something has happened to the file. */
  hint(): void;
  /** It was read elsewhere, and held this: that is no change any more. */
  saw(content: Content): void;
}

/** A program that saves a file touches it several times. */
const SETTLE_MS: Ms = 200;

/** What nobody is told of is noticed by looking: a folder cannot be watched, or was replaced by another. */
const LOOK_MS: Ms = 3_000;

/** A file whose content is watched. */
export interface WatchedContent extends Watched, Pick<Settled, 'saw'> {}

/** Runs `changed` when a file holds something else than was `seen` in it, until it is stopped. */
export function watchContent(path: string, clock: Clock, seen: Content, changed: () => void): WatchedContent {
  const settled = settleChanges({ clock, read: () => readRegularFile(path), seen, changed });
  const watched = watchFile(path, clock, settled.hint);
  // It may have changed since it was read.
  settled.hint();
  return {
    saw: settled.saw,
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
  /** Its content as far as anybody knows when this begins. */
  seen: Content;
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
    const content: Content = await read().catch(() => undefined);
    if (content === last || isOver) return;
    last = content;
    changed();
  }

  return {
    hint() {
      timer?.cancel();
      if (!isOver) timer = clock.after(SETTLE_MS, () => void look());
    },
    saw(content) {
      last = content;
    },
    stop() {
      timer?.cancel();
      isOver = true;
    },
  };
}

/** A folder that is watched: not its path, which may be another folder's by now. */
interface Folder {
  identity: string;
  watcher: FSWatcher;
}

/**
 * Hints at changes of a file by watching its folder: a file that is replaced, as editors do it, is another one afterwards.
 * Where it is a link, also the folder that it leads to is watched. Every 3 s it looks by itself.
 */
export function watchFile(path: string, clock: Clock, hint: () => void): Watched {
  const watched = new Map<string, Folder>();
  let seen = identityOf(path);
  let timer = clock.after(LOOK_MS, look);

  function look(): void {
    timer = clock.after(LOOK_MS, look);
    follow();
    const now = identityOf(path);
    if (now === seen) return;
    seen = now;
    hint();
  }

  function follow(): void {
    const real = realPath(path);
    const folders = new Set([dirname(path), dirname(real)]);
    for (const [folder, { identity }] of watched)
      if (!folders.has(folder) || identity !== folderOf(folder)) close(folder);
    for (const folder of folders) if (!watched.has(folder)) open(folder);
  }

  function open(folder: string): void {
    const identity = folderOf(folder);
    if (identity === null) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => notice(name));
      watcher.on('error', () => close(folder));
      watched.set(folder, { identity, watcher });
    } catch {
      // The next look tries again, and sees a change all the same.
    }
  }

  function close(folder: string): void {
    watched.get(folder)?.watcher.close();
    watched.delete(folder);
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
      timer.cancel();
      for (const folder of [...watched.keys()]) close(folder);
    },
  };
}

/** Another text for every other folder at this path, also where the number of one that was removed is used again. */
function folderOf(path: string): string | null {
  const found = statOf(path);
  return found === null ? null : [found.dev, found.ino, found.birthtimeMs].join(' ');
}

/** Another text whenever the file was written or replaced; null while there is none. */
function identityOf(path: string): string | null {
  const found = statOf(path);
  return found === null ? null : [found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ');
}

function statOf(path: string) {
  try {
    return statSync(path);
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
