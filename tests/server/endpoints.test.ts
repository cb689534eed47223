import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { readBody } from '../../src/server/read-body.ts';
import type { Status } from '../../src/server/status.ts';
import { bodyOf, chainFile, type ErrorBody, type RunningApp, startApp } from '../support/app.ts';
import { rawConnection, rawRequest, requestText, statusOf } from '../support/raw-http.ts';

/** A port of this machine where nothing listens. */
const NOBODY = 'http://127.0.0.1:1';
/** Everything is down: no connection is accepted anywhere. */
const DOWN = chainFile({ anthropic: NOBODY, backup: NOBODY });
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function ask(app: RunningApp, path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': 'sk-ant-k', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const HELLO = { model: 'claude-sonnet-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] };

interface ModelPage {
  data: (Record<string, string> & { id: string })[];
  has_more: boolean;
  first_id: string;
  last_id: string;
}

/** Checks an error answer down to its shape, and gives its words. */
async function errorOf(answer: Response): Promise<{ type: string; message: string }> {
  const body = await bodyOf<ErrorBody>(answer);
  expect(Object.keys(body)).toEqual(['type', 'error', 'request_id']);
  expect(Object.keys(body.error)).toEqual(['type', 'message']);
  expect(body.type).toBe('error');
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(body.request_id).toBe(String(answer.headers.get('request-id')));
  expect(body.request_id).toBe(String(answer.headers.get('x-ccproxy-request-id')));
  return body.error;
}

describe('with everything down', () => {
  test.each<[string, string, number, RegExp]>([
    ['HEAD', '/', 200, /^$/],
    ['GET', '/', 200, /^ccproxy 1\.2\.3\n$/],
    ['HEAD', '/api/hello', 200, /^$/],
    ['GET', '/health', 200, /"status":"ok"/],
    ['HEAD', '/health', 200, /^$/],
    ['GET', '/status', 200, /"upstreams":\[/],
    ['HEAD', '/status', 200, /^$/],
    ['GET', '/v1/models', 200, /"data":\[/],
    ['GET', '/v1/models?limit=1000', 200, /"data":\[/],
    ['GET', '/health/', 200, /"status":"ok"/],
  ])('%s %s answers %i, with ids to ask about', async (method, path, status, words) => {
    await using app = await startApp({ file: DOWN });
    const answer = await fetch(`${app.url}${path}`, { method });
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(words)]);
    expect(answer.headers.get('request-id')).toMatch(/^req_\w+$/);
    expect(answer.headers.get('x-ccproxy-request-id')).toBe(answer.headers.get('request-id'));
  });

  test('/health names the version, the time since the start and the instance', async () => {
    await using app = await startApp({ file: DOWN });
    const health = await bodyOf<Record<string, unknown>>(await fetch(`${app.url}/health`));
    expect(health).toEqual({
      status: 'ok',
      version: '1.2.3',
      uptime_s: expect.any(Number),
      instance: expect.stringMatching(/^instance-/),
    });
    expect(Number.isInteger(health.uptime_s)).toBe(true);
  });

  test("/v1/models is a page of Anthropic's list", async () => {
    await using app = await startApp({ file: DOWN });
    const page = await bodyOf<ModelPage>(await fetch(`${app.url}/v1/models`));
    expect(Object.keys(page).sort()).toEqual(['data', 'first_id', 'has_more', 'last_id']);
    expect(page.data.length).toBeGreaterThan(2);
    for (const model of page.data) {
      expect(model).toEqual({
        type: 'model',
        id: expect.stringMatching(/^claude-/),
        display_name: expect.stringMatching(/^Claude /),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      });
    }
    expect([page.has_more, page.first_id, page.last_id]).toEqual([
      false,
      page.data[0]?.id ?? '',
      page.data.at(-1)?.id ?? '',
    ]);
  });

  test('an empty chain would answer: nothing but the request decides the model list', async () => {
    await using app = await startApp({ env: { PROVIDER: 'groq', GROQ_API_KEY: 'k' } });
    expect((await fetch(`${app.url}/v1/models`)).status).toBe(200);
  });
});

describe('/status', () => {
  test('before any request has every field, and only what was observed', async () => {
    await using app = await startApp({ file: DOWN });
    const status = await bodyOf<Status>(await fetch(`${app.url}/status`));
    expect(status).toEqual({
      version: '1.2.3',
      instance: expect.stringMatching(/^instance-/),
      mode: 'file',
      started_at: expect.stringMatching(RFC_3339),
      listen: [`http://127.0.0.1:${app.port}`, `http://[::1]:${app.port}`],
      preferred: null,
      serving: null,
      last_switch: null,
      offline: false,
      config: { path: '/config/ccproxy.toml', error: null },
      upstreams: ['anthropic', 'backup'].map((name) => ({
        name,
        provider: name === 'backup' ? 'openai-compatible' : 'anthropic',
        dialect: name === 'backup' ? 'openai-chat' : 'anthropic',
        state: 'closed',
        since: status.started_at,
        until: null,
        reason: expect.any(String),
        last_probe: null,
        last_tested: null,
        latency: { first_content_ms: null, probe_ms: null },
        counts: { requests: 0, ok: 0, failed: 0, attempts: 0, probes: 0 },
      })),
    });
  });

  test('after a failover says who serves, since when, why, and how each upstream stands', async () => {
    await using anthropic = await startUpstream({ script: { fault: { kind: 'status', status: 503 } } });
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url, backup: backup.url }) });
    await anthropic.play({ answer: text('At first.') });
    expect((await ask(app, '/v1/messages', HELLO)).headers.get('x-ccproxy-upstream')).toBe('anthropic');
    await anthropic.play({ fault: { kind: 'status', status: 503 } });
    for (let times = 0; times < 3; times += 1) {
      const answer = await ask(app, '/v1/messages', HELLO);
      expect(answer.headers.get('x-ccproxy-upstream')).toBe('backup');
      await answer.text();
    }
    const status = await bodyOf<Status>(await fetch(`${app.url}/status`));
    expect(status.serving).toBe('backup');
    expect(status.last_switch).toEqual({
      at: expect.stringMatching(RFC_3339),
      from: 'anthropic',
      to: 'backup',
      reason: expect.stringMatching(/^anthropic: /),
    });
    const [first, second] = status.upstreams;
    expect([first?.state, second?.state]).toEqual(['open', 'closed']);
    expect([first?.since, first?.until]).toEqual([
      expect.stringMatching(RFC_3339),
      expect.stringMatching(RFC_3339),
    ]);
    expect(first?.reason).not.toBe('');
    expect(first?.counts).toEqual({ requests: 1, ok: 1, failed: 2, attempts: 3, probes: 0 });
    expect(second?.counts).toEqual({ requests: 3, ok: 3, failed: 0, attempts: 3, probes: 0 });
    expect(second?.latency.first_content_ms).toEqual({ p50: expect.any(Number), p95: expect.any(Number) });
  });

  test.each<[string, Parameters<typeof startApp>[0], string, string | null]>([
    ['emergency', { env: { PROVIDER: 'groq', GROQ_API_KEY: 'k' } }, 'emergency', null],
    ['standing', { env: {} }, 'standing', null],
    ['a file', { file: DOWN }, 'file', '/config/ccproxy.toml'],
  ])('names the mode: %s', async (_, options, mode, path) => {
    await using app = await startApp(options);
    const status = await bodyOf<Status>(await fetch(`${app.url}/status`));
    expect([status.mode, status.config.path]).toEqual([mode, path]);
  });
});

describe('a path or method that is not served', () => {
  test.each<[string, string, number, string | null, RegExp]>([
    ['GET', '/nothing', 404, null, /\/nothing does not exist/],
    ['GET', '/v1', 404, null, /does not exist/],
    ['GET', '/admin', 404, null, /does not exist/],
    ['POST', '/v1/v1/messages', 404, null, /must end before \/v1/],
    ['GET', '/v1/v1/models', 404, null, /must end before \/v1/],
    ['GET', '/v1/messages', 405, 'POST', /allowed: POST/],
    ['PUT', '/v1/messages', 405, 'POST', /allowed: POST/],
    ['OPTIONS', '/v1/messages', 405, 'POST', /allowed: POST/],
    ['DELETE', '/v1/messages/', 405, 'POST', /allowed: POST/],
    ['GET', '/v1/messages/count_tokens', 405, 'POST', /allowed: POST/],
    ['POST', '/v1/models', 405, 'GET, HEAD', /allowed: GET, HEAD/],
    ['POST', '/', 405, 'GET, HEAD', /allowed: GET, HEAD/],
    ['POST', '/health', 405, 'GET, HEAD', /allowed/],
    ['DELETE', '/status', 405, 'GET, HEAD', /allowed/],
  ])('%s %s: %i', async (method, path, status, allow, words) => {
    await using app = await startApp({ file: DOWN });
    const answer = await fetch(`${app.url}${path}`, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([status, allow]);
    const { type, message } = await errorOf(answer);
    expect(type).toBe(status === 404 ? 'not_found_error' : 'invalid_request_error');
    expect(message).toMatch(words);
    const ofMessages = /^\/v1\/messages\/?$/.test(path);
    expect(answer.headers.get('x-ccproxy-upstream')).toBe(ofMessages ? 'none' : null);
    expect(answer.headers.get('x-ccproxy-attempts')).toBe(ofMessages ? '0' : null);
  });

  test('a fragment in the request line does not hide the path', async () => {
    await using app = await startApp({ file: DOWN });
    expect(statusOf(await rawRequest(app.port, requestText('GET /health#x', ['Host: localhost'])))).toBe(200);
  });
});

describe('a request that is none', () => {
  test.each<[string, string, RegExp]>([
    ['nothing', '', /not valid JSON/],
    ['half a document', '{"model":"claude-x"', /not valid JSON/],
    ['no JSON', 'hello', /not valid JSON/],
    ['a form', 'model=claude', /not valid JSON/],
    ['a list', '[]', /not a JSON object/],
    ['null', 'null', /not a JSON object/],
    ['no model', '{"messages":[]}', /^model: /],
    ['a model that is null', '{"model":null,"messages":[]}', /^model: /],
    ['a model that is a number', '{"model":5,"messages":[]}', /^model: /],
    ['an empty model', '{"model":"","messages":[]}', /^model: /],
  ])('with %s is 400, whatever its content type', async (_, body, words) => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      for (const type of ['application/json', 'text/plain', 'multipart/form-data', 'bogus/;;']) {
        const answer = await ask(app, path, body, { 'content-type': type });
        expect(answer.status).toBe(400);
        if (path === '/v1/messages') {
          expect(answer.headers.get('x-ccproxy-upstream')).toBe('none');
          expect(answer.headers.get('x-ccproxy-attempts')).toBe('0');
        }
        const { type: kind, message } = await errorOf(answer);
        expect([kind, message]).toEqual(['invalid_request_error', expect.stringMatching(words)]);
      }
    }
    expect(anthropic.requests).toHaveLength(0);
  });
});

describe('a body that is too large', () => {
  const file = (url: string) => chainFile({ anthropic: url }, '[server]\nmax_body = "1KB"');
  const HEAD = 'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: k\r\n';
  const NEXT = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const LARGE = 'x'.repeat(5000);

  const expectTooLarge = (received: string) => {
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(received).toContain('"type":"request_too_large"');
    expect(received).toContain('larger than server.max_body (1000 bytes)');
    expect(received.toLowerCase()).toContain('x-ccproxy-attempts: 0');
  };

  test('by its length is 413, and its connection takes the next request', async () => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: file(anthropic.url) });
    const connection = await rawConnection(app.port);
    connection.send(`${HEAD}Content-Length: 5000\r\n\r\n${LARGE}${NEXT}`);
    expectTooLarge(await connection.until((sofar) => sofar.includes('"status":"ok"')));
    connection.hangUp();
    expect(anthropic.requests).toHaveLength(0);
  });

  test.each(['/v1/messages', '/v1/messages/count_tokens', '/v1/files'])(
    'by its chunks is 413 for %s, and ends the connection: how much is still to come is not known',
    async (path) => {
      await using anthropic = await startUpstream();
      await using app = await startApp({ file: file(anthropic.url) });
      const connection = await rawConnection(app.port);
      const head = HEAD.replace('/v1/messages', path);
      connection.send(`${head}Transfer-Encoding: chunked\r\n\r\n1388\r\n${LARGE}\r\n`);
      const { received } = await connection.closed();
      if (path === '/v1/messages') expectTooLarge(received);
      expect(received).toMatch(/^HTTP\/1\.1 413 /);
      expect(received.toLowerCase()).toContain('\r\nconnection: close\r\n');
      expect(anthropic.requests).toHaveLength(0);
    },
  );

  test('is refused by its length before it is sent, and by its chunks before it ends', async () => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: file(anthropic.url) });
    for (const request of [
      `${HEAD}Content-Length: 500000000\r\n\r\n`,
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n1388\r\n${LARGE}\r\n`,
    ]) {
      expect(statusOf(await rawRequest(app.port, request))).toBe(413);
    }
  });

  test('is refused for every path that takes one', async () => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: file(anthropic.url) });
    for (const path of ['/v1/messages', '/v1/messages/count_tokens', '/v1/files']) {
      const answer = await ask(app, path, LARGE);
      expect([path, answer.status, (await errorOf(answer)).type]).toEqual([path, 413, 'request_too_large']);
    }
    expect(anthropic.requests).toHaveLength(0);
  });

  test('by not one byte is served', async () => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: file(anthropic.url) });
    const body = JSON.stringify({ ...HELLO, metadata: { user_id: '' } });
    const padded = (size: number) =>
      body.replace('"user_id":""', `"user_id":"${'u'.repeat(size - body.length)}"`);
    expect((await ask(app, '/v1/messages', padded(1000))).status).toBe(200);
    expect((await ask(app, '/v1/messages', padded(1001))).status).toBe(413);
  });
});

test('a body that does not arrive is given up after a minute, with 408', async () => {
  const timers: { delayMs: number; run: () => void }[] = [];
  const clock = {
    now: () => 0,
    after(delayMs: number, run: () => void) {
      timers.push({ delayMs, run });
      return { cancel() {} };
    },
  };
  const never = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
  const request = new Request('http://localhost/v1/messages', { method: 'POST', body: never });
  const reading = readBody(request, 1000, clock);
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([60_000]);
  timers[0]?.run();
  expect(await reading.catch((error) => [error.status, error.type])).toEqual([408, 'timeout_error']);
});

describe('every answer of /v1/messages says who answered and after how many attempts', () => {
  test.each<[string, object, number, string, string]>([
    ['Anthropic', {}, 200, 'anthropic', '1'],
    ['a refusal of Anthropic', { fault: { kind: 'status', status: 400 } }, 400, 'anthropic', '1'],
    ['the backup', { fault: { kind: 'status', status: 500 } }, 200, 'backup', '2'],
  ])('%s', async (_, script, status, upstream, attempts) => {
    await using anthropic = await startUpstream({ script });
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url, backup: backup.url }) });
    for (const stream of [false, true]) {
      const answer = await ask(app, '/v1/messages?beta=true&x=1', { ...HELLO, stream });
      await answer.text();
      expect(answer.status).toBe(status);
      expect(answer.headers.get('x-ccproxy-upstream')).toBe(upstream);
      expect(answer.headers.get('x-ccproxy-attempts')).toBe(attempts);
      expect(answer.headers.get('request-id')).toMatch(/\w/);
      expect(answer.headers.get('x-ccproxy-request-id')).toMatch(/^req_\w+$/);
    }
    expect(anthropic.asked.map(({ path }) => path)).toEqual(Array(2).fill('/v1/messages?beta=true&x=1'));
    for (const request of backup.asked) expect(request.path).toBe('/v1/chat/completions');
  });

  test('nobody', async () => {
    await using app = await startApp({ file: DOWN });
    const answer = await ask(app, '/v1/messages', HELLO);
    expect([answer.status, answer.headers.get('x-ccproxy-upstream')]).toEqual([503, 'none']);
    expect(answer.headers.get('x-ccproxy-attempts')).toBe('2');
    const { type, message } = await errorOf(answer);
    expect([type, message]).toEqual(['api_error', expect.stringMatching(/anthropic: .*backup: /)]);
  });

  test('a refusal at the door', async () => {
    await using app = await startApp({ file: `[server]\ntokens = ["t"]\n${DOWN}` });
    const answer = await ask(app, '/v1/messages', HELLO);
    expect([answer.status, answer.headers.get('x-ccproxy-upstream')]).toEqual([401, 'none']);
    expect(answer.headers.get('x-ccproxy-attempts')).toBe('0');
  });
});

test('while it drains, a request over an open connection is refused with 503; /health still lives', async () => {
  const state = { draining: false };
  await using app = await startApp({ file: DOWN, draining: () => state.draining });
  expect((await fetch(`${app.url}/status`)).status).toBe(200);
  state.draining = true;
  const answer = await ask(app, '/v1/messages', HELLO);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(answer.headers.get('x-ccproxy-upstream')).toBe('none');
  expect((await errorOf(answer)).message).toContain('stopping');
  expect((await fetch(`${app.url}/health`)).status).toBe(200);
});
