import type { Ms } from '../core/failure.ts';
import type { Drill } from '../drill/report.ts';
import type { Result } from '../drill/run.ts';
import { PHASES, type Scenario } from '../drill/scenario.ts';
import { printable } from '../telemetry/log.ts';
import { table } from './print.ts';

/** `ccproxy drill --list`. */
export function describeScenarios(scenarios: readonly Scenario[]): string {
  const rows = scenarios.map(({ name, phase, title }) => [name, phase, title]);
  return table([['SCENARIO', 'WHEN', 'WHAT GOES WRONG'], ...rows]);
}

/**
 * The scorecard, what failed and why, and the sum.
 * @param width of the terminal, in characters; null where there is none
 */
export function describeDrill(
  { results, tookMs, chainFrom, configuration }: Drill,
  width: number | null = null,
): string {
  const rows = PHASES.flatMap((phase) => {
    const own = results.filter(({ scenario }) => scenario.phase === phase);
    return own.map((result) => rowOf(result, configuration.chain[0]?.name ?? ''));
  });
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const passed = results.filter(({ outcome }) => outcome === 'passed').length;
  const skipped = results.length - passed - failed.length;
  const isSimulated = results.some(({ scenario, gapMs }) => scenario.clock === 'simulated' && gapMs !== null);
  return [
    fitting(table([HEAD, ...rows]), width),
    '',
    ...results.flatMap(({ scenario, remarks }) =>
      remarks.length === 0 ? [] : [`·  ${scenario.name}: ${remarks.join(', ')}`],
    ),
    'FIRST CONTENT: from the last that was read before the fault to a backup’s first words',
    ...(isSimulated ? ['°  on a simulated clock'] : []),
    ...results
      .filter(({ outcome }) => outcome === 'skipped')
      .map(({ scenario, findings }) => `–  ${scenario.name}: ${findings.join('; ')}`),
    ...failures(failed),
    `${passed} passed, ${failed.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}, in ${(tookMs / 1000).toFixed(1)} s.`,
    ...adviceOn(chainFrom),
  ].join('\n');
}

/** Each with what was found; what was found of many is said once. */
function failures(failed: readonly Result[]): string[] {
  const byFinding = Map.groupBy(failed, ({ findings }) => findings.join('; '));
  return [...byFinding].flatMap(([words, results]) => {
    if (results.length > MOST) return [`✗  ${results.length} scenarios: ${printable(words)}`];
    return results.flatMap(({ scenario, findings }) => [
      `✗  ${scenario.name}: ${scenario.title}`,
      ...findings.slice(0, MOST).map((finding) => `     ${printable(finding)}`),
      ...(findings.length > MOST ? [`     and ${findings.length - MOST} more`] : []),
    ]);
  });
}

const HEAD = ['', 'SCENARIO', 'FIRST CONTENT', 'ATTEMPTS', 'CLIENT SAW', 'BREAKER'];
/** Findings of one scenario, and scenarios of one finding. */
const MOST = 5;
const MARKS = { passed: '✓', failed: '✗', skipped: '–' } as const;

function rowOf(result: Result, first: string): string[] {
  const { scenario, outcome, gapMs, attempts, saw, breakers } = result;
  return [
    MARKS[outcome],
    scenario.name,
    gapMs === null ? '' : `${durationOf(gapMs)}${scenario.clock === 'simulated' ? '°' : ''}`,
    String(attempts),
    counted(saw).join(' → '),
    printable(pathsOf(breakers, first).join(', ')),
  ];
}

/** What comes several times in a row, once and counted. */
function counted(words: readonly string[]): string[] {
  const runs: { word: string; times: number }[] = [];
  for (const word of words) {
    const last = runs.at(-1);
    if (last?.word === word) last.times += 1;
    else runs.push({ word, times: 1 });
  }
  return runs.map(({ word, times }) => (times === 1 ? word : `${times} × ${word}`));
}

/** The way of each upstream's breakers, in order: `open → closed`, with a name where it is not the first of the chain. */
function pathsOf(breakers: Result['breakers'], first: string): string[] {
  const byUpstream = Map.groupBy(breakers, ({ upstream }) => upstream);
  return [...byUpstream].map(([upstream, moves]) => {
    const path = counted(moves.map(({ to }) => to)).join(' → ');
    return upstream === first ? path : `${upstream} ${path}`;
  });
}

/** `231 ms`, `45.0 s`. */
export function durationOf(ms: Ms): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function adviceOn(chainFrom: Drill['chainFrom']): string[] {
  return chainFrom === 'default'
    ? ['That was the default chain. Here no backup is configured, and each of them stops you.']
    : [];
}

/** Lines that a terminal would wrap end where it ends. */
function fitting(lines: string, width: number | null): string {
  if (width === null) return lines;
  return lines
    .split('\n')
    .map((line) => (Bun.stringWidth(line) > width ? `${line.slice(0, width - 1)}…` : line))
    .join('\n');
}
