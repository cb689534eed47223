/** What reading answers costs, as Markdown. */
import { type Bound, boundsTable, table, whole } from './markdown.ts';
import {
  type Growth,
  LINE_MEGABYTES,
  type Line,
  RATE_DELTAS,
  type Rate,
  READS,
  type Streams,
} from './streams.ts';

/** Of the longest per megabyte, of the shortest's: 1 where time grows as the length does. */
function flatness({ perMegabyte }: Line): number {
  return (perMegabyte.at(-1) ?? Number.NaN) / (perMegabyte[0] ?? Number.NaN);
}

function growth({ tenth, whole: all }: Growth): number {
  return all / tenth;
}

function most<T>(all: readonly T[], value: (one: T) => number): number {
  return Math.max(...all.map(value));
}

function bounds({ rates, lines, growth: growing }: Streams): Bound[] {
  return [
    ...rates.map(({ dialect, kind, perSecond }) => ({
      what: `${dialect}, deltas of ${kind}`,
      measured: perSecond,
      unit: '/s',
      least: 100_000,
    })),
    ...READS.map(([reads]) => ({
      what: `a line of ${LINE_MEGABYTES.at(-1)} MB, read ${reads}: time per byte, of that of ${LINE_MEGABYTES[0]} MB, at most`,
      measured: most(
        lines.filter((line) => line.reads === reads),
        flatness,
      ),
      unit: '×',
      // What does not fit the processor's cache takes up to twice as long; quadratic would be eight times.
      most: 3,
    })),
    {
      what: 'ten times as many deltas: time per delta, of that of a tenth of them, at most',
      measured: most(growing, growth),
      unit: '×',
      most: 1.5,
    },
  ];
}

function lineRow(line: Line): string[] {
  const { dialect, kind, reads, perMegabyte } = line;
  return [
    `${dialect}, ${kind}`,
    reads,
    ...perMegabyte.map((ms) => `${ms.toFixed(2)} ms`),
    `${flatness(line).toFixed(2)} ×`,
  ];
}

function growthRow(one: Growth): string[] {
  return [
    `${one.what}, ${one.dialect}`,
    whole(one.deltas),
    `${one.tenth.toFixed(2)} µs`,
    `${one.whole.toFixed(2)} µs`,
    `${growth(one).toFixed(2)} ×`,
  ];
}

function rateRow({ dialect, kind, perSecond }: Rate): string[] {
  return [`${dialect}, ${kind}`, whole(perSecond), `${((1 / perSecond) * 1e6).toFixed(2)} µs`];
}

export function streamsReport(streams: Streams): string[] {
  return [
    '## Reading streams',
    '',
    'Framing, translation and the bytes for the client, in one process without sockets: deltas of ten characters',
    `(${whole(RATE_DELTAS)} of them), one event of many megabytes, and very many events. Time of the processor, the best of five`,
    'rounds.',
    '',
    boundsTable(bounds(streams)),
    '',
    table(['deltas of', 'per second', 'each'], streams.rates.map(rateRow)),
    '',
    'Time per megabyte of one event, by its length and by how much of it is read at once:',
    '',
    table(
      ['event of', 'read', ...LINE_MEGABYTES.map((megabytes) => `${megabytes} MB`), 'longest, of shortest'],
      streams.lines.map(lineRow),
    ),
    '',
    'Time per delta of long answers, and of answers of a tenth of their length:',
    '',
    table(['answer', 'deltas', 'of a tenth', 'of all', 'ratio'], streams.growth.map(growthRow)),
    '',
  ];
}
