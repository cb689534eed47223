/** What proxies made of the same outages, as Markdown. */
import type { Result } from '../../../src/drill/run.ts';
import { PHASES } from '../../../src/drill/scenario.ts';
import { table } from '../markdown.ts';
import { PLAYED, SIXTEEN } from './list.ts';
import type { Rival } from './rivals/rival.ts';
import { CLIENT_SILENCE_MS, PATIENCE_MS } from './stage.ts';

export const SECTION = 'Failover of the Messages API';

/** One scenario played against one proxy. */
export interface Played {
  result: Result;
  /** Requests that reached the primary, the first healthy one included. */
  asked: number;
}

/**
 * - `finished`: the turn ended with the answer that it should
 * - `error`: it did not, and its user reads an error: nothing is lost in silence
 * - `wrong`: what is worse than an error: an answer that is not whole and looks it, a call that runs in part, no end at all
 */
export type Outcome = 'finished' | 'error' | 'wrong';

export function outcomeOf({ result: { outcome, findings } }: Played): Outcome {
  if (outcome === 'passed') return 'finished';
  return findings.every((finding) => MERE_ERROR.test(finding)) ? 'error' : 'wrong';
}

/** An error status, an error event or a broken connection, of which the client tells its user. */
const MERE_ERROR = /^the turn did not finish: (?!the answer is empty|the turn goes in a circle)/;

const MARKS: Record<Outcome, string> = { finished: '✓', error: 'error', wrong: '**✗**' };

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function cell(played: Played | undefined): string {
  if (played === undefined) return '';
  const { gapMs } = played.result;
  const outcome = outcomeOf(played);
  return outcome === 'finished' && gapMs !== null ? `✓ ${seconds(gapMs)}` : MARKS[outcome];
}

export function failoverReport(all: ReadonlyMap<Rival, readonly Played[]>): string {
  const rivals = [...all.keys()];
  const names = rivals.map(({ name, version }) => `${name} ${version}`.trim());
  const of = (rival: Rival, name: string) =>
    all.get(rival)?.find(({ result }) => result.scenario.name === name);
  const sixteen = SIXTEEN.map(([id, what, name]) => [
    `${id} ${what} (\`${name}\`)`,
    ...rivals.map((rival) => cell(of(rival, name))),
  ]);
  const phases = PHASES.flatMap((phase) => {
    const own = PLAYED.filter((scenario) => scenario.phase === phase).map(({ name }) => name);
    const sums = rivals.map((rival) =>
      sumOf(own.map((name) => of(rival, name)).filter((one) => one !== undefined)),
    );
    return own.length === 0 ? [] : [[`${phase} (${own.length})`, ...sums]];
  });
  return [
    `## ${SECTION}`,
    '',
    'Written by `npm run bench:failover -- --write`: one proxy at a time, started afresh for each scenario, in front of a',
    'scripted primary and a scripted backup that both speak the Messages API, and a client that reacts as Claude Code was',
    'measured to. A proxy is judged by what its client sees, and not by what it does inside. ✓: the user’s turn ended with the',
    'answer that it should; beside it, how long nothing was to be read before the backup’s first words. *error*: it did not,',
    'and the user reads why. **✗**: worse than an error: half an answer that looks whole, words twice, or no end at all.',
    `Eight scenarios are played at a time, and what breaks off does so with every request. Silence is scaled down to a`,
    `thirtieth: upstreams are waited for ${PATIENCE_MS / 1000} s wherever a proxy has a setting for it, and the client gives up after ${CLIENT_SILENCE_MS / 1000} s. How each is configured: scripts/bench/failover/rivals.`,
    '',
    'The sixteen scenarios of Failover Bench 0.1, for the Messages API:',
    '',
    table(['scenario', ...names], sixteen),
    '',
    'All of them, by phase:',
    '',
    table(['phase', ...names], phases),
    '',
    'What was not as it should be:',
    '',
    ...rivals.flatMap((rival) => losses(rival, all.get(rival) ?? [])),
  ].join('\n');
}

function sumOf(played: readonly Played[]): string {
  const count = (outcome: Outcome) => played.filter((one) => outcomeOf(one) === outcome).length;
  const parts = [
    `${count('finished')} ✓`,
    ...(count('error') > 0 ? [`${count('error')} error`] : []),
    ...(count('wrong') > 0 ? [`**${count('wrong')} ✗**`] : []),
  ];
  return parts.join(', ');
}

function losses({ name }: Rival, played: readonly Played[]): string[] {
  const lost = played.filter((one) => outcomeOf(one) !== 'finished');
  if (lost.length === 0) return [`* ${name}: nothing`];
  const byWords = Map.groupBy(lost, ({ result }) => plain(result.findings));
  return [...byWords].map(
    ([words, ones]) => `* ${name}: ${words}: ${ones.map(({ result }) => result.scenario.name).join(', ')}`,
  );
}

/** What was found, without what differs from run to run. */
function plain(findings: readonly string[]): string {
  const words = findings.slice(0, 2).join('; ');
  const short = words.length > 160 ? `${words.slice(0, 159)}…` : words;
  return short
    .replaceAll('|', '\\|')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1');
}
