import { renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { Ms } from '../core/failure.ts';
import type { BreakerStore, Clock, Timer } from '../core/runtime.ts';
import type { Upstream } from '../core/upstream.ts';
import {
  type HealthRecord,
  isLasting,
  isOfAnotherVersion,
  isWorthKeeping,
  parseRecord,
  printRecord,
} from './health-record.ts';
import { readOwn, replaceFile } from './own-file.ts';
import { type Remembered, remember } from './remembered.ts';

/** What is known of the upstreams' health, of which the part that lasts is kept in a file. */
export interface Health extends Pick<Remembered, 'meet' | 'forget'> {
  readonly breakers: BreakerStore;
  /** Of the names that stand for credentials: letters and digits, the same as long as there is the file. */
  readonly salt: string;
  /** The upstream that the user prefers, which need not be in the chain. */
  readonly preferred: string | null;
  prefer(upstream: string | null): void;
  /** Writes what has not been written yet, and then never again: somebody else may listen on this port by now. */
  close(): void;
}

/** Where and how it is kept. */
export interface HealthOptions {
  /** Absolute; null: in memory alone. */
  path: string | null;
  clock: Clock;
  /** At least 16 letters and digits that nobody can guess. */
  random(): string;
  /** Whose breakers are taken from the file; what is kept of others stays there. */
  upstreams: readonly Pick<Upstream, 'name' | 'base'>[];
  /** Told once when there is something wrong with the file; requests are served without it. */
  warn(line: string): void;
}

/** Changes that come together are written together. */
const SETTLE_MS: Ms = 50;

/**
 * Reads what the last process left, and keeps the file up to date from then on. Nothing is written before there is something
 * to keep. A file that cannot be used is put aside, and never keeps anybody from starting.
 */
export function openHealth({ path, clock, random, upstreams, warn }: HealthOptions): Health {
  const found = path === null ? null : load(path, clock.now(), warn);
  const salt = found?.salt ?? random();
  const { breakers, meet, forget, lasting } = remember(salt, found?.breakers ?? new Map(), clock);
  meet(upstreams);
  let preferred = found?.preferred ?? null;
  let written = print();
  let timer: Timer | null = null;
  let isOpen = path !== null;
  let isTold = false;

  function print(): string {
    return printRecord({ salt, preferred, breakers: lasting() }, clock.now());
  }

  function changed(): void {
    if (isOpen) timer ??= clock.after(SETTLE_MS, save);
  }

  function save(): void {
    timer?.cancel();
    timer = null;
    const content = print();
    if (path === null || content === written) return;
    try {
      replaceFile(path, content, random());
      written = content;
      isTold = false;
    } catch (error) {
      if (!isTold) warn(`what is known of the upstreams cannot be kept: ${wordsOf(error)}`);
      isTold = true;
    }
  }

  return {
    salt,
    breakers: {
      read: breakers.read,
      keys: breakers.keys,
      write(key, state) {
        if (isWorthKeeping(state, clock.now()) || isLasting(breakers.read(key))) changed();
        breakers.write(key, state);
      },
    },
    meet,
    forget(name) {
      const names = forget(name);
      changed();
      return names;
    },
    get preferred() {
      return preferred;
    },
    prefer(upstream) {
      if (preferred === upstream) return;
      preferred = upstream;
      changed();
    },
    close() {
      if (isOpen) save();
      isOpen = false;
    },
  };
}

function load(path: string, now: Ms, warn: (line: string) => void): HealthRecord | null {
  try {
    const text = readOwn(path);
    if (text === null) return null;
    const record = parseRecord(text, now);
    if (record !== null) return record;
    const why = isOfAnotherVersion(text) ? 'it is of another version' : 'it is not what ccproxy wrote';
    putAside(path, why, warn);
  } catch (error) {
    // Where a file stands in the folder's place there is none of ours.
    if ((error as { code?: unknown }).code !== 'ENOTDIR') putAside(path, wordsOf(error), warn);
  }
  return null;
}

function putAside(path: string, why: string, warn: (line: string) => void): void {
  const aside = `${path}.corrupt`;
  const what = `what was known of the upstreams cannot be read from ${path} (${why})`;
  try {
    rmSync(aside, { force: true });
    renameSync(path, aside);
    warn(`${what}; it is now ${basename(aside)}`);
  } catch {
    warn(what);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
