import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Ms } from '../core/failure.ts';
import type { Place } from './file-key.ts';
import { readOwn, replaceFile } from './own-file.ts';

/** When each upstream was last tested with a real turn; every ccproxy of the user reads the same. */
export interface Tested {
  /** What is known now. RFC 3339; null for one that never was, or is elsewhere since. */
  dates(): (upstream: Place) => string | null;
}

/** The same, and the one that writes it down. */
export interface TestedFile extends Tested {
  /**
   * Notes that these have just been tested; of others nothing is changed.
   * @throws Error when it cannot be written, or holds what another version wrote
   */
  note(upstreams: readonly Place[], at: Ms): void;
}

const VERSION = 1;

const Schema = Type.Object({
  version: Type.Literal(VERSION),
  /** By name and hashed address. */
  tested: Type.Record(Type.String(), Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$' })),
});

/**
 * @param path absolute; the file is read whenever it is asked for, so that a server sees what a command has written
 * @param random at least 16 letters and digits, another each time
 */
export function openTested(path: string, random: () => string): TestedFile {
  return {
    dates() {
      const tested = known(path);
      return (upstream) => tested[keyOf(upstream)] ?? null;
    },
    note(upstreams, at) {
      if (upstreams.length === 0) return;
      if (isOfAnotherVersion(path)) throw new Error('tested.json is of another version');
      const tested = { ...known(path) };
      for (const upstream of upstreams) tested[keyOf(upstream)] = new Date(at).toISOString();
      replaceFile(path, `${JSON.stringify({ version: VERSION, tested }, null, 2)}\n`, random());
    },
  };
}

/** What cannot be read was never tested: a new test mends it. */
function known(path: string): Readonly<Record<string, string>> {
  const value = contentOf(path);
  return Value.Check(Schema, value) ? value.tested : {};
}

function isOfAnotherVersion(path: string): boolean {
  const { version = VERSION } = (contentOf(path) ?? {}) as { version?: unknown };
  return version !== VERSION;
}

/** Null for a file that is not there, or is no JSON. */
function contentOf(path: string): unknown {
  try {
    return JSON.parse(readOwn(path) ?? 'null');
  } catch {
    return null;
  }
}

/** The address as a hash: a key may stand in it. */
function keyOf({ name, base }: Place): string {
  return `${name} ${new Bun.CryptoHasher('sha256').update(base).digest('hex').slice(0, 16)}`;
}
