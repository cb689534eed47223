/**
 * `npm run bench:failover [-- NAME…] [--only PATTERN] [--write]`: plays the scenarios of a drill against ccproxy,
 * claude-code-router and the Portkey gateway, or those of them that are named; `--write` puts the table of all three into
 * docs/benchmarks.md. Takes about a quarter of an hour, and the network of npm once.
 *
 * `-- --base-url URL --primary PORT --backup PORT [--backup-dialect openai-chat] [--name NAME] [--header "name: value"]…`
 * plays them against a proxy that runs already: one that asks 127.0.0.1:PRIMARY first, as Anthropic, and 127.0.0.1:BACKUP
 * when that fails.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../../../package.json' with { type: 'json' };
import { playOn } from '../../../src/drill/run.ts';
import type { Scenario } from '../../../src/drill/scenario.ts';
import { stopAll } from '../processes.ts';
import { replaceSection } from '../sections.ts';
import { PLAYED } from './list.ts';
import { failoverReport, outcomeOf, type Played, SECTION } from './report.ts';
import { ccproxy } from './rivals/ccproxy.ts';
import { claudeCodeRouter } from './rivals/claude-code-router.ts';
import { given } from './rivals/given.ts';
import { portkey } from './rivals/portkey.ts';
import type { Rival } from './rivals/rival.ts';
import { openRivalStage } from './stage.ts';

/** Scenarios. */
const AT_A_TIME = 8;
const REPORT = join(import.meta.dir, '..', '..', '..', 'docs', 'benchmarks.md');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ccproxy: { type: 'string', default: 'dist/ccproxy' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    'base-url': { type: 'string' },
    primary: { type: 'string' },
    backup: { type: 'string' },
    'backup-dialect': { type: 'string', default: 'anthropic' },
    name: { type: 'string', default: 'given' },
    header: { type: 'string', multiple: true, default: [] },
  },
});

function rivals(): Rival[] {
  const all = [ccproxy(resolve(values.ccproxy), packageJson.version), claudeCodeRouter(), portkey];
  if (values['base-url'] !== undefined) return [givenRival(values['base-url'])];
  const unknown = positionals.filter((name) => !all.some((rival) => rival.name === name));
  if (unknown.length > 0)
    throw new Error(`no "${unknown.join(', ')}"; there are: ${all.map(({ name }) => name).join(', ')}`);
  return positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
}

function givenRival(baseUrl: string): Rival {
  const dialect = values['backup-dialect'];
  if (dialect !== 'anthropic' && dialect !== 'openai-chat')
    throw new Error(`--backup-dialect: found "${dialect}"; allowed: anthropic, openai-chat`);
  const headers = values.header.map((line) => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`--header: found "${line}"; allowed: "name: value"`);
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return given({
    name: values.name,
    version: '',
    baseUrl: baseUrl.replace(/\/$/, ''),
    headers: Object.fromEntries(headers) as Record<string, string>,
    backupDialect: dialect,
    ports: { primary: portOf('primary'), backup: portOf('backup') },
  });
}

function portOf(name: 'primary' | 'backup'): number {
  const port = Number(values[name]);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(
    `--${name}: found "${values[name] ?? 'nothing'}"; allowed: the port where the proxy looks for it`,
  );
}

/** A fresh proxy for each: what one remembers of an outage would hide what the next does to it. */
async function play(rival: Rival, scenario: Scenario): Promise<Played> {
  const stage = await openRivalStage(rival, scenario);
  const result = await playOn(stage, scenario);
  const [primary] = stage.actors;
  return { result, asked: primary?.asked.length ?? 0 };
}

/** Most of what is played is waiting, so several are played at a time; one, where the proxy is there only once. */
async function playAll(rival: Rival, scenarios: readonly Scenario[]): Promise<Played[]> {
  const played: Played[] = [];
  const waiting = [...scenarios.entries()];
  const player = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, scenario] = next;
      const one = await play(rival, scenario);
      played[at] = one;
      const { findings } = one.result;
      console.error(`${rival.name}  ${scenario.name}  ${outcomeOf(one)}  ${findings.join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: rival.ports === undefined ? AT_A_TIME : 1 }, player));
  return played;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    await stopAll();
    process.exit(1);
  });
}

try {
  const pattern = new RegExp(`^(?:${(values.only ?? '.*').replaceAll('*', '.*')})$`);
  const chosen = PLAYED.filter(({ name }) => pattern.test(name));
  const all = new Map<Rival, Played[]>();
  for (const rival of rivals()) {
    await rival.prepare();
    all.set(rival, await playAll(rival, chosen));
  }
  const report = failoverReport(all);
  console.log(report);
  if (values.write) {
    if (all.size < 3 || chosen.length < PLAYED.length)
      throw new Error('--write writes a whole report: leave out names');
    await replaceSection(REPORT, SECTION, report);
  }
} finally {
  await stopAll();
}
