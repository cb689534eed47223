import { describe, expect, test } from 'bun:test';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import {
  binaryPath,
  type Folders,
  freePort,
  makeFolders,
  NOWHERE,
  runToEnd,
  startBinary,
} from '../support/binary.ts';
import { rawConnection, requestText } from '../support/raw-http.ts';

const LIMIT_MS = 30_000;

/** An upstream that is not there. */
const GROQ = { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key', GROQ_BASE_URL: 'http://127.0.0.1:1/openai/v1' };
const STREAM = JSON.stringify({
  model: 'claude-sonnet-4-5',
  max_tokens: 64,
  stream: true,
  messages: [{ role: 'user', content: 'hello' }],
});

const emergency = (groq: ScriptedUpstream) => ({ ...GROQ, GROQ_BASE_URL: `${groq.url}/openai/v1` });

/** A program that listens and is no ccproxy. */
async function occupy(host: string, answer: string | null): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (answer !== null) socket.end(answer);
  });
  await new Promise<void>((listening) => server.listen(0, host, listening));
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server };
}

async function openStream(port: number) {
  const stream = await rawConnection(port);
  stream.send(requestText('POST /v1/messages', ['host: localhost', 'x-api-key: k'], STREAM));
  return stream;
}

/** The control files that lie in the runtime folder. */
async function controlFiles({ runtime }: Folders): Promise<string[]> {
  return readdir(join(runtime, 'ccproxy')).catch(() => []);
}

describe('the port', () => {
  test.each<[string, string, string | null]>([
    ['on ::1 alone by a program that answers', '::1', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'],
    ['by a program that never answers', '127.0.0.1', null],
    ['by a program that speaks something else', '127.0.0.1', 'SSH-2.0-hello\r\n'],
    ['by a program that answers JSON', '127.0.0.1', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull'],
  ])('that is taken %s is refused, and neither address stays open', async (_, host, answer) => {
    const { port, server } = await occupy(host, answer);
    const { exitCode, stdout, stderr } = await runToEnd(['--port', String(port)], GROQ);
    const status = await runToEnd(['status', '--port', String(port)]);
    server.close();
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `ccproxy: port ${port} is taken by another program, not a ccproxy: choose another with --port, or end that program\n`,
    );
    expect([status.exitCode, status.stderr]).toEqual([3, `ccproxy: no ccproxy is running on port ${port}\n`]);
  });

  test(
    'of a ccproxy that is stopped is told from that of another program',
    async () => {
      await using proxy = await startBinary({ env: GROQ });
      const { folders, pid } = proxy;
      const port = ['--port', String(proxy.port)];
      process.kill(pid, 'SIGSTOP');
      const words = `ccproxy: the ccproxy on port ${proxy.port}, process ${pid}, does not answer: kill -CONT ${pid} if it was stopped, kill -9 ${pid} if it hangs\n`;
      for (const [line, code] of [
        [['status'], 3],
        [['stop'], 3],
        [['serve'], 1],
        [['run', ...port, 'echo', 'ran'], 1],
      ] as const) {
        const flags = line[0] === 'run' ? [] : port;
        const { exitCode, stdout, stderr } = await runToEnd([...line, ...flags], GROQ, folders);
        expect([exitCode, stdout, stderr]).toEqual([code, '', words]);
      }
      process.kill(pid, 'SIGCONT');
      await proxy.stop();
    },
    LIMIT_MS,
  );

  test('comes from CCPROXY_PORT, and a flag beats it; both loopback addresses answer', async () => {
    const [byVariable, byFlag] = [await freePort(), await freePort()];
    await using _ = await startBinary({
      env: { ...GROQ, CCPROXY_PORT: String(byVariable) },
      port: byFlag,
    });
    expect((await fetch(`http://[::1]:${byFlag}/health`)).status).toBe(200);
    expect(await fetch(`http://127.0.0.1:${byVariable}/health`).catch(() => 'refused')).toBe('refused');
    await using folders = await makeFolders();
    const child = await runToEnd(['status'], { CCPROXY_PORT: String(byFlag) }, folders);
    expect(child.exitCode).toBe(0);
    const env = await runToEnd(['env'], { ...GROQ, CCPROXY_PORT: 'nonsense' });
    expect(env.exitCode).toBe(0);
  });

  test('of an address of its own is named in what it prints', async () => {
    await using proxy = await startBinary({ env: GROQ });
    await proxy.says(`export ANTHROPIC_BASE_URL=http://localhost:${proxy.port}\n`);
    const port = String(await freePort());
    const other = await runToEnd(['env', '--host', '127.0.0.9', '--port', port], GROQ);
    expect(other.stdout).toContain(`export ANTHROPIC_BASE_URL=http://127.0.0.9:${port}\n`);
  });
});

describe('the welcome', () => {
  test('says who answers and why, and how to point Claude Code at it, and nothing else', async () => {
    await using groq = await startUpstream();
    await using proxy = await startBinary({ env: emergency(groq) });
    await proxy.says('  claude\n');
    const { stdout, stderr } = proxy.printed();
    expect(stdout).toBe('');
    expect(stderr.split('\n')).toEqual([
      'mode: emergency',
      'file: none',
      'chain:',
      `  1. groq  ${groq.url}/openai/v1 (openai-chat): PROVIDER names it`,
      'Anthropic is not asked while PROVIDER is set.',
      `ccproxy: listening on http://127.0.0.1:${proxy.port} and http://[::1]:${proxy.port}`,
      'Point Claude Code at it, in the shell where it runs:',
      `  export ANTHROPIC_BASE_URL=http://localhost:${proxy.port}`,
      '  export ANTHROPIC_AUTH_TOKEN=NOT_NEEDED',
      '  claude',
      '',
    ]);
  });

  test('without any key says who is in the chain and why the others are not', async () => {
    // Anthropic itself is in this chain: nothing gets there through this proxy.
    await using proxy = await startBinary({ env: { HTTPS_PROXY: 'http://127.0.0.1:1' } });
    await proxy.says('  claude\n');
    const { stderr } = proxy.printed();
    expect(stderr).toContain(
      "1. anthropic             https://api.anthropic.com/v1 (anthropic): the client's own",
    );
    expect(stderr).toContain('GROQ_API_KEY is not set');
    expect(stderr).not.toContain('NOT_NEEDED');
    expect(stderr.split('\n').length).toBeLessThan(40);
  });
});

describe('the control file', () => {
  test("is the user's alone while it runs, and gone when it has ended", async () => {
    await using folders = await makeFolders();
    await using proxy = await startBinary({ env: GROQ, folders });
    const folder = join(folders.runtime, 'ccproxy');
    expect(await controlFiles(folders)).toEqual([`${proxy.port}.json`]);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, `${proxy.port}.json`))).mode & 0o777).toBe(0o600);
    await proxy.stop();
    expect(await controlFiles(folders)).toEqual([]);
  });

  test('is gone after a second signal, too', async () => {
    await using groq = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    await using folders = await makeFolders();
    await using proxy = await startBinary({ env: emergency(groq), folders });
    const stream = await openStream(proxy.port);
    await groq.seen(1);
    proxy.signal('SIGTERM');
    await proxy.says('stopping');
    proxy.signal('SIGINT');
    expect(await proxy.exited).toBe(130);
    expect(await controlFiles(folders)).toEqual([]);
    stream.hangUp();
  });

  test('left over by one that was killed is harmless, and its token is shown to nobody', async () => {
    await using folders = await makeFolders();
    const port = await freePort();
    const killed = await startBinary({ env: GROQ, folders, port });
    await killed[Symbol.asyncDispose]();
    expect(await controlFiles(folders)).toEqual([`${port}.json`]);
    const { token } = await Bun.file(join(folders.runtime, 'ccproxy', `${port}.json`)).json();
    expect((await runToEnd(['stop', '--port', String(port)], {}, folders)).exitCode).toBe(3);

    const seen: string[] = [];
    const impostor = Bun.serve({
      port,
      hostname: '127.0.0.1',
      fetch(request) {
        seen.push(JSON.stringify([...request.headers]));
        return Response.json({ status: 'ok', version: '0', instance: 'impostor', upstreams: [] });
      },
    });
    for (const command of ['status', 'stop', 'env']) {
      await runToEnd([command, '--json', '--port', String(port)], {}, folders);
    }
    await impostor.stop(true);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.join('\n')).not.toContain(token);

    await using next = await startBinary({ env: GROQ, folders, port });
    expect((await runToEnd(['stop', '--port', String(port)], {}, folders)).exitCode).toBe(0);
    expect(await next.exited).toBe(0);
    expect(await controlFiles(folders)).toEqual([]);
  });

  test('of a later one on the same port is not removed by the one before', async () => {
    await using folders = await makeFolders();
    await using proxy = await startBinary({ env: GROQ, folders });
    const path = join(folders.runtime, 'ccproxy', `${proxy.port}.json`);
    await writeFile(path, JSON.stringify({ port: proxy.port, pid: 1, instance: 'other', token: 't' }));
    await proxy.stop();
    expect(await controlFiles(folders)).toEqual([`${proxy.port}.json`]);
  });

  test.each<[string, (folders: Folders) => Promise<Record<string, string>>]>([
    [
      'is a file',
      async ({ home }) => {
        await writeFile(join(home, 'run'), '');
        return { XDG_RUNTIME_DIR: join(home, 'run') };
      },
    ],
    ['cannot be written', async () => ({ XDG_RUNTIME_DIR: '/proc' })],
    [
      'is open to others',
      async ({ home }) => {
        const folder = join(home, 'run', 'ccproxy');
        await mkdir(folder, { recursive: true });
        await chmod(folder, 0o777);
        return { XDG_RUNTIME_DIR: join(home, 'run') };
      },
    ],
  ])('whose folder %s is not written: it serves, and says that `stop` will not work', async (_, prepare) => {
    await using folders = await makeFolders();
    const env = await prepare(folders);
    await using proxy = await startBinary({ env: { ...GROQ, ...env }, folders });
    await proxy.says('ccproxy: warning: `ccproxy stop` will not work');
    const stop = await runToEnd(['stop', '--port', String(proxy.port)], env, folders);
    expect([stop.exitCode, stop.stderr]).toEqual([1, expect.stringContaining('not in your runtime folder')]);
    expect((await runToEnd(['status', '--port', String(proxy.port)], env, folders)).exitCode).toBe(0);
    await proxy.stop();
  });

  test('in a folder that is not there yet makes it', async () => {
    await using folders = await makeFolders();
    const env = { XDG_RUNTIME_DIR: join(folders.home, 'not', 'yet') };
    await using proxy = await startBinary({ env: { ...GROQ, ...env }, folders });
    expect((await runToEnd(['stop', '--port', String(proxy.port)], env, folders)).exitCode).toBe(0);
    expect(await proxy.exited).toBe(0);
  });
});

test('more requests are under way at once than Bun allows by itself', async () => {
  await using groq = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
  await using proxy = await startBinary({ env: emergency(groq) });
  const streams = await Promise.all(Array.from({ length: 300 }, () => openStream(proxy.port)));
  expect(await groq.seen(300)).toHaveLength(300);
  for (const stream of streams) stream.hangUp();
  await Promise.all(groq.asked.map(({ ended }) => ended));
  await proxy.stop();
});

describe('the end', () => {
  test('does not cut an answer that a slow client is still reading', async () => {
    const long = 'word '.repeat(200_000);
    await using groq = await startUpstream({ script: { answer: text(long) } });
    await using proxy = await startBinary({ env: emergency(groq) });
    const request = JSON.stringify({ ...JSON.parse(STREAM), stream: false });
    const response = await fetch(`${proxy.url}/v1/messages`, { method: 'POST', body: request });
    proxy.signal('SIGTERM');
    const message = (await response.json()) as { content: { text: string }[] };
    expect(message.content[0]?.text).toBe(long);
    expect(await proxy.exited).toBe(0);
  });

  test('does not wait for idle connections, and refuses new ones', async () => {
    await using groq = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    await using proxy = await startBinary({ env: emergency(groq) });
    const idle = await rawConnection(proxy.port);
    idle.send(requestText('GET /health', ['host: localhost']));
    await idle.until((received) => received.includes('"ok"'));
    const stream = await openStream(proxy.port);
    await groq.seen(1);
    proxy.signal('SIGTERM');
    await idle.closed();
    expect(await fetch(`${proxy.url}/health`).catch(() => 'refused')).toBe('refused');
    stream.hangUp();
    expect(await proxy.exited).toBe(0);
  });

  test('comes after drain_timeout for an answer that does not end, with 0', async () => {
    await using groq = await startUpstream({
      script: { answer: text('One two three.'), fault: { kind: 'stall', after: 3 } },
    });
    await using folders = await makeFolders();
    const file = join(folders.home, 'short.toml');
    await writeFile(
      file,
      `[server]\ndrain_timeout = "50ms"\n[upstreams.groq]\nprovider = "groq"\nbase_url = "${groq.url}/openai/v1"\napi_key = "k"\n`,
    );
    await using proxy = await startBinary({ args: ['--config', file], folders });
    const stream = await openStream(proxy.port);
    await stream.until((received) => received.includes('text_delta'));
    proxy.signal('SIGTERM');
    expect(await proxy.exited).toBe(0);
    const { received } = await stream.closed();
    expect(received).not.toContain('event: message_stop');
    expect(received).not.toEndWith('0\r\n\r\n');
  });

  test('by `stop` lets a running stream finish', async () => {
    await using groq = await startUpstream({
      script: { answer: text('A story that goes on.'), fault: { kind: 'stall', after: 3, forMs: 300 } },
    });
    await using proxy = await startBinary({ env: emergency(groq) });
    const stream = await openStream(proxy.port);
    await stream.until((received) => received.includes('text_delta'));
    const { exitCode } = await runToEnd(['stop', '--port', String(proxy.port)], {}, proxy.folders);
    expect(exitCode).toBe(0);
    expect(await stream.until((received) => received.endsWith('0\r\n\r\n'))).toContain('event: message_stop');
    expect(await proxy.exited).toBe(0);
  });
});

describe('a process without', () => {
  /** Runs ccproxy through a shell, which can take away more than a spawned child can be given. */
  async function served(script: string, env: Record<string, string>): Promise<void> {
    await using folders = await makeFolders();
    const port = await freePort();
    const child = Bun.spawn({
      cmd: ['sh', '-c', script, binaryPath(), '--log-level', 'debug', '--port', String(port)],
      cwd: folders.cwd,
      env: { PATH: String(process.env.PATH), ...GROQ, ...env },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    });
    try {
      const url = `http://127.0.0.1:${port}`;
      while (child.exitCode === null && !(await fetch(`${url}/health`).catch(() => null)))
        await Bun.sleep(10);
      for (let times = 0; times < 3; times += 1) {
        const { status } = await fetch(`${url}/v1/messages`, { method: 'POST', body: STREAM });
        expect(status).toBe(503);
      }
      child.kill('SIGTERM');
      expect(await child.exited).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  }

  test.each<[string, string]>([
    ['its current folder', 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"'],
    ['HOME and a runtime folder', 'unset HOME XDG_RUNTIME_DIR; exec "$0" "$@"'],
    ['a folder to be in', 'mkdir gone; cd gone; rmdir ../gone; exec "$0" "$@"'],
    ['stdin, stdout and stderr', 'exec "$0" "$@" <&- >&- 2>&-'],
    ['anyone who reads what it prints', 'mkfifo fifo; sleep 0 <fifo & exec "$0" "$@" >fifo 2>&1'],
  ])('%s serves and ends as any other', async (_, script) => {
    await served(script, {});
  });

  test.each([
    ['config check', 0, ''],
    ['run true', 0, ''],
    ['status', 3, 'no ccproxy is running'],
    ['run ./here', 127, 'command not found: ./here'],
    ['config check --config here.toml', 2, 'the current folder does not exist any more'],
  ])('its current folder does `ccproxy %s`', async (line, exitCode, said) => {
    const port = await freePort();
    // The outer one is nothing but a way to a shell.
    const words = `--port ${port} ${line}`;
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" ${words}`;
    const ended = await runToEnd(['run', '--port', '0', 'sh', '-c', script, binaryPath()], NOWHERE);
    expect([ended.exitCode, ended.stderr]).toEqual([exitCode, expect.stringContaining(said)]);
    expect(ended.stderr).not.toContain('process.cwd');
  });
});
