import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { freePort, makeFolders } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { printedBy } from '../support/printed.ts';
import {
  emergency,
  GROQ,
  heldProcesses,
  remains,
  runCommandLine,
  runEnvironment,
  startRun,
  until,
  WAITS,
} from '../support/run.ts';

const LIMIT_MS = 90_000;

describe.each(CLAUDE_VERSIONS)('Claude Code %s through `run`', (version) => {
  test(
    'is answered, knows of nothing else to set, and leaves nothing behind',
    async () => {
      await using groq = await startUpstream({ script: { answer: text('Served by the backup.') } });
      await using folders = await makeFolders();
      const port = await freePort();
      const { exitCode, report, stderr } = await runClaude({
        version,
        through: runCommandLine(port, [], []),
        prompt: 'hello',
        env: { ...runEnvironment({ folders, env: emergency(groq) }), ANTHROPIC_API_KEY: 'sk-test' },
      });
      expect([exitCode, report?.result, stderr]).toEqual([0, 'Served by the backup.', '']);
      expect(await remains(port, folders)).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'without any login is answered as well',
    async () => {
      await using groq = await startUpstream({ script: { answer: text('No login needed.') } });
      await using folders = await makeFolders();
      const port = await freePort();
      const given = runEnvironment({ folders, env: emergency(groq) });
      const { exitCode, report } = await runClaude({
        version,
        through: runCommandLine(port, [], ['env', '-u', 'ANTHROPIC_API_KEY']),
        prompt: 'hello',
        env: { ...given, ANTHROPIC_API_KEY: 'NOT_NEEDED' },
      });
      expect([exitCode, report?.result]).toEqual([0, 'No login needed.']);
    },
    LIMIT_MS,
  );

  test(
    'that fails has its exit code',
    async () => {
      await using groq = await startUpstream({ script: { fault: { kind: 'status', status: 500 } } });
      await using folders = await makeFolders();
      const port = await freePort();
      const { exitCode, report } = await runClaude({
        version,
        through: runCommandLine(port, [], []),
        prompt: 'hello',
        env: runEnvironment({ folders, env: emergency(groq) }),
      });
      expect([exitCode, report?.is_error]).toEqual([1, true]);
      expect(await remains(port, folders)).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'goes on when its ccproxy is killed under it',
    async () => {
      await using groq = await startUpstream({ script: { answer: text('After all.') } });
      await using folders = await makeFolders();
      const port = await freePort();
      const kill = `kill -9 $(ps -eo pid,args | awk '/serve --hel[d].*--port=${port}/ {print $1}')`;
      const { exitCode, report } = await runClaude({
        version,
        through: runCommandLine(port, [], ['sh', '-c', `${kill}; exec "$@"`, 'sh']),
        prompt: 'hello',
        env: {
          ...runEnvironment({ folders, env: emergency(groq) }),
          ANTHROPIC_API_KEY: 'sk-test',
          CLAUDE_CODE_MAX_RETRIES: '10',
        },
      });
      expect([exitCode, report?.result]).toEqual([0, 'After all.']);
      expect(await remains(port, folders)).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('the end of a command', () => {
  test.each<[string, number]>([
    ['exit 0', 0],
    ['exit 7', 7],
    ['kill -9 $$', 137],
    ['kill -TERM $$', 143],
    ['kill -INT $$', 130],
    ['exit $(ps -o args= -p $$ | grep -c "^sh -c")', 1],
  ])('by `%s` is that of `run`, and nothing is left', async (line, code) => {
    await using folders = await makeFolders();
    await using command = await startRun(['sh', '-c', line], { folders, env: GROQ });
    expect(await command.exited).toBe(code);
    await command.ended;
    expect([command.stdout, command.stderr]).toEqual(['', '']);
    expect(await remains(command.port, folders)).toEqual([]);
  });

  test('in a folder that is gone is as well', async () => {
    await using folders = await makeFolders();
    const words = runCommandLine(await freePort(), [], ['false']);
    const child = Bun.spawn({
      cmd: ['sh', '-c', 'mkdir gone; cd gone; rmdir ../gone; exec "$@"', 'sh', ...words],
      cwd: folders.cwd,
      env: runEnvironment({ folders, env: GROQ }),
      stderr: 'pipe',
    });
    expect([await child.stderr.text(), await child.exited]).toEqual(['', 1]);
  });

  test('that is not there is 127, and nothing was started', async () => {
    await using folders = await makeFolders();
    await using command = await startRun(['no-such-command'], { folders, env: GROQ });
    expect(await command.exited).toBe(127);
    expect((await folders.inHome()).filter((path) => path.endsWith('.log'))).toEqual([]);
  });

  test.each<[string, string, number, string]>([
    ['names nobody there who interprets it', '#!/nowhere/at/all\n', 127, 'interpret'],
    ['says nothing of who interprets it', 'exit 0\n', 126, '#!'],
  ])('that %s is said, and nothing is left', async (_, script, code, words) => {
    await using folders = await makeFolders();
    const path = join(folders.cwd, 'script');
    await writeFile(path, script, { mode: 0o700 });
    await using command = await startRun(['./script'], { folders, env: GROQ });
    expect(await command.exited).toBe(code);
    await command.ended;
    expect(command.stderr).toContain(words);
    expect(await remains(command.port, folders)).toEqual([]);
  });

  test('does not wait for what it has left running, nor is that ended', async () => {
    await using folders = await makeFolders();
    const line = 'sleep 60 </dev/null >/dev/null 2>&1 & echo "$!"; exit 3';
    await using command = await startRun(['sh', '-c', line], { folders, env: GROQ });
    expect(await command.exited).toBe(3);
    await command.ended;
    process.kill(Number(command.stdout), 'SIGKILL');
    expect(await remains(command.port, folders)).toEqual([]);
  });
});

/** A command that ends by itself when it is told to. */
const SURVIVES = `
console.log('pid', process.pid);
process.stdin.on('data', () => process.exit(7));`;

describe('what a shell hands to a command', () => {
  test.each([
    ['cat <(echo hello)', 'hello\n'],
    ['cat <(echo one) <(echo two)', 'one\ntwo\n'],
    ['sh -c \'cat "$(echo "$1" | cut -d= -f2)"\' sh --file=<(echo three)', 'three\n'],
    ['sh -c \'echo four > "$1"\' sh >(cat)', 'four\n'],
  ])('by `%s` is there', async (line, printed) => {
    await using folders = await makeFolders();
    const port = await freePort();
    const command = runCommandLine(port, [], []).join(' ');
    const child = Bun.spawn({
      cmd: ['bash', '-c', `${command} ${line}; wait`],
      cwd: folders.cwd,
      env: runEnvironment({ folders, env: GROQ }),
      stderr: 'pipe',
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect([await child.exited, stdout, stderr]).toEqual([0, printed, '']);
  });
});

describe('a signal to `run`', () => {
  test.each<[NodeJS.Signals, number]>([
    ['SIGTERM', 41],
    ['SIGHUP', 42],
    ['SIGINT', 43],
    ['SIGQUIT', 44],
    ['SIGUSR1', 45],
    ['SIGUSR2', 46],
    ['SIGALRM', 47],
    ['SIGABRT', 48],
    ['SIGXCPU', 49],
  ])('%s reaches the command, whose end counts', async (signal, code) => {
    await using folders = await makeFolders();
    const name = signal.slice(3);
    const line = `trap 'kill $!; exit ${code}' ${name}; sleep 60 & echo ready; wait`;
    await using command = await startRun(['sh', '-c', line], { folders, env: GROQ });
    await command.says('ready');
    command.signal(signal);
    expect(await command.exited).toBe(code);
    expect(await remains(command.port, folders)).toEqual([]);
  });

  // Only Linux tells a process what it is to ignore.
  const ignored: [NodeJS.Signals, string][] = [
    ['SIGHUP', 'HUP'],
    ['SIGINT', 'INT QUIT'],
    ['SIGTERM', 'TERM'],
  ];
  test.each(process.platform === 'linux' ? ignored : [])(
    '%s, ignored by whoever started it, is noticed by nobody',
    async (signal, names) => {
      await using folders = await makeFolders();
      const port = await freePort();
      const words = [process.execPath, '-e', SURVIVES];
      const child = Bun.spawn({
        cmd: ['sh', '-c', `trap '' ${names}; exec "$@"`, 'sh', ...runCommandLine(port, [], words)],
        cwd: folders.cwd,
        env: runEnvironment({ folders, env: GROQ }),
        stdin: 'pipe',
        stdout: 'pipe',
        stderr: 'pipe',
      });
      const printed = printedBy(child);
      await printed.says('pid');
      const pid = Number(/pid (\d+)/.exec(printed.stdout)?.[1]);
      for (const target of [child.pid, pid]) process.kill(target, signal);
      child.stdin.write('go\n');
      child.stdin.flush();
      expect(await child.exited).toBe(7);
      await printed.ended;
      expect([printed.stdout, printed.stderr]).toEqual([`pid ${pid}\n`, '']);
      expect(await remains(port, folders)).toEqual([]);
    },
  );

  test('that the command ignores ends nothing', async () => {
    await using folders = await makeFolders();
    const line = "trap '' TERM INT HUP; echo ready; read code; exit $code";
    await using command = await startRun(['sh', '-c', line], { folders, env: GROQ });
    await command.says('ready');
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) command.signal(signal);
    expect((await fetch(`http://127.0.0.1:${command.port}/health`)).status).toBe(200);
    command.write('9');
    expect(await command.exited).toBe(9);
  });

  test('SIGKILL leaves the command, and no ccproxy', async () => {
    await using folders = await makeFolders();
    const command = await startRun(['sh', '-c', 'echo "$$ ready"; read code'], { folders, env: GROQ });
    await command.says('ready');
    const pid = Number.parseInt(command.stdout, 10);
    await command[Symbol.asyncDispose]();
    await until('nothing is left', async () => (await remains(command.port, folders)).length === 0);
    expect(() => process.kill(pid, 0)).not.toThrow();
    process.kill(pid, 'SIGKILL');
  });

  test('SIGKILL while it starts leaves nothing', async () => {
    await using folders = await makeFolders();
    const command = await startRun(WAITS, { folders, env: GROQ });
    await until('its ccproxy is on its way', () => heldProcesses(command.port).length > 0);
    await command[Symbol.asyncDispose]();
    await until('nothing is left', async () => (await remains(command.port, folders)).length === 0);
  });

  test('that stops it does not stop the ccproxy that others use', async () => {
    await using folders = await makeFolders();
    await using command = await startRun(WAITS, { folders, env: GROQ });
    await command.says('ready');
    command.signal('SIGSTOP');
    expect((await fetch(`http://127.0.0.1:${command.port}/health`)).status).toBe(200);
    command.signal('SIGCONT');
    command.write('0');
    expect(await command.exited).toBe(0);
  });
});

describe('what cannot be served', () => {
  test('because the port is taken by something else is said, and nothing is run', async () => {
    await using folders = await makeFolders();
    const other = createServer((socket) => socket.end('SSH-2.0-hello\r\n'));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await using command = await startRun(['sh', '-c', 'echo ran'], { folders, env: GROQ, port });
    expect(await command.exited).toBe(1);
    await command.ended;
    other.close();
    expect([command.stdout, command.stderr]).toEqual([
      '',
      `ccproxy: port ${port} is taken by another program, not a ccproxy: choose another with --port, or end that program\n`,
    ]);
  });

  test('because the configuration is wrong is said, and nothing is run', async () => {
    await using folders = await makeFolders();
    await using command = await startRun(['sh', '-c', 'echo ran'], { folders, env: { PROVIDER: 'grok-q' } });
    expect(await command.exited).toBe(2);
    await command.ended;
    expect([command.stdout, command.stderr]).toEqual(['', expect.stringContaining('grok-q')]);
  });

  test('nothing but its log is missing where nothing can be written', async () => {
    await using folders = await makeFolders();
    const env = { ...GROQ, XDG_STATE_HOME: '/proc', XDG_RUNTIME_DIR: '/proc' };
    await using command = await startRun(['sh', '-c', 'exit 8'], { folders, env });
    expect(await command.exited).toBe(8);
    expect(await remains(command.port, folders)).toEqual([]);
  });
});
