import type { Configured } from '../config/build.ts';
import { describeProblems } from '../config/problem.ts';
import type { Serving } from '../server/serving.ts';

/** What reading the configuration again needs. */
export interface ReloadParts {
  serving: Pick<Serving, 'configuration' | 'replace' | 'complain'>;
  /** The configuration of the same file as it is now. */
  read(): Promise<Configured>;
  /** True once it is too late. */
  draining(): boolean;
  tell(line: string): void;
}

/**
 * Reads the file again and takes what it says, if it is valid; otherwise everything stays as it is, and the user is told why.
 * Does nothing where there is no file. Asked while one runs, it runs once more afterwards.
 */
export function createReload({ serving, read, draining, tell }: ReloadParts): () => Promise<void> {
  let running: Promise<void> | null = null;
  let isAsked = false;

  async function runAll(): Promise<void> {
    while (isAsked) {
      isAsked = false;
      await once();
    }
  }

  async function once(): Promise<void> {
    const path = serving.configuration.settings.configPath;
    if (path === null) return;
    const result = await read();
    if (draining()) return;
    if (!result.ok) return refuse(describeProblems(result.problems));
    const { configuration } = result;
    const notes = serving.replace(configuration);
    serving.complain(null);
    const names = configuration.chain.map(({ name }) => name).join(', ');
    tell(`ccproxy: ${path} is in use as it is now; chain: ${names}`);
    for (const note of [...notes, ...configuration.warnings]) tell(`ccproxy: warning: ${note}`);
  }

  function refuse(why: string): void {
    serving.complain(why);
    tell(`ccproxy: the configuration stays as it was:\n${why}`);
  }

  return () => {
    isAsked = true;
    running ??= runAll().finally(() => {
      running = null;
    });
    return running;
  };
}
