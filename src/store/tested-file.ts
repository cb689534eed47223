import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Ms } from '../core/failure.ts';
import type { Place } from './file-key.ts';
import { readOwn, replaceFile } from './own-file.ts';

/** When each upstream was last tested with a real turn; every ccproxy of the user reads the same. */
export interface Tested {
  /** RFC 3339; null for one that never was, or is elsewhere since. */
  when(upstream: Place): string | null;
}

/** The same, and the one that writes it down. */
export interface TestedFile extends Tested {
  /**
   * Notes that these have just been tested.
   * @throws Error when it cannot be written
   */
  note(upstreams: readonly Place[], at: Ms): void;
}

const Schema = Type.Object({
  version: Type.Literal(1),
  /** By name and hashed address. */
  tested: Type.Record(Type.String(), Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$' })),
});

/**
 * @param path absolute; the file is read whenever it is asked for, so that a server sees what a command has written
 * @param random at least 16 letters and digits, another each time
 */
export function openTested(path: string, random: () => string): TestedFile {
  return {
    when: (upstream) => known(path).tested[keyOf(upstream)] ?? null,
    note(upstreams, at) {
      const { tested } = known(path);
      for (const upstream of upstreams) tested[keyOf(upstream)] = new Date(at).toISOString();
      replaceFile(path, `${JSON.stringify({ version: 1, tested }, null, 2)}\n`, random());
    },
  };
}

/** What cannot be read was never tested: a new test mends it. */
function known(path: string): Static<typeof Schema> {
  try {
    const value: unknown = JSON.parse(readOwn(path) ?? '');
    if (Value.Check(Schema, value)) return value;
  } catch {
    // Like a file that is not there.
  }
  return { version: 1, tested: {} };
}

/** The address as a hash: a key may stand in it. */
function keyOf({ name, base }: Place): string {
  return `${name} ${new Bun.CryptoHasher('sha256').update(base).digest('hex').slice(0, 16)}`;
}
