import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BreakerState, initial } from '../../src/core/breaker.ts';
import { healthKeys } from '../../src/core/health-keys.ts';
import type { Upstream } from '../../src/core/upstream.ts';
import { text } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { missingPreferred } from '../../src/server/serving.ts';
import type { Status } from '../../src/server/status.ts';
import { logJournal } from '../../src/telemetry/journal.ts';
import { openLog } from '../../src/telemetry/log.ts';
import {
  bodyOf,
  CONTROL_TOKEN,
  chainFile,
  configurationOf,
  type RunningApp,
  startApp,
} from '../support/app.ts';
import { rawConnection, requestText } from '../support/raw-http.ts';

const NOBODY = 'http://127.0.0.1:1';
const FILE = chainFile({ anthropic: NOBODY, backup: NOBODY });
const ELSEWHERE = chainFile({ anthropic: NOBODY, backup: 'http://127.0.0.1:2' });
const ALONE = chainFile({ anthropic: NOBODY });
const HELLO = { model: 'claude-sonnet-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] };

async function statusOf(app: RunningApp): Promise<Status> {
  return bodyOf<Status>(await fetch(`${app.url}/status`));
}

async function states(app: RunningApp): Promise<string[]> {
  return (await statusOf(app)).upstreams.map(({ state }) => state);
}

function ask(app: RunningApp, more: Record<string, string> = {}) {
  const headers = { 'x-api-key': 'sk-ant-secret-of-the-client', ...more };
  return fetch(`${app.url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(HELLO) });
}

function control(app: RunningApp, name: string, body: unknown) {
  return fetch(`${app.url}/admin/api/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CONTROL_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

describe('another configuration', () => {
  test('is what the next request meets; one under way ends as it began', async () => {
    const slow = { answer: text('A long story.'), fault: { kind: 'stall', after: 4, forMs: 300 } } as const;
    await using anthropic = await startUpstream({ script: slow });
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const stream = await rawConnection(app.port);
    const body = JSON.stringify({ ...HELLO, stream: true });
    stream.send(requestText('POST /v1/messages', ['host: localhost', 'x-api-key: k'], body));
    await stream.until((received) => received.includes('text_delta'));
    const notes = app.serving.replace(await configurationOf({ file: chainFile({ backup: backup.url }) }));
    expect(notes).toEqual([]);
    expect((await ask(app)).headers.get('x-ccproxy-upstream')).toBe('backup');
    expect(await stream.until((received) => received.includes('message_stop'))).toContain('end_turn');
    expect((await statusOf(app)).upstreams.map(({ name }) => name)).toEqual(['backup']);
    expect(app.told).toContain('watch backup');
  });

  test('keeps what is known of an upstream with the same address, and nothing of one with another', async () => {
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '600' } } as const;
    await using anthropic = await startUpstream({ script: { fault } });
    await using backup = await startUpstream({ script: { fault } });
    const places = { anthropic: anthropic.url, backup: backup.url };
    await using app = await startApp({ file: chainFile(places) });
    await (await ask(app)).text();
    app.serving.replace(await configurationOf({ file: chainFile({ ...places, backup: NOBODY }) }));
    expect(await states(app)).toEqual(['cooldown', 'closed']);
    app.serving.replace(await configurationOf({ file: chainFile(places) }));
    expect(await states(app)).toEqual(['cooldown', 'cooldown']);
  });

  test('with another key for an upstream forgets what was wrong with the last one', async () => {
    await using upstream = await startUpstream({ script: { fault: { kind: 'status', status: 401 } } });
    const withKey = (key: string) =>
      `[upstreams.work]\nprovider = "openai-compatible"\nbase_url = "${upstream.url}/v1"\napi_key = "${key}"\n`;
    await using app = await startApp({ file: withKey('old') });
    await (await ask(app)).text();
    expect(await states(app)).toEqual(['blocked']);
    app.serving.replace(await configurationOf({ file: withKey('new') }));
    expect(await states(app)).toEqual(['closed']);
    app.serving.replace(await configurationOf({ file: withKey('old') }));
    expect(await states(app)).toEqual(['blocked']);
  });

  test('has nobody back who is held out: with another address, or gone and back; a reset ends it at every address', async () => {
    await using app = await startApp({ file: FILE });
    await control(app, 'isolate', { upstream: 'backup' });
    app.serving.replace(await configurationOf({ file: ELSEWHERE }));
    expect(await states(app)).toEqual(['closed', 'isolated']);
    app.serving.replace(await configurationOf({ file: ALONE }));
    app.serving.replace(await configurationOf({ file: FILE }));
    expect(await states(app)).toEqual(['closed', 'isolated']);
    await control(app, 'reset', { upstream: 'backup' });
    expect(await states(app)).toEqual(['closed', 'closed']);
    app.serving.replace(await configurationOf({ file: ELSEWHERE }));
    expect(await states(app)).toEqual(['closed', 'closed']);
  });

  test.each<[string, object, string[]]>([
    ['by its name', { upstream: 'backup' }, ['backup']],
    ['with all', {}, ['anthropic', 'backup']],
  ])('lets somebody who is held out and not in it be reset %s', async (_, body, reset) => {
    await using app = await startApp({ file: FILE });
    await control(app, 'isolate', { upstream: 'backup' });
    app.serving.replace(await configurationOf({ file: ALONE }));
    const answer = await control(app, 'reset', body);
    expect([answer.status, await answer.json()]).toEqual([200, { reset }]);
    expect((await control(app, 'reset', { upstream: 'backup' })).status).toBe(404);
    app.serving.replace(await configurationOf({ file: FILE }));
    expect(await states(app)).toEqual(['closed', 'closed']);
  });

  test('without the preferred upstream has the order of the chain, and says so once, until it is there again', async () => {
    await using app = await startApp({ file: FILE });
    app.health.prefer('backup');
    expect(app.serving.replace(await configurationOf({ file: FILE }))).toEqual([]);
    expect((await statusOf(app)).preferred).toBe('backup');
    const alone = await configurationOf({ file: ALONE });
    expect(app.serving.replace(alone)).toEqual([expect.stringContaining('backup is preferred')]);
    expect((await statusOf(app)).preferred).toBeNull();
    expect(app.serving.replace(alone)).toEqual([]);
    expect(missingPreferred(app.health, alone.chain)).toHaveLength(1);
    expect(app.serving.replace(await configurationOf({ file: FILE }))).toEqual([]);
    expect((await statusOf(app)).preferred).toBe('backup');
  });

  test('has its tokens, its names and its limits taken at once', async () => {
    await using app = await startApp({ file: FILE });
    expect((await fetch(`${app.url}/status`)).status).toBe(200);
    const server =
      '[server]\ntokens = ["token-of-the-test"]\nadmin_token = "admin-of-the-test"\nmax_body = "10B"\n';
    app.serving.replace(await configurationOf({ file: `${server}${FILE}` }));
    expect((await fetch(`${app.url}/status`)).status).toBe(401);
    const token = { 'x-ccproxy-token': 'token-of-the-test' };
    expect((await fetch(`${app.url}/status`, { headers: token })).status).toBe(200);
    expect((await ask(app, token)).status).toBe(413);
    const reset = await fetch(`${app.url}/admin/api/reset`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin-of-the-test', 'content-type': 'application/json' },
      body: '{}',
    });
    expect(reset.status).toBe(200);
  });

  test('with another host or port says that it takes a restart', async () => {
    await using app = await startApp({ file: FILE });
    const moved = await configurationOf({
      file: FILE,
      env: { CCPROXY_PORT: '4000', CCPROXY_HOST: '127.0.0.1' },
    });
    expect(app.serving.replace(moved)).toEqual([
      expect.stringContaining('server.host'),
      expect.stringContaining('server.port'),
    ]);
  });

  test('does not take the tokens away while other machines can connect', async () => {
    const file = `[server]\nhost = "0.0.0.0"\ntokens = ["token-of-the-test"]\n${FILE}`;
    await using app = await startApp({ file, host: 'localhost' });
    const notes = app.serving.replace(await configurationOf({ file: FILE }));
    expect(notes).toContainEqual(expect.stringContaining('server.tokens'));
    expect((await fetch(`${app.url}/status`)).status).toBe(401);
  });

  test('that is not in use stands in status until another one is', async () => {
    await using app = await startApp({ file: FILE });
    app.serving.complain('line 3 is wrong');
    expect((await statusOf(app)).config).toEqual({ path: '/config/ccproxy.toml', error: 'line 3 is wrong' });
    app.serving.complain(null);
    expect((await statusOf(app)).config.error).toBeNull();
  });
});

describe('/status', () => {
  test('says of upstreams that recovered when they serve again, while another serves', async () => {
    await using app = await startApp({ file: FILE });
    const recover = (upstream: Upstream) => {
      const { upstream: key } = healthKeys(upstream, null, null);
      app.health.breakers.write(key, { ...initial(), since: Date.now(), from: 'open' } as BreakerState);
    };
    const reasons = async () => (await statusOf(app)).upstreams.map(({ reason }) => reason);
    const { chain } = app.configuration;
    chain.slice(0, 1).forEach(recover);
    expect(await reasons()).toEqual([expect.stringMatching(/^serves again in \d+ s$/), '']);
    const [first] = (await statusOf(app)).upstreams;
    expect([first?.state, first?.until]).toEqual(['closed', null]);
    app.health.prefer('anthropic');
    expect(await reasons()).toEqual(['', '']);
    app.health.prefer(null);
    chain.forEach(recover);
    expect(await reasons()).toEqual(['', '']);
  });

  test('shows probes, and that we are offline', async () => {
    await using app = await startApp({ file: FILE });
    const at = Date.UTC(2026, 0, 5, 12);
    const probe = { upstream: 'backup', method: 'head', at, tookMs: 12.4 } as const;
    app.counters.probe(probe);
    const shown = (await statusOf(app)).upstreams[1];
    const good = { at: '2026-01-05T12:00:00.000Z', ok: true, method: 'head', ms: 12, error: null };
    expect([shown?.last_probe, shown?.latency.probe_ms, shown?.counts.probes]).toEqual([good, 12, 1]);
    app.counters.probe({ ...probe, tookMs: 3000, failure: { kind: 'unresponsive', message: 'too slow' } });
    const later = (await statusOf(app)).upstreams[1];
    const bad = { ...good, ok: false, ms: 3000, error: 'too slow' };
    expect([later?.last_probe, later?.latency.probe_ms, later?.counts.probes]).toEqual([bad, 12, 2]);
    expect((await statusOf(app)).upstreams[0]?.last_probe).toBeNull();
  });
});

describe('after a restart', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ccproxy-serving-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('cooldowns, isolation and preference stand as before, and no key is in the file, the log or status', async () => {
    const lines: string[] = [];
    const healthPath = join(folder, 'state', 'health-1.json');
    const journal = logJournal(openLog('debug', (line) => lines.push(line)));
    const words = 'sk-ant-secret-of-the-client and backup-key are over their limit';
    const body = JSON.stringify({ type: 'error', error: { type: 'rate_limit_error', message: words } });
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '600' }, body } as const;
    await using anthropic = await startUpstream({ script: { fault } });
    await using backup = await startUpstream({ script: { fault } });
    const file = chainFile({ anthropic: anthropic.url, backup: backup.url });
    const options = { file, healthPath, journal };
    let before: Status;
    {
      await using app = await startApp(options);
      await (await ask(app)).text();
      await control(app, 'use', { upstream: 'backup' });
      before = await statusOf(app);
    }
    const kept = readFileSync(healthPath, 'utf8');
    await using app = await startApp(options);
    const after = await statusOf(app);
    expect(before.upstreams.map(({ state }) => state)).toEqual(['cooldown', 'cooldown']);
    expect(after.preferred).toBe('backup');
    const stand = ({ upstreams }: Status) =>
      upstreams.map(({ state, since, until, reason }) => ({ state, since, until, reason }));
    expect(stand(after)).toEqual(stand(before));
    const asked = anthropic.asked.length;
    expect((await ask(app)).status).toBe(503);
    expect(anthropic.asked).toHaveLength(asked);
    for (const secret of ['secret-of-the-client', 'backup-key', CONTROL_TOKEN, 'hello']) {
      for (const said of [kept, lines.join('\n'), JSON.stringify([before, after])]) {
        expect(said).not.toContain(secret);
      }
    }
  });
});
