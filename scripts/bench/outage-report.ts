/** What a known outage costs, as Markdown. */
import type { Answered } from './conversations.ts';
import { overRounds, quantile } from './figures.ts';
import { type Bound, boundsTable, ms, table, whole } from './markdown.ts';
import type { Outage } from './outage.ts';

/** Answers of the backup for which nothing else was asked. */
function unhindered(answers: readonly Answered[] = []): number[] {
  return answers.filter(({ attempts }) => attempts === 1).map(({ took }) => took);
}

function times({ withDead, alone }: Outage, round: number, q: number): { dead: number; alone: number } {
  return { dead: quantile(unhindered(withDead[round]), q), alone: quantile(unhindered(alone[round]), q) };
}

/** How much later than from the backup alone, the median over the rounds. */
function added(outage: Outage, q: number): number {
  return overRounds(outage.alone.length, (round) => {
    const { dead, alone } = times(outage, round, q);
    return dead - alone;
  });
}

function ratio(outage: Outage, q: number): number {
  return overRounds(outage.alone.length, (round) => {
    const { dead, alone } = times(outage, round, q);
    return dead / alone;
  });
}

function bounds(outage: Outage): Bound[] {
  const what = `primary that is down (${outage.name})`;
  return [
    { what: `${what}: added p50 of an answer`, measured: added(outage, 0.5), unit: 'ms', most: 1 },
    {
      what: `${what}: requests that reach it, at most in one half-open window`,
      measured: outage.reached.mostAtOnce,
      unit: '',
      most: 1,
    },
  ];
}

function row(outage: Outage): string[] {
  const { withDead, alone, reached } = outage;
  const answers = withDead.flat();
  return [
    outage.name,
    ms(quantile(unhindered(alone.flat()), 0.5)),
    ms(added(outage, 0.5)),
    ms(added(outage, 0.95)),
    `${ratio(outage, 0.5).toFixed(2)} ×`,
    `${ratio(outage, 0.95).toFixed(2)} ×`,
    `${whole(answers.length - unhindered(answers).length)} of ${whole(answers.length)}`,
    `${reached.requests} in ${whole(reached.seconds)} s`,
    String(reached.mostAtOnce),
    String(reached.probes),
  ];
}

const HEAD = [
  'the primary',
  'backup alone, p50',
  'added p50',
  'added p95',
  'p50, of alone',
  'p95, of alone',
  'tried it on the way',
  'requests that reached it',
  'most in one window',
  'probes',
];

export function outageReport(outages: readonly Outage[]): string[] {
  return [
    '## A known outage',
    '',
    'A primary that is down before a backup, beside the backup alone: fifty conversations, with a breaker that opens for a',
    'second each time. Added to what: answers for which the primary was not asked. Reached it: after the breaker had opened.',
    '',
    boundsTable(outages.flatMap(bounds)),
    '',
    table(HEAD, outages.map(row)),
    '',
  ];
}
