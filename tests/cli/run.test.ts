import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeInstance } from '../../src/cli/instance.ts';
import { run } from '../../src/cli/program.ts';
import {
  type AppOptions,
  bodyOf,
  CONTROL_TOKEN,
  chainFile,
  type RunningApp,
  startApp,
} from '../support/app.ts';

const NOBODY = 'http://127.0.0.1:1';
const NAMES = [
  'XDG_RUNTIME_DIR',
  'XDG_STATE_HOME',
  'XDG_CONFIG_HOME',
  'PROVIDER',
  'GROQ_API_KEY',
  'GROQ_BASE_URL',
  'CCPROXY_CONFIG',
  'HTTPS_PROXY',
];
const ONLY_GROQ = `chain = ["groq"]
[upstreams.groq]
provider = "groq"
api_key = "k"
base_url = "${NOBODY}"
`;
const CREDENTIALS = [
  'ANTHROPIC_CUSTOM_HEADERS',
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'CLAUDE_CODE_OAUTH_TOKEN',
];
const before = [...NAMES, ...CREDENTIALS].map((name) => [name, process.env[name]] as const);

const said = { stdout: '', stderr: '' };
const spies: { mockRestore(): void }[] = [];
let folder: string;
let script: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccproxy-run-'));
  script = join(folder, 'notes.ts');
  writeFileSync(script, NOTES);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  Object.assign(said, { stdout: '', stderr: '' });
  for (const [name] of before) delete process.env[name];
  process.env.XDG_RUNTIME_DIR = folder;
  process.env.XDG_STATE_HOME = folder;
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
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

/** A ccproxy that runs already, with its control file. */
async function found(options: AppOptions): Promise<RunningApp> {
  const app = await startApp(options);
  const { instance } = await bodyOf<{ instance: string }>(await fetch(`${app.url}/health`));
  writeInstance({ port: app.port, pid: process.pid, instance, token: CONTROL_TOKEN });
  return app;
}

const GROQ = { PROVIDER: 'groq', GROQ_API_KEY: 'k', GROQ_BASE_URL: NOBODY };

/** A command that does nothing, and one that writes down what it is given. */
const NOTHING = [process.execPath, '-e', 'void 0'];
const notes = () => [process.execPath, script, join(folder, 'noted')];
const NOTES = `
const [, , path, ...words] = process.argv;
await Bun.write(path, JSON.stringify({ words, env: process.env }));`;

function noted(): { words: string[]; env: Record<string, string> } {
  return JSON.parse(readFileSync(join(folder, 'noted'), 'utf8'));
}

/** The variables that a command has in its environment and this process has not, or otherwise. */
async function changed(...flags: string[]): Promise<Record<string, string>> {
  expect(await run(['run', ...flags, ...notes()])).toBe(0);
  const entries = Object.entries(noted().env).filter(([name, value]) => process.env[name] !== value);
  return Object.fromEntries(entries);
}

describe('a command that uses the ccproxy that runs', () => {
  test('has its address, and what else is needed where nobody takes a login', async () => {
    await using app = await found({ env: GROQ });
    const url = `http://localhost:${app.port}`;
    expect(await changed('--port', String(app.port))).toEqual({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED',
    });
    process.env.ANTHROPIC_API_KEY = 'sk-mine';
    expect(await changed('--port', String(app.port))).toEqual({ ANTHROPIC_BASE_URL: url });
    expect(said).toEqual({ stdout: '', stderr: '' });
  });

  test('has nothing but its address where Anthropic takes the login, and the way to it past a proxy', async () => {
    await using app = await found({ file: chainFile({ anthropic: NOBODY, backup: NOBODY }) });
    const url = `http://localhost:${app.port}`;
    expect(await changed('--port', String(app.port))).toEqual({ ANTHROPIC_BASE_URL: url });
    process.env.HTTPS_PROXY = 'http://proxy.example';
    expect(await changed('--port', String(app.port))).toEqual({
      ANTHROPIC_BASE_URL: url,
      NO_PROXY: 'localhost,127.0.0.1,::1',
    });
  });

  test('has no placeholder where one of its tokens is asked for, and is told how to present one', async () => {
    await using app = await found({ file: `${ONLY_GROQ}[server]\ntokens = ["a-token-of-the-test"]\n` });
    const url = `http://localhost:${app.port}`;
    const port = ['--port', String(app.port)];
    const warning = `ccproxy: warning: the ccproxy on port ${app.port} asks for one of its server.tokens; present one: export ANTHROPIC_CUSTOM_HEADERS='x-ccproxy-token: TOKEN'\n`;
    expect(await changed(...port)).toEqual({ ANTHROPIC_BASE_URL: url });
    expect(said.stderr).toBe(warning);
    said.stderr = '';
    expect(await run(['env', '--shell', 'bash', ...port])).toBe(0);
    expect(said).toEqual({ stdout: `export ANTHROPIC_BASE_URL=${url}\n`, stderr: warning });

    process.env.ANTHROPIC_CUSTOM_HEADERS = 'x-other: a\nX-CCProxy-Token: a-token-of-the-test';
    said.stderr = '';
    expect(await changed(...port)).toEqual({ ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED' });
    process.env.ANTHROPIC_CUSTOM_HEADERS = 'x-ccproxy-token: not-one-of-them';
    expect(await changed(...port)).toEqual({ ANTHROPIC_BASE_URL: url });
    expect(said.stderr).toBe(warning);
    delete process.env.ANTHROPIC_CUSTOM_HEADERS;
    process.env.ANTHROPIC_AUTH_TOKEN = 'a-token-of-the-test';
    said.stderr = '';
    expect(await changed(...port)).toEqual({ ANTHROPIC_BASE_URL: url });
    expect(said.stderr).toBe('');
  });

  test('holds it as long as it runs, and leaves it', async () => {
    await using app = await found({ env: GROQ });
    let streams = 0;
    const other = Bun.serve({
      port: 0,
      fetch() {
        streams = app.holders.streams;
        return new Response('5');
      },
    });
    const line = `process.exit(Number(await (await fetch("${other.url}")).text()))`;
    expect(await run(['--port', String(app.port), 'run', process.execPath, '-e', line])).toBe(5);
    await other.stop();
    expect([streams, app.holders.streams]).toEqual([1, 0]);
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
  });

  test('whose chain is the one that PROVIDER names', async () => {
    await using app = await found({ env: GROQ });
    Object.assign(process.env, GROQ);
    expect((await changed('--port', String(app.port))).ANTHROPIC_BASE_URL).toBe(
      `http://localhost:${app.port}`,
    );
    expect(said.stderr).toBe('');
  });

  test('needs no configuration that is right, unless it names one', async () => {
    await using app = await found({ env: GROQ });
    const port = ['--port', String(app.port)];
    const file = join(folder, 'ccproxy', 'ccproxy.toml');
    mkdirSync(join(folder, 'ccproxy'), { recursive: true });
    writeFileSync(file, '[servre]\n');
    process.env.XDG_CONFIG_HOME = folder;
    expect(await run(['run', ...port, ...NOTHING])).toBe(0);
    expect(await run(['run', ...port, '--config', file, ...NOTHING])).toBe(2);
    expect(said.stderr).toContain('servre');
    said.stderr = '';
    process.env.CCPROXY_CONFIG = file;
    expect(await run(['run', ...port, ...NOTHING])).toBe(2);
    expect(said.stderr).toContain('servre');
    rmSync(file);
  });

  test('that has no control file here is used as well', async () => {
    await using app = await startApp({ env: GROQ });
    expect((await changed('--port', String(app.port))).ANTHROPIC_BASE_URL).toBe(
      `http://localhost:${app.port}`,
    );
    // Whose it is can be seen, or is to be thought about.
    expect(said.stderr).toMatch(/^(ccproxy: warning: the ccproxy on port \d+ has no control file.*\n)?$/);
  });
});

describe('the words', () => {
  test("after the first one are the command's own, whatever they look like", async () => {
    await using app = await found({ env: GROQ });
    const port = ['--port', String(app.port)];
    const words = ['-h', '--port', '1', '--', '--version'];
    const command = [...notes(), ...words];
    for (const line of [
      ['run', ...port, ...command],
      ['run', ...port, '--', ...command],
      [...port, 'run', ...command],
      [...port, 'run', '--', ...command],
    ]) {
      expect(await run(line)).toBe(0);
      expect(noted().words).toEqual(words);
    }
  });

  test.each<[string[], string]>([
    [['run'], "missing required argument 'command'"],
    [['run', '--'], "missing required argument 'command'"],
    [['run', '--port', '1'], "missing required argument 'command'"],
    [['run', '--prot', '1', ...NOTHING], '--port'],
    [['run', '--log-level', 'loud', ...NOTHING], 'loud'],
    [['run', '--port', 'seventy', ...NOTHING], 'seventy'],
    [['rum', 'claude'], 'Did you mean "run"?'],
  ])('%p are 2', async (line, words) => {
    expect([await run(line), said.stdout, said.stderr]).toEqual([2, '', expect.stringContaining(words)]);
  });

  test('that name no command are 127, before anything is started', async () => {
    expect(await run(['run', '--port', '1', 'no-such-command'])).toBe(127);
    expect(said.stderr).toMatch(/^ccproxy: command not found: no-such-command/);
  });

  test('have a help', async () => {
    expect(await run(['run', '--help'])).toBe(0);
    expect(said.stdout).toMatch(/Usage: ccproxy run \[options\] \[--\] <command>/);
    expect(await run(['serve', '--help'])).toBe(0);
    expect(said.stdout).not.toContain('--held');
  });
});
