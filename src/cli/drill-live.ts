import { describeProblems } from '../config/problem.ts';
import type { Chain } from '../core/upstream.ts';
import { type LiveResult, testLive } from '../drill/live.ts';
import { createSend } from '../proxy/send.ts';
import { openTested } from '../store/tested-file.ts';
import { printable } from '../telemetry/log.ts';
import { durationOf } from './drill-card.ts';
import { EXIT, Exit } from './exit.ts';
import { report, table, tell } from './print.ts';
import { isProxied, machineClock, randomName } from './runtime.ts';
import { type CommonFlags, configured, homeFolder } from './sources.ts';
import { stateFolder, testedPath } from './state-folder.ts';

/**
 * `ccproxy drill --live [UPSTREAM…]`: a small real turn through each upstream that ccproxy has a key for, or that needs none;
 * those that pass are noted as tested. Spends tokens.
 * @throws Exit 2 for a configuration that is not valid, 1 for an upstream that is not in the chain or does not pass
 */
export async function drillLive(names: readonly string[], flags: CommonFlags): Promise<void> {
  const result = await configured(flags);
  if (!result.ok) throw new Exit(EXIT.usage, describeProblems(result.problems));
  const { configuration } = result;
  const chosen = chosenFrom(configuration.chain, names);
  const send = createSend({ clock: machineClock, instance: randomName(8), isProxied });
  tell(
    `ccproxy: a small real turn, some hundred tokens, through each of: ${chosen.map(({ name }) => name).join(', ')}`,
  );
  const results: LiveResult[] = [];
  for (const upstream of chosen)
    results.push(await testLive(upstream, { configuration, clock: machineClock, send }));
  const passed = chosen.filter((_, at) => results[at]?.outcome === 'passed');
  const folder = stateFolder(process.env, homeFolder(), process.platform);
  const note = noted(() =>
    openTested(testedPath(folder), () => randomName(16)).note(passed, machineClock.now()),
  );
  if (note !== null) tell(`ccproxy: warning: that they were tested cannot be kept: ${note}`);
  report(flags.json ? JSON.stringify({ live: results.map(documentOf) }, null, 2) : describe(results));
  const isGood = passed.length > 0 && !results.some(({ outcome }) => outcome === 'failed');
  if (!isGood) throw new Exit(EXIT.failed, passed.length > 0 ? '' : 'no upstream passed');
}

function chosenFrom(chain: Chain, names: readonly string[]): Chain {
  const unknown = names.find((name) => !chain.some((upstream) => upstream.name === name));
  if (unknown === undefined)
    return names.length === 0 ? chain : chain.filter(({ name }) => names.includes(name));
  const there = chain.map(({ name }) => name).join(', ');
  throw new Exit(EXIT.failed, `there is no upstream "${unknown}"; there are: ${there}`);
}

/** Why it could not be done; null when it was. */
function noted(write: () => void): string | null {
  try {
    write();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const MARKS = { passed: '✓', failed: '✗', skipped: '–' } as const;

function describe(results: readonly LiveResult[]): string {
  const rows = results.map(
    ({ outcome, upstream, model, firstContentMs, tookMs, inputTokens, outputTokens, findings }) => [
      MARKS[outcome],
      upstream,
      printable(model),
      firstContentMs === null ? '' : durationOf(firstContentMs),
      outcome === 'skipped' ? '' : durationOf(tookMs),
      outcome === 'skipped' ? '' : `${inputTokens} + ${outputTokens}`,
      printable(findings.join('; ')),
    ],
  );
  return table([['', 'UPSTREAM', 'MODEL', 'FIRST WORDS', 'TURN', 'TOKENS', 'NOTE'], ...rows]);
}

function documentOf({ firstContentMs, tookMs, inputTokens, outputTokens, ...rest }: LiveResult) {
  return {
    ...rest,
    first_content_ms: firstContentMs,
    took_ms: tookMs,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
  };
}
