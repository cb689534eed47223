import { describe, expect, test } from 'bun:test';
import { startUpstream } from '../../src/drill/upstream.ts';
import type { Status } from '../../src/server/status.ts';
import {
  bodyOf,
  CONTROL_TOKEN,
  chainFile,
  type ErrorBody,
  type RunningApp,
  startApp,
} from '../support/app.ts';

const NOBODY = 'http://127.0.0.1:1';
const FILE = chainFile({ anthropic: NOBODY, backup: NOBODY });
const HELLO = { model: 'claude-sonnet-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] };

function command(app: RunningApp, name: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${app.url}/admin/api/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CONTROL_TOKEN}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function statusOf(app: RunningApp): Promise<Status> {
  return bodyOf<Status>(await fetch(`${app.url}/status`));
}

async function states(app: RunningApp): Promise<string[]> {
  return (await statusOf(app)).upstreams.map(({ state }) => state);
}

function ask(app: RunningApp, headers: Record<string, string> = { 'x-api-key': 'sk-ant-k' }) {
  return fetch(`${app.url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(HELLO) });
}

const COMMANDS: [string, unknown][] = [
  ['stop', {}],
  ['use', { upstream: 'backup' }],
  ['isolate', { upstream: 'backup' }],
  ['reset', {}],
  ['fingerprint', {}],
  ['hold', {}],
  ['release', { holder: 'somebody' }],
];

describe('without the right to', () => {
  test.each(COMMANDS)('%s nothing changes', async (name, body) => {
    await using app = await startApp({ file: FILE });
    for (const authorization of ['', 'Bearer wrong', `Basic ${CONTROL_TOKEN}`, CONTROL_TOKEN]) {
      const answer = await command(app, name, body, { authorization });
      expect(answer.status).toBe(401);
      expect((await bodyOf<ErrorBody>(answer)).error.type).toBe('authentication_error');
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await command(app, name, body, { 'content-type': type });
      expect(answer.status).toBe(400);
    }
    const status = await statusOf(app);
    const states = status.upstreams.map(({ state }) => state);
    expect([status.preferred, states, app.stops, app.holders.streams]).toEqual([
      null,
      ['closed', 'closed'],
      0,
      0,
    ]);
  });

  test.each(COMMANDS)('%s is not read from a page of another origin, nor by another method', async (name) => {
    await using app = await startApp({ file: FILE });
    expect((await command(app, name, {}, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await fetch(`${app.url}/admin/api/${name}`)).status).toBe(405);
  });

  test.each<[string, string, number, string]>([
    ['use', '{"upstream":"nobody"}', 404, 'there are: anthropic, backup'],
    ['isolate', '{"upstream":"nobody"}', 404, 'there are: anthropic, backup'],
    ['reset', '{"upstream":"nobody"}', 404, 'there are: anthropic, backup'],
    ['isolate', '{"upstream":"auto"}', 404, 'there are: anthropic, backup'],
    ['use', '{"upstream":"__proto__"}', 404, 'there are: anthropic, backup'],
    ['use', '{}', 400, 'upstream'],
    ['isolate', '{}', 400, 'upstream'],
    ['use', '{"upstream":7}', 400, 'upstream'],
    ['reset', '{"upstream":null}', 400, 'upstream'],
    ['release', '{}', 400, 'holder'],
    ['reset', '[]', 400, 'JSON object'],
    ['use', 'upstream=backup', 400, 'JSON object'],
    ['use', '', 400, 'JSON object'],
    ['use', `{"upstream":"${'x'.repeat(20_000)}"}`, 413, 'larger'],
  ])('%s of %s is refused with %i', async (name, body, status, words) => {
    await using app = await startApp({ file: FILE });
    const answer = await command(app, name, body);
    const { error } = await bodyOf<ErrorBody>(answer);
    expect([answer.status, error.message]).toEqual([status, expect.stringContaining(words)]);
    expect(error.message.length).toBeLessThan(200);
    expect((await statusOf(app)).preferred).toBeNull();
  });
});

describe('use', () => {
  test('has an upstream asked first, and auto undoes it', async () => {
    await using anthropic = await startUpstream();
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url, backup: backup.url }) });
    const used = await command(app, 'use', { upstream: 'backup' });
    expect([used.status, await used.json()]).toEqual([200, { preferred: 'backup' }]);
    expect((await ask(app)).headers.get('x-ccproxy-upstream')).toBe('backup');
    expect((await statusOf(app)).preferred).toBe('backup');
    expect(await (await command(app, 'use', { upstream: 'auto' })).json()).toEqual({ preferred: null });
    expect((await ask(app)).headers.get('x-ccproxy-upstream')).toBe('anthropic');
    expect((await statusOf(app)).preferred).toBeNull();
  });

  test('of an upstream that is isolated is refused, and says what comes first', async () => {
    await using app = await startApp({ file: FILE });
    await command(app, 'isolate', { upstream: 'backup' });
    const answer = await command(app, 'use', { upstream: 'backup' });
    const { error } = await bodyOf<ErrorBody>(answer);
    expect([answer.status, error.message]).toEqual([400, expect.stringContaining('ccproxy reset backup')]);
    expect((await statusOf(app)).preferred).toBeNull();
    await command(app, 'reset', { upstream: 'backup' });
    expect((await command(app, 'use', { upstream: 'backup' })).status).toBe(200);
  });
});

describe('isolate', () => {
  test('holds an upstream out, until it is reset', async () => {
    await using anthropic = await startUpstream();
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url, backup: backup.url }) });
    const isolated = await command(app, 'isolate', { upstream: 'anthropic' });
    expect([isolated.status, await isolated.json()]).toEqual([200, { isolated: 'anthropic' }]);
    expect(await states(app)).toEqual(['isolated', 'closed']);
    expect((await ask(app)).headers.get('x-ccproxy-upstream')).toBe('backup');
    await command(app, 'isolate', { upstream: 'backup' });
    expect((await ask(app)).status).toBe(503);
    await command(app, 'reset', {});
    expect((await ask(app)).headers.get('x-ccproxy-upstream')).toBe('anthropic');
  });
});

describe('reset', () => {
  test('of one upstream leaves the others as they are, and undoes no preference', async () => {
    await using app = await startApp({ file: FILE });
    for (const upstream of ['anthropic', 'backup']) await command(app, 'isolate', { upstream });
    app.health.prefer('anthropic');
    const reset = await command(app, 'reset', { upstream: 'anthropic' });
    expect([reset.status, await reset.json()]).toEqual([200, { reset: ['anthropic'] }]);
    expect(await states(app)).toEqual(['closed', 'isolated']);
    expect(await (await command(app, 'reset', {})).json()).toEqual({ reset: ['anthropic', 'backup'] });
    expect(await states(app)).toEqual(['closed', 'closed']);
    expect((await statusOf(app)).preferred).toBe('anthropic');
  });

  test('forgets cooldowns of models and credentials, and has the upstreams looked at', async () => {
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '600' } } as const;
    await using anthropic = await startUpstream({ script: { fault } });
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url, backup: backup.url }) });
    await (await ask(app)).text();
    const [first] = (await statusOf(app)).upstreams;
    expect([first?.state, first?.until]).toEqual(['cooldown', expect.any(String)]);
    app.told.length = 0;
    await command(app, 'reset', {});
    expect(await states(app)).toEqual(['closed', 'closed']);
    expect(app.told).toEqual(['nudge']);
    await anthropic.play({});
    expect((await ask(app)).headers.get('x-ccproxy-upstream')).toBe('anthropic');
  });

  test('forgets which credentials were rejected', async () => {
    const fault = { kind: 'status', status: 401 } as const;
    await using anthropic = await startUpstream({ script: { fault } });
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url, backup: backup.url }) });
    await (await ask(app)).text();
    await (await ask(app)).text();
    expect(anthropic.asked).toHaveLength(1);
    await command(app, 'reset', {});
    await (await ask(app)).text();
    expect(anthropic.asked).toHaveLength(2);
  });
});

test.each<[string, string, boolean]>([
  ['HEAD', '/', true],
  ['HEAD', '/api/hello', true],
  ['GET', '/api/hello', true],
  ['GET', '/', false],
  ['GET', '/health', false],
  ['GET', '/status', false],
])('%s %s tells the prober that a session begins: %p', async (method, path, isNudge) => {
  await using app = await startApp({ file: FILE });
  await fetch(`${app.url}${path}`, { method });
  expect(app.told).toEqual(isNudge ? ['nudge'] : []);
});

test('the fingerprint is of the configuration in use, by the control token, and nowhere else', async () => {
  await using app = await startApp({ file: FILE });
  const fingerprint = app.configuration.fingerprint(CONTROL_TOKEN);
  expect(await (await command(app, 'fingerprint', {})).json()).toEqual({ fingerprint });
  expect(JSON.stringify(await statusOf(app))).not.toContain(fingerprint);
  await using other = await startApp({ file: chainFile({ backup: NOBODY }) });
  app.serving.replace(other.configuration);
  const next = other.configuration.fingerprint(CONTROL_TOKEN);
  expect(await (await command(app, 'fingerprint', {})).json()).toEqual({ fingerprint: next });
  expect(next).not.toBe(fingerprint);
});
