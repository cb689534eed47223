import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeInstance } from '../../src/cli/instance.ts';
import { run } from '../../src/cli/program.ts';
import { bodyOf, CONTROL_TOKEN, chainFile, type RunningApp, startApp } from '../support/app.ts';

const NOBODY = 'http://127.0.0.1:1';
const FILE = chainFile({ anthropic: NOBODY, backup: NOBODY });

/** What was said, by which way. */
const said = { stdout: '', stderr: '' };
const spies: { mockRestore(): void }[] = [];
const before = process.env.XDG_RUNTIME_DIR;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccproxy-control-'));
  process.env.XDG_RUNTIME_DIR = folder;
});

afterAll(() => {
  if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before;
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  Object.assign(said, { stdout: '', stderr: '' });
  for (const name of ['stdout', 'stderr'] as const) {
    const spy = spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
    spies.push(spy);
  }
});

afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
});

/** A ccproxy that commands of this user find. */
async function found(): Promise<RunningApp> {
  const app = await startApp({ file: FILE });
  const { instance } = await bodyOf<{ instance: string }>(await fetch(`${app.url}/health`));
  writeInstance({ port: app.port, pid: process.pid, instance, token: CONTROL_TOKEN });
  return app;
}

/** Runs a command against it. */
async function command(app: RunningApp, ...args: string[]) {
  Object.assign(said, { stdout: '', stderr: '' });
  const code = await run([...args, '--port', String(app.port)]);
  return { code, ...said };
}

describe('a command', () => {
  test.each<[string[], RegExp, string | null, string]>([
    [['use', 'backup'], /^backup is asked first.*use auto\n$/, 'backup', 'closed'],
    [['use', 'auto'], /^the upstreams are asked in the order of the chain\n$/, null, 'closed'],
    [['isolate', 'backup'], /^backup is not asked.*reset backup\n$/, null, 'isolated'],
    [['reset', 'backup'], /^nothing is held against backup any more\n$/, null, 'closed'],
    [['reset'], /^nothing is held against anthropic, backup any more\n$/, null, 'closed'],
  ])('%p is done, and says how it is undone', async (args, words, preferred, state) => {
    await using app = await found();
    const ended = await command(app, ...args);
    expect([ended.code, ended.stderr, ended.stdout]).toEqual([0, '', expect.stringMatching(words)]);
    const { stdout } = await command(app, 'status', '--json');
    const status = JSON.parse(stdout);
    expect([status.preferred, status.upstreams[1].state]).toEqual([preferred, state]);
  });

  test.each<[string[], unknown]>([
    [['use', 'backup', '--json'], { preferred: 'backup' }],
    [['use', '--json', 'auto'], { preferred: null }],
    [['isolate', 'backup', '--json'], { isolated: 'backup' }],
    [['--json', 'reset'], { reset: ['anthropic', 'backup'] }],
    [['stop', '--json'], { stopping: true, port: expect.any(Number) }],
  ])('%p prints one JSON document', async (args, document) => {
    await using app = await found();
    const ended = await command(app, ...args);
    expect([ended.code, ended.stderr, JSON.parse(ended.stdout)]).toEqual([0, '', document]);
  });

  test.each([['use'], ['isolate'], ['reset']])(
    '%s of an unknown upstream is 1 and lists what there is',
    async (name) => {
      await using app = await found();
      const { code, stdout, stderr } = await command(app, name, 'backpu');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('"backpu"; there are: anthropic, backup');
    },
  );

  test('use of an isolated upstream is 1 and says what comes first', async () => {
    await using app = await found();
    await command(app, 'isolate', 'backup');
    const { code, stderr } = await command(app, 'use', 'backup');
    expect([code, stderr]).toEqual([1, expect.stringContaining('ccproxy reset backup')]);
  });

  test.each<[string[], string]>([
    [['use'], "missing required argument 'upstream'"],
    [['isolate'], "missing required argument 'upstream'"],
    [['use', 'a', 'b'], 'too many arguments'],
    [['reset', 'a', 'b'], 'too many arguments'],
    [['usee', 'a'], 'Did you mean "use"?'],
  ])('%p is 2', async (args, words) => {
    await using app = await found();
    const { code, stdout, stderr } = await command(app, ...args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(words)]);
  });

  test('of somebody who has not its token is 1', async () => {
    await using app = await startApp({ file: FILE });
    const { code, stderr } = await command(app, 'use', 'backup');
    expect([code, stderr]).toEqual([1, expect.stringContaining('control file')]);
  });

  test.each([[['use', 'backup']], [['isolate', 'backup']], [['reset']]])(
    '%p with nothing running is 3',
    async (args) => {
      const app = await found();
      await app[Symbol.asyncDispose]();
      const { code, stdout, stderr } = await command(app, ...args);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toContain('no ccproxy');
    },
  );

  test.each([['use'], ['isolate'], ['reset']])('%s has a help', async (name) => {
    expect(await run([name, '--help'])).toBe(0);
    expect(said.stdout).toMatch(new RegExp(`Usage: ccproxy ${name} `));
  });
});
