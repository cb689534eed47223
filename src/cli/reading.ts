import { statSync } from 'node:fs';
import type { Configured } from '../config/build.ts';
import { type FilePlace, type FileSources, readTextFile } from '../config/find-file.ts';
import type { Clock } from '../core/runtime.ts';
import { descriptorOf } from './descriptor.ts';
import { type Content, type Watched, type WatchedContent, watchContent } from './file-changes.ts';
import { readRegularFile } from './regular-file.ts';

/** Reading the configuration, as often as it is asked for, and noticing when it would be another. */
export interface Reading {
  configured(): Promise<Configured>;
  /**
   * Runs `changed` when this file, or one that a reference in it names, holds something else than was last read. Only from
   * a file is the configuration read again.
   */
  watch(path: string, changed: () => void): Watched;
}

/** How the configuration is made from files. */
export type ReadingSources = Pick<FileSources, 'read' | 'refers' | 'uses' | 'again'>;

/** @param configure makes the configuration from these files; never asked again before it has answered */
export function createReading(
  configure: (files: ReadingSources) => Promise<Configured>,
  clock: Clock,
): Reading {
  const contents = new Map<string, Content>();
  /** What is read from a pipe is gone with it; whoever waits for more may wait for good. */
  const piped = new Map<string, string | null>();
  const files = new Map<string, WatchedContent>();
  let referred: readonly string[] = [];
  let used: FilePlace | undefined;
  let isAgain = false;
  let watched: { path: string; changed(): void; wasEmpty: boolean } | null = null;

  async function configured(): Promise<Configured> {
    const names: string[] = [];
    contents.clear();
    const result = await configure({
      async read(path) {
        let content: Content;
        try {
          content = await contentOf(path);
          return content;
        } finally {
          contents.set(path, content);
          files.get(path)?.saw(content);
        }
      },
      refers: (path) => names.push(path),
      uses(file) {
        used = file;
      },
      ...(used !== undefined && { again: used }),
    });
    referred = names;
    isAgain = true;
    follow();
    return watched !== null && !watched.wasEmpty && isEmpty(watched.path) ? emptied(watched.path) : result;
  }

  async function contentOf(path: string): Promise<string | null> {
    if (isLasting(path)) piped.delete(path);
    else if (!isAgain && !piped.has(path)) piped.set(path, await readTextFile(path));
    const kept = piped.get(path);
    return kept === undefined ? readRegularFile(path) : kept;
  }

  function isEmpty(path: string): boolean {
    return contents.get(path)?.trim() === '';
  }

  function follow(): void {
    if (watched === null) return;
    const { path, changed } = watched;
    const wanted = new Set([path, ...referred].filter((name) => !piped.has(name)));
    for (const [name, file] of files) {
      if (wanted.has(name)) continue;
      file.stop();
      files.delete(name);
    }
    for (const name of wanted)
      if (!files.has(name)) files.set(name, watchContent(name, clock, seenIn(name), changed));
  }

  function seenIn(path: string): Content {
    return contents.has(path) ? contents.get(path) : null;
  }

  return {
    configured,
    watch(path, changed) {
      watched = { path, changed, wasEmpty: isEmpty(path) };
      follow();
      return {
        stop() {
          watched = null;
          for (const file of files.values()) file.stop();
          files.clear();
        },
      };
    },
  };
}

/** Whether it can be read more than once. What this process was handed as it started belongs to nobody else. */
function isLasting(path: string): boolean {
  if (descriptorOf(path) !== null) return false;
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    return true;
  }
}

/** A file that had something in it: emptied by a full disk, or by somebody who is not done writing. */
function emptied(path: string): Configured {
  const allowed = 'a configuration, or comments alone for the chain of the environment';
  return { ok: false, problems: [{ file: path, what: 'is empty now', allowed }] };
}
