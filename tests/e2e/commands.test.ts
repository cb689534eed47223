import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { freePort, makeFolders, runToEnd, startBinary } from '../support/binary.ts';
import { NEWEST, runClaude } from '../support/claude.ts';
import { rawConnection, requestText } from '../support/raw-http.ts';

describe('ccproxy does not start', () => {
  test('on a port that another ccproxy has, and says so', async () => {
    await using groq = await startUpstream();
    await using proxy = await startBinary({ env: emergency(groq) });
    const second = await runToEnd(['--port', String(proxy.port)], emergency(groq));
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain(String(proxy.port));
    expect(second.stderr).toMatch(/ccproxy \S+ is running there already/);
    expect(second.stderr).toContain(`ccproxy stop --port ${proxy.port}`);
    expect((await fetch(`${proxy.url}/health`)).status).toBe(200);
  });

  test('on a port that something else has, and says that it is no ccproxy', async () => {
    const other = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const second = await runToEnd(['--port', String(port)], { PROVIDER: 'groq', GROQ_API_KEY: 'k' });
    other.closeAllConnections();
    other.close();
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain(String(port));
    expect(second.stderr).toMatch(/not a ccproxy/);
  });

  test.each<[string, string[], Record<string, string>, string]>([
    ['an unknown provider', [], { PROVIDER: 'grok-q', GROQ_API_KEY: 'k' }, 'grok-q'],
    ['a provider without its key', [], { PROVIDER: 'groq' }, 'GROQ_API_KEY'],
    ['an unknown flag', ['--prot=1'], {}, '--port'],
    ['an unknown flag of a command', ['env', '--of'], {}, '--off'],
    ['an unknown command', ['statsu'], {}, 'status'],
    ['a file that is not there', ['--config', '/nowhere/ccproxy.toml'], {}, '/nowhere/ccproxy.toml'],
    [
      'a file named beside PROVIDER',
      ['--config', '/nowhere/ccproxy.toml'],
      { PROVIDER: 'groq', GROQ_API_KEY: 'k' },
      'PROVIDER',
    ],
    ['a port that is none', ['--port', 'seventy'], {}, 'seventy'],
    ['no upstream to use', ['use'], {}, "missing required argument 'upstream'"],
    ['no upstream to isolate', ['isolate'], {}, "missing required argument 'upstream'"],
    ['a log level that is none', ['--log-level', 'loud'], {}, 'loud'],
    ['a log level that is none, by variable', [], { CCPROXY_LOG_LEVEL: 'loud' }, 'CCPROXY_LOG_LEVEL'],
  ])('with %s, and exits 2 naming it', async (_, args, env, named) => {
    const { exitCode, stdout, stderr } = await runToEnd(args, env);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(named);
  });

  test('with a log level of a variable that is none, unless a flag beats it', async () => {
    await using proxy = await startBinary({
      args: ['--log-level', 'error'],
      env: {
        PROVIDER: 'groq',
        GROQ_API_KEY: 'k',
        GROQ_BASE_URL: 'http://127.0.0.1:1',
        CCPROXY_LOG_LEVEL: 'loud',
      },
    });
    expect((await fetch(`${proxy.url}/health`)).status).toBe(200);
  });

  test('with a file that is wrong in several places, and names all of them with their lines', async () => {
    await using folders = await makeFolders();
    const file = join(folders.home, 'wrong.toml');
    await writeFile(file, '[server]\nprot = 1\n\n[failover]\nbudget = 120\n');
    const { exitCode, stderr } = await runToEnd(['--config', file], {}, folders);
    expect(exitCode).toBe(2);
    for (const part of ['wrong.toml', 'prot', 'budget', '2', '5']) expect(stderr).toContain(part);
  });
});

describe('with no ccproxy running', () => {
  test.each([
    [['status']],
    [['status', '--json']],
    [['stop']],
    [['use', 'x']],
    [['isolate', 'x']],
    [['reset']],
  ])('`ccproxy %p` exits 3', async (args) => {
    const { exitCode, stdout, stderr } = await runToEnd([...args, '--port', String(await freePort())]);
    expect([exitCode, stdout]).toEqual([3, '']);
    expect(stderr).toContain('no ccproxy');
  });
});

describe('with a ccproxy running', () => {
  test('CCPROXY_LOG_LEVEL says how much it says', async () => {
    await using groq = await startUpstream();
    await using proxy = await startBinary({ env: { ...emergency(groq), CCPROXY_LOG_LEVEL: 'debug' } });
    const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });
    expect((await fetch(`${proxy.url}/v1/messages`, { method: 'POST', body })).status).toBe(200);
    await proxy.says(' attempt 1: groq ');
  });

  test('`status` and `status --json` say who would serve, and why not the others', async () => {
    await using anthropic = await startUpstream({
      script: { fault: { kind: 'status', status: 429, headers: { 'retry-after': '600' } } },
    });
    await using groq = await startUpstream({ script: { answer: text('Served.') } });
    await using proxy = await startBinary({
      env: { ...emergency(groq), PROVIDER: 'anthropic,groq', CCPROXY_ANTHROPIC_BASE_URL: anthropic.url },
    });
    await (await ask(proxy.url)).text();
    const port = ['--port', String(proxy.port)];
    const words = await runToEnd(['status', ...port], {}, proxy.folders);
    expect(words.exitCode).toBe(0);
    for (const part of ['anthropic', 'groq', 'cooldown']) expect(words.stdout).toContain(part);
    const json = await runToEnd(['status', '--json', ...port], {}, proxy.folders);
    expect([json.exitCode, json.stderr]).toEqual([0, '']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      mode: 'emergency',
      serving: 'groq',
      upstreams: [
        { name: 'anthropic', dialect: 'anthropic', state: 'cooldown', until: expect.any(String) },
        { name: 'groq', dialect: 'openai-chat', state: 'closed', counts: { requests: 1, ok: 1, failed: 0 } },
      ],
    });
  });

  test('`stop` ends it, with exit code 0 on both sides', async () => {
    await using groq = await startUpstream();
    await using proxy = await startBinary({ env: emergency(groq) });
    const { exitCode } = await runToEnd(['stop', '--port', String(proxy.port)], {}, proxy.folders);
    expect(exitCode).toBe(0);
    expect(await proxy.exited).toBe(0);
  });

  test('`stop` of another user, who has not its token, is refused', async () => {
    await using groq = await startUpstream();
    await using proxy = await startBinary({ env: emergency(groq) });
    const { exitCode } = await runToEnd(['stop', '--port', String(proxy.port)]);
    expect(exitCode).toBe(1);
    expect((await fetch(`${proxy.url}/health`)).status).toBe(200);
  });

  test('SIGHUP does not end it, SIGINT does with 0', async () => {
    await using groq = await startUpstream();
    await using proxy = await startBinary({ env: emergency(groq) });
    proxy.signal('SIGHUP');
    expect((await fetch(`${proxy.url}/health`)).status).toBe(200);
    proxy.signal('SIGINT');
    expect(await proxy.exited).toBe(0);
  });

  test('SIGTERM lets a running stream finish, takes no new one, and ends with 0', async () => {
    await using groq = await startUpstream({
      script: { answer: text('A long story that goes on.'), fault: { kind: 'stall', after: 4, forMs: 1000 } },
    });
    await using proxy = await startBinary({ env: emergency(groq) });
    const stream = await rawConnection(proxy.port);
    stream.send(requestText('POST /v1/messages', ['host: 127.0.0.1', 'content-type: application/json'], ASK));
    await stream.until((received) => received.includes('text_delta'));
    proxy.signal('SIGTERM');
    const received = await stream.until((sofar) => sofar.includes('message_stop'));
    expect(received).toContain('"stop_reason":"end_turn"');
    expect(await proxy.exited).toBe(0);
    expect(groq.asked).toHaveLength(1);
  });

  test('a second signal ends it at once, with the code of the signal', async () => {
    await using groq = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    await using proxy = await startBinary({ env: emergency(groq) });
    const stream = await rawConnection(proxy.port);
    stream.send(requestText('POST /v1/messages', ['host: 127.0.0.1', 'content-type: application/json'], ASK));
    await groq.seen(1);
    proxy.signal('SIGTERM');
    await proxy.says('stopping');
    proxy.signal('SIGTERM');
    expect(await proxy.exited).toBe(143);
    stream.hangUp();
  });

  test('a client that leaves frees the upstream', async () => {
    await using groq = await startUpstream({ script: { fault: { kind: 'stall', after: 3 } } });
    await using proxy = await startBinary({ env: emergency(groq) });
    const stream = await rawConnection(proxy.port);
    stream.send(requestText('POST /v1/messages', ['host: 127.0.0.1', 'content-type: application/json'], ASK));
    const [request] = await groq.seen(1);
    stream.hangUp();
    expect(await request?.ended).toMatchObject({ how: 'left' });
  });

  test('a client that leaves before there is an answer frees the upstream, and no other is asked', async () => {
    await using anthropic = await startUpstream({ script: { fault: { kind: 'black-hole' } } });
    await using groq = await startUpstream();
    await using proxy = await startBinary({
      env: { ...emergency(groq), PROVIDER: 'anthropic,groq', CCPROXY_ANTHROPIC_BASE_URL: anthropic.url },
    });
    const stream = await rawConnection(proxy.port);
    const headers = ['host: 127.0.0.1', 'content-type: application/json', 'x-api-key: k'];
    stream.send(requestText('POST /v1/messages', headers, ASK));
    const [request] = await anthropic.seen(1);
    stream.hangUp();
    expect(await request?.ended).toMatchObject({ how: 'left' });
    await proxy.stop();
    expect(groq.asked).toHaveLength(0);
  });

  test('with every upstream down the user reads which and why', async () => {
    await using groq = await startUpstream({ script: 'refuse' });
    await using proxy = await startBinary({ env: emergency(groq) });
    const said = await ask(proxy.url);
    expect(said.status).toBe(503);
    expect(await said.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    const { exitCode, report } = await runClaude({
      version: NEWEST,
      baseUrl: proxy.url,
      prompt: 'hello',
      env: { CLAUDE_CODE_MAX_RETRIES: '0' },
    });
    expect(exitCode).toBe(1);
    expect(report?.result).toContain('groq');
  }, 90_000);
});

describe('commands that need nothing running', () => {
  test('`env` prints lines a shell evaluates, `env --off` takes back what is a placeholder', async () => {
    const env = { PROVIDER: 'groq', GROQ_API_KEY: 'k', HTTPS_PROXY: 'http://proxy:1' };
    const port = String(await freePort());
    const on = await runToEnd(['env', '--shell', 'bash', '--port', port], env);
    const shell = Bun.spawnSync({
      cmd: ['/bin/sh', '-c', `${on.stdout}\nenv`],
      env: {},
    });
    const lines = shell.stdout.toString().split('\n');
    expect(on.exitCode).toBe(0);
    expect(lines).toContain(`ANTHROPIC_BASE_URL=http://localhost:${port}`);
    expect(lines).toContain('ANTHROPIC_AUTH_TOKEN=NOT_NEEDED');
    expect(lines.find((line) => line.startsWith('NO_PROXY='))).toContain('localhost');

    const off = await runToEnd(['env', '--off', '--shell', 'json'], {
      ANTHROPIC_API_KEY: 'sk-real',
      ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED',
    });
    expect(JSON.parse(off.stdout)).toEqual({ ANTHROPIC_BASE_URL: null, ANTHROPIC_AUTH_TOKEN: null });
  });

  test('`env` asks for no placeholder where Anthropic takes the client its own credential', async () => {
    const on = await runToEnd(['env', '--shell', 'json', '--port', String(await freePort())], {
      GROQ_API_KEY: 'k',
    });
    expect(Object.keys(JSON.parse(on.stdout))).toEqual(['ANTHROPIC_BASE_URL']);
  });

  test('`config check` passes a good configuration and shows the chain, and exits 2 for a bad one', async () => {
    const good = await runToEnd(['config', 'check'], { PROVIDER: 'groq', GROQ_API_KEY: 'very-secret' });
    expect(good.exitCode).toBe(0);
    expect(good.stdout).toContain('groq');
    expect(good.stdout + good.stderr).not.toContain('very-secret');
    const bad = await runToEnd(['config', 'check'], { PROVIDER: 'groq' });
    expect(bad.exitCode).toBe(2);
  });

  test.each([
    [['version'], /^ccproxy \S+\n$/],
    [['--version'], /^ccproxy \S+\n$/],
    [['-V'], /^ccproxy \S+\n$/],
    [['help'], /Usage:[\s\S]*status/],
    [['--help'], /Usage:[\s\S]*status/],
    [['help', 'env'], /--off/],
    [['env', '-h'], /--off/],
  ])('`ccproxy %p` prints to stdout alone and exits 0', async (args, shape) => {
    const { exitCode, stdout, stderr } = await runToEnd(args);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(shape);
  });

  test('`version --json` prints one JSON document', async () => {
    const { exitCode, stdout } = await runToEnd(['version', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('version');
  });
});

const ASK = JSON.stringify({
  model: 'claude-opus-4-8',
  max_tokens: 9,
  stream: true,
  messages: [{ role: 'user', content: 'hi' }],
});

function emergency(groq: ScriptedUpstream): Record<string, string> {
  return { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key', GROQ_BASE_URL: `${groq.url}/openai/v1` };
}

function ask(url: string): Promise<Response> {
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'client-key' },
    body: ASK,
  });
}
