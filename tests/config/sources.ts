import { type ConfigSources, type Configuration, configure } from '../../src/config/build.ts';
import { describeProblems, type Problem } from '../../src/config/problem.ts';
import { NoKeychain } from '../../src/config/references.ts';
import type { Dialect } from '../../src/core/upstream.ts';

const dialect = (name: string, path: string): Dialect => ({
  name,
  path,
  headers: {},
  encode: () => ({ body: '', headers: new Headers() }),
  decode: () => ({ push: () => [], end: () => [] }),
  explain: () => ({ kind: 'garbled', message: '' }),
});

/** A path as these tests write it, without what Windows makes of it: `C:\\here\\my.toml` is `/here/my.toml`. */
export function written(path: string): string {
  return path.replace(/^[A-Z]:(?=\\)/, '').replaceAll('\\', '/');
}

/** A world with these files (absolute path → text) and these variables, in which nothing else answers. */
export function world(
  files: Record<string, string> = {},
  env: Record<string, string> = {},
  more: Partial<ConfigSources> = {},
): ConfigSources {
  return {
    env,
    read: async (path) => files[written(path)] ?? null,
    keychain: () => Promise.reject(new NoKeychain('there is no keychain here')),
    cwd: '/here',
    home: '/home/me',
    answers: async () => false,
    dialects: {
      anthropic: dialect('anthropic', '/messages'),
      'openai-chat': dialect('openai-chat', '/chat/completions'),
    },
    ...more,
  };
}

/** The configuration of a world that has one. */
export async function good(sources: ConfigSources): Promise<Configuration> {
  const result = await configure(sources);
  if (!result.ok) throw new Error(describeProblems(result.problems));
  return result.configuration;
}

/** The problems of a world that has some. */
export async function bad(sources: ConfigSources): Promise<readonly Problem[]> {
  const result = await configure(sources);
  if (result.ok) throw new Error('the configuration is valid');
  return result.problems;
}

/** The problems of a world, as they are printed. */
export async function messages(sources: ConfigSources): Promise<string> {
  return describeProblems(await bad(sources));
}

/** A file that `--config` names. */
export function named(text: string, env: Record<string, string> = {}, more: Partial<ConfigSources> = {}) {
  return world({ '/here/my.toml': text }, env, { configFlag: 'my.toml', ...more });
}
