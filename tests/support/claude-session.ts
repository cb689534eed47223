import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClaudeResult, type ClaudeRun, runClaude } from './claude.ts';

/** One conversation of the real client: a run for each turn of the user, each of which resumes the one before. */
export interface ClaudeSession {
  /** The folder that its tools work in. */
  readonly cwd: string;
  /** What the client answers to the user. */
  say(prompt: string): Promise<ClaudeResult>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startSession(run: Omit<ClaudeRun, 'prompt' | 'home' | 'cwd'>): Promise<ClaudeSession> {
  const folder = await mkdtemp(join(tmpdir(), 'ccproxy-session-'));
  const [home, cwd] = [join(folder, 'home'), join(folder, 'work')];
  await mkdir(home);
  await mkdir(cwd);
  let id: string | undefined;
  return {
    cwd,
    async say(prompt) {
      const resumed = id === undefined ? [] : ['--resume', id];
      const result = await runClaude({ ...run, home, cwd, prompt, args: [...(run.args ?? []), ...resumed] });
      id = result.report?.session_id ?? id;
      return result;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
