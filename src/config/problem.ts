/** Something in the configuration, the environment or the command line that stops ccproxy from starting. */
export interface Problem {
  /** The file it is in, as the user would name it; absent for the environment and the command line. */
  file?: string;
  /** 1-based. */
  line?: number;
  /** The key with its sections (`upstreams.groq.base_url`), a variable's name, or a flag. */
  key?: string;
  /** What is wrong, in words. */
  what: string;
  /** What was found there; never a secret's value. */
  found?: string;
  /** What may stand there. */
  allowed?: string;
  /** What to do about it, or what was probably meant. */
  hint?: string;
}

/** Where a problem is. */
export type Place = Pick<Problem, 'file' | 'line' | 'key'>;

/** One line: `ccproxy.toml:12: server.port: wrong type: found …; allowed: … (did you mean …?)`. */
export function describeProblem(problem: Problem): string {
  const { file, line, key, what, found, allowed, hint } = problem;
  const where = file === undefined ? '' : line === undefined ? `${file}: ` : `${file}:${line}: `;
  const details = [found && `found ${found}`, allowed && `allowed: ${allowed}`].filter(Boolean).join('; ');
  return `${where}${key === undefined ? '' : `${key}: `}${what}${details && `: ${details}`}${hint ? ` (${hint})` : ''}`;
}

/** Every problem on a line of its own, in the order of their lines; the same one only once. */
export function describeProblems(problems: readonly Problem[]): string {
  const sorted = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return [...new Set(sorted.map(describeProblem))].join('\n');
}
