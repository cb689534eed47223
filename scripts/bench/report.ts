/** What was measured, as Markdown: the tables, and each number that the project holds itself to. */
import { cpus, platform } from 'node:os';
import { merge, overRounds, perSecond, quantile } from './figures.ts';
import type { Measured } from './load.ts';
import { type Bound, boundsTable, ms, table, whole } from './markdown.ts';
import { DELTAS, type Passthrough, type Scenario, type Translation } from './measure.ts';

export interface Results {
  passthrough: Passthrough;
  translation: Translation;
  start: Record<string, number>;
  /** Which build `before` is, where there is one. */
  before?: string;
}

const POINTS = ['first', 'whole'] as const;
type Point = (typeof POINTS)[number];

function merged({ rounds }: Scenario, target: string): Measured {
  return merge(rounds[target] ?? []);
}

/** How much later than the direct answer the `q`-th of a target's comes. */
function added(scenario: Scenario, target: string, q: number): number {
  return quantile(merged(scenario, target).whole, q) - quantile(merged(scenario, 'direct').whole, q);
}

/** The same for the median, in one round alone. */
function addedIn({ rounds }: Scenario, round: number, target: string, point: Point = 'whole'): number {
  const median = (name: string) => quantile(rounds[name]?.[round]?.[point] ?? [], 0.5);
  return median(target) - median('direct');
}

function rateIn({ rounds }: Scenario, round: number, target: string): number {
  return perSecond(rounds[target]?.[round] ?? { first: [], whole: [], elapsed: Number.NaN });
}

function roundsOf({ rounds }: Scenario): number {
  return rounds.direct?.length ?? 0;
}

/** How many times as much a target adds as `other` does: the median over the rounds. */
function addedOf(scenario: Scenario, target: string, other: string, point: Point = 'whole'): number {
  return overRounds(
    roundsOf(scenario),
    (round) => addedIn(scenario, round, target, point) / addedIn(scenario, round, other, point),
  );
}

/** Requests per second of a target, of those of `other`: the median over the rounds. */
function rateOf(scenario: Scenario, target: string, other: string): number {
  return overRounds(
    roundsOf(scenario),
    (round) => rateIn(scenario, round, target) / rateIn(scenario, round, other),
  );
}

/** @param other whose requests per second are 1 × */
function latencies(scenarios: Scenario[], other: string): string {
  const head = [
    'answer',
    'connections',
    'through',
    'p50',
    'p95',
    'added p50',
    'added p95',
    'first word p50',
    'requests/s',
    `of ${other}’s`,
  ];
  const rows = scenarios.flatMap((scenario) =>
    Object.entries(scenario.rounds).map(([target, rounds]) => {
      const measured = merge(rounds);
      return [
        scenario.streamed ? `streamed, ${DELTAS} deltas` : 'whole',
        String(scenario.connections),
        target,
        ms(quantile(measured.whole, 0.5)),
        ms(quantile(measured.whole, 0.95)),
        target === 'direct' ? '' : ms(added(scenario, target, 0.5)),
        target === 'direct' ? '' : ms(added(scenario, target, 0.95)),
        ms(quantile(measured.first, 0.5)),
        whole(perSecond(measured)),
        target === other ? '' : `${rateOf(scenario, target, other).toFixed(2)} ×`,
      ];
    }),
  );
  return table(head, rows);
}

const OURS = new Set(['direct', 'bare pipe', 'ccproxy', 'before']);

function deltasOf({ deltas }: Translation, build: string): number {
  return deltas[build]?.perProcessorSecond ?? deltas[build]?.perSecond ?? Number.NaN;
}

function othersIn({ rounds }: Scenario): string[] {
  return Object.keys(rounds).filter((name) => !OURS.has(name));
}

function hasNginx({ scenarios }: Passthrough): boolean {
  return scenarios.some((scenario) => othersIn(scenario).some((name) => name.startsWith('nginx')));
}

/** @param build which ccproxy */
function bounds({ passthrough, translation, start }: Results, build: string): Bound[] {
  const named = ({ streamed }: Scenario) => (streamed ? 'streamed' : 'whole');
  const one = passthrough.scenarios.filter(({ connections }) => connections === 1);
  const many = passthrough.scenarios.filter(({ connections }) => connections > 1);
  return [
    ...one.flatMap((scenario) =>
      (scenario.streamed ? POINTS : (['whole'] as const)).map((point) => ({
        what: `passthrough, ${named(scenario)}${point === 'first' ? ', first word' : ''}: added p50, of the bare pipe's`,
        measured: addedOf(scenario, build, 'bare pipe', point),
        unit: '×',
        most: 1.3,
      })),
    ),
    ...many.map((scenario) => ({
      what: `passthrough, ${named(scenario)}: requests/s at ${scenario.connections} connections, of the bare pipe's`,
      measured: rateOf(scenario, build, 'bare pipe'),
      unit: '×',
      least: 0.85,
    })),
    ...translation.scenarios
      .filter(({ connections }) => connections === 1)
      .map((scenario) => ({
        what: `translation, ${named(scenario)}: ${scenario.streamed ? 'first word, ' : ''}added p50`,
        measured: overRounds(roundsOf(scenario), (round) =>
          addedIn(scenario, round, build, scenario.streamed ? 'first' : 'whole'),
        ),
        unit: 'ms',
        most: 1.5,
      })),
    ...translation.scenarios
      .filter(({ connections }) => connections === 1)
      .flatMap((scenario) =>
        othersIn(scenario).map((other) => ({
          what: `translation, ${named(scenario)}: added p50 of ${other}, of ccproxy's`,
          measured: addedOf(scenario, other, build),
          unit: '×',
          least: 10,
        })),
      ),
    {
      what: 'deltas translated per second of one core',
      measured: deltasOf(translation, build),
      unit: '/s',
      least: 100_000,
    },
    { what: 'start to first answer', measured: start[build] ?? Number.NaN, unit: 'ms', most: 60 },
    {
      what: "start to first answer, of the bare pipe's",
      measured: (start[build] ?? Number.NaN) / (start['bare pipe'] ?? Number.NaN),
      unit: '×',
      most: 3,
    },
    {
      what: 'memory after the load',
      measured: Math.max(passthrough.memory[build] ?? Number.NaN, translation.memory[build] ?? Number.NaN),
      unit: 'MB',
      most: 90,
    },
  ];
}

/** What is said before any part. */
export function preface(): string[] {
  const processors = cpus();
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench -- --write`. The ratios within one run mean something; the absolute numbers are those of the',
    'machine.',
    '',
    `Machine: ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${platform()}; Bun ${Bun.version}.`,
    '',
  ];
}

export function report(results: Results): string[] {
  const { passthrough, translation, start } = results;
  const memory = {
    ...passthrough.memory,
    ...Object.fromEntries(
      Object.entries(translation.memory).map(([build, megabytes]) => [`${build}, translating`, megabytes]),
    ),
  };
  const before = start.before === undefined ? undefined : bounds(results, 'before');
  return [
    '## Numbers to hold',
    '',
    'A direct connection, a bare `Bun.serve` and `fetch` pipe compiled with the same flags, nginx where the machine has it,',
    'ccproxy, and other proxies where they were asked for (`--others`), in interleaved rounds of one run, with a request of',
    '77 KB, after a thousand requests of each kind. Ratios are medians over the rounds. First word: the first word of the',
    'answer, and not its first byte; ccproxy holds an answer until it has begun to say something.',
    ...(results.before === undefined ? [] : [`Before: ${results.before}.`]),
    ...(hasNginx(passthrough) ? [] : ['', 'There is no nginx on this machine.']),
    '',
    boundsTable(bounds(results, 'ccproxy'), before),
    '',
    '## Native passthrough',
    '',
    latencies(passthrough.scenarios, 'bare pipe'),
    '',
    '## Translation to OpenAI chat completions and back',
    '',
    latencies(translation.scenarios, 'direct'),
    '',
    `A stream of one long answer: ${whole(translation.deltas.ccproxy?.perSecond ?? Number.NaN)} deltas per second of the clock, with the upstream and`,
    'the client on the same machine.',
    '',
    '## Start and memory',
    '',
    table(
      ['', 'start to first answer', 'memory after the load'],
      Object.entries(memory).map(([name, megabytes]) => [
        name,
        start[name] === undefined ? '' : ms(start[name]),
        `${megabytes.toFixed(1)} MB`,
      ]),
    ),
    '',
  ];
}
