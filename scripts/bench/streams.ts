/**
 * What reading an answer costs, without sockets: framing, dialect, frames, the bytes for the client; in this process, with
 * the sources as they are. How fast is a matter of the machine; that twice as long an answer takes twice as long is not.
 */
import { pipe } from '../../src/core/transducer.ts';
import type { Target } from '../../src/core/upstream.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { framingFor } from '../../src/wire/framing/index.ts';
import { type DialectOfStream, type KindOfDelta, longLine, manyDeltas, type Shape } from './stream-script.ts';

export const DIALECTS: readonly DialectOfStream[] = ['openai-chat', 'anthropic-compatible'];
const KINDS: readonly KindOfDelta[] = ['text', 'thinking', 'arguments'];
/** About what a delta of a model says. */
const WORDS = ' a word or';
export const RATE_DELTAS = 100_000;
export const LINE_MEGABYTES = [1, 2, 4, 8];
const LONGEST = 8;
/** A read that holds all of it, what a socket gives at most, and a packet on the way to it. */
export const READS: readonly [name: string, bytes: number][] = [
  ['at once', 1 << 30],
  ['64 KB', 65_536],
  ['1,460 bytes', 1460],
];
/** The best of so many is what the code needs; the others are what else the machine did. */
const ROUNDS = 5;

const TARGET: Target = {
  model: 'bench',
  asked: 'claude-bench',
  stream: true,
  native: false,
  provider: 'bench',
  quirks: {},
  answerId: 'msg_bench0001',
};

/** Milliseconds of a processor to read `chunks` and make the bytes that go to the client. */
function read(dialect: DialectOfStream, chunks: Iterable<Uint8Array>): number {
  const framing = framingFor('text/event-stream');
  if (framing === null) throw new Error('no framing');
  const { decode } = dialect === 'openai-chat' ? openaiChat : anthropic;
  const decoder = pipe(framing(), decode(TARGET));
  let last = '';
  let bytes = 0;
  const before = process.cpuUsage();
  for (const chunk of chunks) {
    for (const frame of decoder.push(chunk)) {
      bytes += frame.bytes.length;
      last = frame.name;
    }
  }
  for (const frame of decoder.end()) last = frame.name;
  const { user, system } = process.cpuUsage(before);
  if (last !== 'message_stop' || bytes === 0) throw new Error(`an answer ended with ${last}`);
  return (user + system) / 1000;
}

function best(times: readonly number[]): number {
  return Math.min(...times);
}

export interface Rate {
  dialect: DialectOfStream;
  kind: KindOfDelta;
  perSecond: number;
}

/** Deltas per second of one core. */
function measureRates(): Rate[] {
  return DIALECTS.flatMap((dialect) =>
    KINDS.map((kind) => {
      const shape: Shape = { dialect, kind, words: WORDS };
      const once = () => read(dialect, manyDeltas(shape, RATE_DELTAS));
      const ms = best(Array.from({ length: ROUNDS }, once));
      return { dialect, kind, perSecond: (RATE_DELTAS / ms) * 1000 };
    }),
  );
}

export interface Line {
  dialect: DialectOfStream;
  kind: KindOfDelta;
  reads: string;
  /** Milliseconds per megabyte, for each of `LINE_MEGABYTES`. */
  perMegabyte: number[];
}

function measureLines(): Line[] {
  return DIALECTS.flatMap((dialect) =>
    KINDS.flatMap((kind) =>
      READS.map(([reads, bytes]) => {
        const rounds = Array.from({ length: ROUNDS }, () =>
          LINE_MEGABYTES.map((megabytes) => {
            const chunks = [...longLine({ dialect, kind }, megabytes * 1e6, bytes)];
            const times = LONGEST / megabytes;
            const ms = Array.from({ length: times }, () => read(dialect, chunks));
            return ms.reduce((sum, one) => sum + one, 0) / LONGEST;
          }),
        );
        const perMegabyte = LINE_MEGABYTES.map((_, at) => best(rounds.map((round) => round[at] ?? 0)));
        return { dialect, kind, reads, perMegabyte };
      }),
    ),
  );
}

export interface Growth {
  what: string;
  dialect: DialectOfStream;
  deltas: number;
  /** Microseconds per delta, of an answer of a tenth of the deltas and of the whole one. */
  tenth: number;
  whole: number;
}

const GROWING: readonly [what: string, deltas: number, shape: Omit<Shape, 'dialect'>][] = [
  ['a text', 1_000_000, { kind: 'text', words: WORDS }],
  ['a call with 8 MB of arguments', 100_000, { kind: 'arguments', words: 'x'.repeat(80) }],
  ['two calls in turn, 4 MB each', 100_000, { kind: 'arguments', words: 'x'.repeat(80), calls: 2 }],
];

function measureGrowth(): Growth[] {
  return GROWING.flatMap(([what, deltas, shape]) =>
    DIALECTS.map((dialect) => {
      const perDelta = (count: number) => {
        const once = () => read(dialect, manyDeltas({ ...shape, dialect }, count));
        const ms = Array.from({ length: deltas / count }, once);
        return (ms.reduce((sum, one) => sum + one, 0) / deltas) * 1000;
      };
      const rounds = Array.from({ length: ROUNDS }, () => [perDelta(deltas / 10), perDelta(deltas)] as const);
      const [tenth, whole] = [0, 1].map((at) => best(rounds.map((round) => round[at] ?? 0)));
      return { what, dialect, deltas, tenth: tenth ?? 0, whole: whole ?? 0 };
    }),
  );
}

export interface Streams {
  rates: Rate[];
  lines: Line[];
  growth: Growth[];
}

export function measureStreams(): Streams {
  return { rates: measureRates(), lines: measureLines(), growth: measureGrowth() };
}
