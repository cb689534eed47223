import { type Configuration, configure } from '../config/build.ts';
import { nearest } from '../config/nearest.ts';
import { describeProblems } from '../config/problem.ts';
import { type ChainFrom, type Drill, reportOf } from '../drill/report.ts';
import { play } from '../drill/run.ts';
import type { Scenario } from '../drill/scenario.ts';
import { SCENARIOS } from '../drill/scenarios/index.ts';
import { buildInfo } from './build-info.ts';
import { describeDrill, describeScenarios } from './drill-card.ts';
import { createView } from './drill-view.ts';
import { EXIT, Exit } from './exit.ts';
import { report, tell } from './print.ts';
import { machineClock } from './runtime.ts';
import { type CommonFlags, configured, sourcesOf } from './sources.ts';

export interface DrillFlags extends CommonFlags {
  list?: boolean;
}

/**
 * `ccproxy drill [SCENARIO…]`: rehearses outages on a copy of the user's chain, on this machine alone and without a key.
 * @throws Exit 2 for a scenario that does not exist and for a configuration that is not valid, 1 when one fails.
 */
export async function drill(names: readonly string[], flags: DrillFlags): Promise<void> {
  const scenarios = chosen(names);
  if (flags.list) return report(flags.json ? listed(scenarios) : describeScenarios(scenarios));
  const { configuration, from } = await rehearsed(flags);
  if (!flags.json && !(await configured(flags)).ok)
    tell(
      'ccproxy: something is missing, a key perhaps, and made up for the drill; ccproxy config check says what',
    );
  const startedAt = performance.now();
  const view = flags.json ? null : createView({ scenarios, configuration, from });
  view?.opening();
  const results: Drill['results'][number][] = [];
  for (const scenario of scenarios) {
    view?.begins(scenario);
    const result = await play(scenario, {
      configuration,
      clock: machineClock,
      ...(view === null ? {} : { tell: view.happens }),
    });
    results.push(result);
    view?.ends(result);
  }
  view?.closing();
  const tookMs = performance.now() - startedAt;
  const done: Drill = { version: buildInfo.version, configuration, chainFrom: from, results, tookMs };
  report(
    flags.json
      ? JSON.stringify(reportOf(done), null, 2)
      : describeDrill(done, process.stdout.isTTY ? process.stdout.columns : null),
  );
  if (results.some(({ outcome }) => outcome === 'failed')) throw new Exit(EXIT.failed, '');
}

/** What stands for a key that is not there. */
const PLACEHOLDER = 'key-of-a-rehearsal';
/** What is rehearsed where nothing could take over: Anthropic, a cloud, and a model on this machine. */
const DEFAULT_CHAIN = 'anthropic,groq,ollama';

async function rehearsed(flags: CommonFlags): Promise<{ configuration: Configuration; from: ChainFrom }> {
  const sources = { ...sourcesOf(flags), placeholder: PLACEHOLDER };
  const own = await configure(sources);
  if (!own.ok) throw new Exit(EXIT.usage, describeProblems(own.problems));
  const { configuration } = own;
  const { mode } = configuration.settings;
  for (const line of configuration.notices) tell(`ccproxy: ${line}`);
  if (mode !== 'standing' || configuration.chain.length > 1) return { configuration, from: mode };
  const { PATH, HOME } = process.env;
  const other = await configure({
    ...sources,
    env: { PATH, HOME, PROVIDER: DEFAULT_CHAIN },
    read: async () => null,
  });
  if (!other.ok) throw new Exit(EXIT.failed, describeProblems(other.problems));
  return { configuration: other.configuration, from: 'default' };
}

/** @throws Exit 2 for a name or a pattern that fits none */
function chosen(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS;
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => fits(scenario, name)));
  const [first] = unknown;
  if (first !== undefined) {
    const near = nearest(
      first,
      SCENARIOS.map(({ name }) => name),
    );
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    const all = SCENARIOS.map(({ name }) => name).join(', ');
    throw new Exit(
      EXIT.usage,
      `unknown scenario "${first}".${hint}\nScenarios, also by patterns such as "reset-*": ${all}`,
    );
  }
  return SCENARIOS.filter((scenario) => names.some((name) => fits(scenario, name)));
}

/** Whether a word of the command line means it: its name, or a pattern in which `*` stands for anything. */
function fits({ name }: Scenario, word: string): boolean {
  const pattern = word.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(name);
}

function listed(scenarios: readonly Scenario[]): string {
  return JSON.stringify(
    scenarios.map(({ name, phase, title, clock }) => ({ name, phase, title, clock })),
    null,
    2,
  );
}
