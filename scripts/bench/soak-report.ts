/** What a soak came to, as Markdown, and what in it must not be. */
import { type Bound, boundsTable, table, whole } from './markdown.ts';
import type { Sample, Soak } from './soak.ts';
import { shutOf } from './soak-recovery.ts';
import { type End, isFair } from './soak-verdict.ts';

/** Rows of the table of samples. */
const ROWS = 16;

/** Parts of the second half, each of which is as high as its lowest sample. */
const TROUGHS = 10;

/** Memory is freed late: how high it is just before says little. */
function troughs(samples: readonly Sample[]): Sample[] {
  const end = samples.at(-1)?.done ?? 0;
  const at = ({ done }: Sample) => Math.min(TROUGHS - 1, Math.floor((done / end - 0.5) * 2 * TROUGHS));
  return Array.from({ length: TROUGHS }, (_, index) =>
    samples
      .filter((sample) => at(sample) === index)
      .toSorted((one, other) => one.megabytes - other.megabytes),
  ).flatMap(([lowest]) => lowest ?? []);
}

interface Slope {
  /** Megabytes per 10,000 requests. */
  slope: number;
  /** Its standard error. */
  error: number;
}

/** How memory grows over the second half, by least squares. */
export function slopeOf(samples: readonly Sample[]): Slope {
  const late = troughs(samples);
  const mean = (value: (sample: Sample) => number) =>
    late.reduce((sum, sample) => sum + value(sample), 0) / late.length;
  const [done, megabytes] = [mean((sample) => sample.done), mean((sample) => sample.megabytes)];
  const spread = mean((sample) => (sample.done - done) ** 2);
  const slope = mean((sample) => (sample.done - done) * (sample.megabytes - megabytes)) / spread;
  const rest = mean((sample) => (sample.megabytes - megabytes - slope * (sample.done - done)) ** 2);
  const error = Math.sqrt(rest / spread / (late.length - 2));
  return { slope: slope * 10_000, error: error * 10_000 };
}

/** Everything that must not be, whatever the machine: in words. */
export function failuresOf({ progress, recoveries, states, complaints, orphans }: Soak): string[] {
  const ends = Object.entries(progress.ends) as [End | 'left', number][];
  return [
    ...ends
      .filter(([end]) => end !== 'left' && !isFair(end))
      .map(([end, count]) => `${whole(count)} answers: ${end}`),
    ...recoveries.flatMap(({ name, afterMs, afterLeavingMs, places }) => [
      ...(afterMs === null ? [`${name} is well and is not asked any more`] : []),
      ...(afterMs !== null && afterLeavingMs === null
        ? [`${name} is well and is not asked any more once a client has left it half-open`]
        : []),
      ...(places !== null && places.most < places.limit
        ? [`${name} gets ${places.most} requests at once, of ${places.limit} that it may have`]
        : []),
    ]),
    ...shutOf(states).map((name) => `${name} is well and stays ${states[name]}`),
    ...(orphans > 0 ? [`${orphans} requests still at upstreams after their clients had gone`] : []),
    ...complaints,
  ];
}

function bounds(soak: Soak): Bound[] {
  const { before, 'without upstreams': after } = soak.sockets;
  const { slope, error } = slopeOf(soak.samples);
  return [
    { what: 'soak: failures', measured: failuresOf(soak).length, unit: '', most: 0 },
    {
      what: 'soak: memory per 10,000 requests, second half',
      measured: slope,
      unit: 'MB',
      most: Math.max(1, 2 * error),
    },
    {
      what: 'soak: sockets left over, without clients and upstreams',
      measured: (after?.open ?? Number.NaN) - (before?.open ?? Number.NaN),
      unit: '',
      most: 0,
    },
  ];
}

function samplesTable(samples: readonly Sample[]): string {
  const every = Math.max(1, Math.ceil(samples.length / ROWS));
  const shown = samples.filter((_, index) => index % every === 0 || index === samples.length - 1);
  return table(
    ['seconds', 'requests', 'memory', 'sockets', 'half-closed', 'states'],
    shown.map(({ at, done, megabytes, sockets, states }) => [
      whole(at),
      whole(done),
      `${megabytes.toFixed(1)} MB`,
      String(sockets?.open ?? '?'),
      String(sockets?.halfClosed ?? '?'),
      states === null ? '?' : Object.values(states).join(', '),
    ]),
  );
}

function counted(counts: Partial<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted(([, one], [, other]) => (other ?? 0) - (one ?? 0))
    .map(([name, count]) => `${name} ${whole(count ?? 0)}`)
    .join(' · ');
}

export function soakReport(soak: Soak): string[] {
  const { progress, took, requests, seed, suffered, recoveries, sockets, states } = soak;
  const failures = failuresOf(soak);
  const { slope, error } = slopeOf(soak.samples);
  return [
    '## Soak',
    '',
    `${whole(progress.done)} of ${whole(requests)} requests in ${whole(took)} s, 64 at once, seed ${seed}: three upstreams that fail at random, in`,
    'ways that change every few seconds, and clients of which every twelfth leaves early.',
    '',
    boundsTable(bounds(soak)),
    '',
    samplesTable(soak.samples),
    '',
    `Memory grows by ${slope.toFixed(1)} ± ${(2 * error).toFixed(1)} MB per 10,000 requests over the second half. It is freed late: what is to hold is 1 MB, or`,
    'what cannot be told from nothing in so short a soak.',
    '',
    `How the clients' requests ended: ${counted(progress.ends)}.`,
    '',
    `What the upstreams did wrong: ${counted(suffered)}.`,
    '',
    table(
      [
        'well again',
        'asked after',
        'after a client left it half-open',
        'requests at once, of the most allowed',
      ],
      recoveries.map(({ name, afterMs, afterLeavingMs, places }) => [
        name,
        seconds(afterMs),
        seconds(afterLeavingMs),
        places === null ? '' : `${places.most} of ${places.limit}`,
      ]),
    ),
    '',
    `Sockets: ${Object.entries(sockets)
      .map(([when, found]) => `${found?.open ?? '?'} ${when}`)
      .join(', ')}. States at the end: ${counted(tallied(Object.values(states)))}.`,
    '',
    ...failures.flatMap((failure) => [`**Failure**: ${failure}`, '']),
    ...progress.defects.flatMap((defect) => ['```json', JSON.stringify(defect), '```', '']),
  ];
}

function seconds(found: number | null): string {
  return found === null ? '**never**' : `${(found / 1_000).toFixed(1)} s`;
}

function tallied(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
