import { type ConfigSources, type Configuration, configure } from '../config/build.ts';
import { describeProblems, type Problem } from '../config/problem.ts';

/** What a command says, and how it ends. */
export interface Report {
  /** 0 valid · 2 invalid. */
  code: number;
  stdout: string;
  stderr: string;
}

/** `ccproxy config check`: which file is used, the chain it gives and why, and everything that is wrong. */
export async function configCheck(sources: ConfigSources, options: { json: boolean }): Promise<Report> {
  const result = await configure(sources);
  if (options.json) {
    const report = result.ok ? validJson(result.configuration) : invalidJson(result.problems);
    return { code: result.ok ? 0 : 2, stdout: `${JSON.stringify(report, null, 2)}\n`, stderr: '' };
  }
  if (!result.ok) return { code: 2, stdout: '', stderr: `${describeProblems(result.problems)}\n` };
  const { configuration } = result;
  const remarks = [
    ...configuration.notices,
    ...configuration.warnings.map((warning) => `warning: ${warning}`),
  ];
  return {
    code: 0,
    stdout: `${describeConfiguration(configuration).join('\n')}\n`,
    stderr: remarks.map((remark) => `${remark}\n`).join(''),
  };
}

/** The chain, who is in it and why, and who is not: the lines that the server prints at start as well. */
export function describeConfiguration({ settings, chain, why, leftOut }: Configuration): string[] {
  const width = Math.max(...[...chain, ...leftOut].map(({ name }) => name.length));
  return [
    `mode: ${settings.mode}`,
    `file: ${settings.configPath ?? 'none'}`,
    'chain:',
    ...chain.map(({ name, dialect }, index) => {
      const { address, why: reason } = why[index] ?? { address: '', why: '' };
      return `  ${index + 1}. ${name.padEnd(width)}  ${address} (${dialect.name}): ${reason}`;
    }),
    ...(leftOut.length > 0 ? ['left out:'] : []),
    ...leftOut.map(({ name, why: reason }) => `     ${name.padEnd(width)}  ${reason}`),
  ];
}

function validJson({ settings, chain, why, leftOut, notices, warnings }: Configuration) {
  return {
    valid: true,
    mode: settings.mode,
    file: settings.configPath,
    chain: chain.map(({ name, provider, dialect }, index) => ({
      name,
      provider,
      dialect: dialect.name,
      base_url: why[index]?.address ?? '',
      why: why[index]?.why ?? '',
    })),
    left_out: leftOut,
    notices,
    warnings,
    problems: [],
  };
}

function invalidJson(problems: readonly Problem[]) {
  return { valid: false, problems };
}
