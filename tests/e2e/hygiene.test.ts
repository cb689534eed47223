import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { makeFolders, runToEnd, startBinary } from '../support/binary.ts';
import { rawRequest, requestText, statusOf } from '../support/raw-http.ts';

const ASK = JSON.stringify({
  model: 'claude-opus-4-8',
  max_tokens: 9,
  stream: true,
  messages: [{ role: 'user', content: 'hi' }],
});

test('a hostile folder runs no code and sets no variable in the process that holds the keys', async () => {
  await using folders = await makeFolders();
  const { cwd } = folders;
  const marker = join(cwd, 'marker');
  const evil = `await Bun.write(${JSON.stringify(marker)}, 'ran');`;
  await writeFile(join(cwd, 'evil.ts'), evil);
  await writeFile(join(cwd, 'bunfig.toml'), 'preload = ["./evil.ts"]\n[test]\npreload = ["./evil.ts"]\n');
  await writeFile(join(cwd, 'package.json'), '{"name":"x","imports":{"#x":"./evil.ts"},"main":"./evil.ts"}');
  await writeFile(join(cwd, 'tsconfig.json'), '{"compilerOptions":{"paths":{"*":["./evil.ts"]}}}');
  for (const name of ['.env', '.env.local', '.env.production', '.env.development']) {
    await writeFile(join(cwd, name), 'PROVIDER=no-such-provider\nGROQ_BASE_URL=http://127.0.0.1:1\n');
  }
  await using groq = await startUpstream({ script: { answer: text('From the right place.') } });
  await using proxy = await startBinary({ env: emergency(groq), folders });
  const said = await ask(proxy.url);
  expect(await said.text()).toContain('From the ri');
  expect((await runToEnd(['version'], {}, folders)).exitCode).toBe(0);
  expect(existsSync(marker)).toBe(false);
});

test('a folder of the user named like a module does not shadow one', async () => {
  await using folders = await makeFolders();
  const fake = join(folders.cwd, 'node_modules', 'elysia');
  await mkdir(fake, { recursive: true });
  const marker = join(folders.cwd, 'marker');
  await writeFile(join(fake, 'index.js'), `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');`);
  await using groq = await startUpstream();
  await using proxy = await startBinary({ env: emergency(groq), folders });
  expect((await fetch(`${proxy.url}/health`)).status).toBe(200);
  expect(existsSync(marker)).toBe(false);
});

test("nothing of Claude Code's is read or written in the user's home", async () => {
  await using folders = await makeFolders();
  await mkdir(join(folders.home, '.claude'));
  const settings = '{"env":{"PROVIDER":"no-such-provider","GROQ_BASE_URL":"http://127.0.0.1:1"}}';
  await writeFile(join(folders.home, '.claude.json'), settings);
  await writeFile(join(folders.home, '.claude', 'settings.json'), settings);
  await using groq = await startUpstream({ script: { answer: text('Served.') } });
  await using proxy = await startBinary({ env: emergency(groq), folders });
  expect(await (await ask(proxy.url)).text()).toContain('Served.');
  await proxy.stop();
  const left = (await folders.inHome()).filter(
    (path) => !path.includes('ccproxy') && path.includes('claude'),
  );
  expect(left.sort()).toEqual(['.claude', '.claude.json', '.claude/settings.json']);
  expect(await Bun.file(join(folders.home, '.claude.json')).text()).toBe(settings);
  expect(await Bun.file(join(folders.home, '.claude', 'settings.json')).text()).toBe(settings);
});

test('keys, credentials and words of the conversation stand in nothing that it prints', async () => {
  await using anthropic = await startUpstream({ script: { fault: { kind: 'status', status: 500 } } });
  await using groq = await startUpstream({ script: { fault: { kind: 'status', status: 401 } } });
  await using proxy = await startBinary({
    args: ['--log-level', 'debug'],
    env: { ...emergency(groq), PROVIDER: 'anthropic,groq', CCPROXY_ANTHROPIC_BASE_URL: anthropic.url },
  });
  const failed = await ask(proxy.url, 'a secret question');
  const status = await (await fetch(`${proxy.url}/status`)).text();
  const { stdout, stderr } = proxy.printed();
  const printed = [stdout, stderr, status, await failed.text()].join('\n');
  for (const secret of ['groq-key', 'client-key', 'a secret question']) expect(printed).not.toContain(secret);
});

test('a request without a Host is refused before anybody reads it', async () => {
  await using groq = await startUpstream();
  await using proxy = await startBinary({ env: emergency(groq) });
  const headers = ['content-type: application/json'];
  const answer = await rawRequest(proxy.port, requestText('POST /v1/messages', headers, ASK));
  // HTTP/1.1 itself forbids it: the server's parser says 400 before there is a request to judge.
  expect([400, 403]).toContain(statusOf(answer));
  expect(groq.asked).toHaveLength(0);
});

describe('who may ask', () => {
  const AT = 'host: 127.0.0.1';
  test.each<[string, string[], number]>([
    ['a request with a loopback Host', [AT], 200],
    ['one that names localhost and a port', ['host: localhost:1234'], 200],
    ['one for the IPv6 loopback', ['host: [::1]'], 200],
    ['one with two Hosts', [AT, AT], 403],
    ['one for a name that somebody pointed here', ['host: rebound.example'], 403],
    ['one for a name that only begins well', ['host: 127.0.0.1.example'], 403],
    ['one of a page elsewhere', [AT, 'origin: https://example.com'], 403],
    ['one of a page without an origin', [AT, 'origin: null'], 403],
    ['one of a page on another port here', [AT, 'origin: http://127.0.0.1:1'], 403],
  ])('%s is answered as the rules say', async (_, headers, status) => {
    await using groq = await startUpstream({ script: { answer: text('Served.') } });
    await using proxy = await startBinary({ env: emergency(groq) });
    const answer = await rawRequest(
      proxy.port,
      requestText('POST /v1/messages', [...headers, 'content-type: application/json'], ASK),
    );
    expect(statusOf(answer)).toBe(status);
    expect(groq.asked).toHaveLength(status === 200 ? 1 : 0);
    if (status !== 200) expect(answer).toContain('permission_error');
    expect(answer.toLowerCase()).not.toContain('access-control-');
  });
});

function emergency(groq: ScriptedUpstream): Record<string, string> {
  return { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key', GROQ_BASE_URL: `${groq.url}/openai/v1` };
}

function ask(url: string, question = 'hi'): Promise<Response> {
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'client-key' },
    body: ASK.replace('"hi"', JSON.stringify(question)),
  });
}
