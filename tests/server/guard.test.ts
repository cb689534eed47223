import { describe, expect, test } from 'bun:test';
import { startUpstream } from '../../src/drill/upstream.ts';
import { CONTROL_TOKEN, chainFile, startApp } from '../support/app.ts';
import { rawRequest, requestText, statusOf } from '../support/raw-http.ts';

const EMERGENCY = { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key' };
const TOKEN = 'token-of-the-proxy-1';
const ASK = JSON.stringify({
  model: 'claude-sonnet-4-5',
  max_tokens: 64,
  messages: [{ role: 'user', content: 'hello' }],
});

/** The body of an answer, which must be an error in the shape of the Messages API, under its own request id. */
function errorIn(answer: string): { type: string; message: string } {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  const parsed = JSON.parse(body);
  const id = /^request-id: (.*)$/im.exec(head)?.[1]?.trim();
  expect(Object.keys(parsed)).toEqual(['type', 'error', 'request_id']);
  expect(Object.keys(parsed.error)).toEqual(['type', 'message']);
  expect([parsed.type, parsed.request_id]).toEqual(['error', String(id)]);
  expect(head).toMatch(/^content-type: application\/json/im);
  return parsed.error;
}

describe('the Host', () => {
  test.each([
    'localhost',
    'LOCALHOST',
    'LocalHost:1',
    'localhost:PORT',
    '127.0.0.1',
    '127.0.0.1:PORT',
    '127.1.2.3',
    '127.255.255.255:80',
    '[::1]',
    '[::1]:PORT',
  ])('%s is served', async (host) => {
    await using app = await startApp({ env: EMERGENCY });
    const header = `Host: ${host.replace('PORT', String(app.port))}`;
    expect(statusOf(await rawRequest(app.port, requestText('GET /status', [header])))).toBe(200);
  });

  test.each([
    '',
    'evil.com',
    'localhost.evil.com',
    '127.0.0.1.evil.com',
    'evil.com:3456',
    'xlocalhost',
    '127.0.0.999',
    '127.0.0',
    '127.1',
    '128.0.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '0.0.0.0',
    '0',
    '[::]',
    '::1',
    '[::1',
    '[::ffff:127.0.0.1]',
    '[::1]x',
    'localhost.',
    'localhost:',
    'localhost:abc',
    'localhost:-1',
    'localhost:123456',
    'localhost:80:80',
    'localhost/',
    'localhost#',
    'localhost?x',
    'localhost evil.com',
    'localhost, localhost',
    'localhost,evil.com',
    'user@localhost',
    'user:password@localhost',
    'evil.com@localhost',
    'localhost%00.evil.com',
    'ⓛocalhost',
  ])('"%s" is refused with 403, on free paths too', async (host) => {
    await using app = await startApp({ env: EMERGENCY });
    for (const line of ['GET /health', 'GET /status', 'POST /v1/messages']) {
      const answer = await rawRequest(app.port, requestText(line, [`Host: ${host}`]));
      expect(statusOf(answer)).toBe(403);
      expect(errorIn(answer).type).toBe('permission_error');
    }
  });

  test.each<[string, string[]]>([
    ['twice the same', ['Host: localhost', 'Host: localhost']],
    ['good, then foreign', ['Host: localhost', 'Host: evil.com']],
    ['foreign, then good', ['Host: evil.com', 'host: localhost']],
  ])('given %s is refused', async (_, headers) => {
    await using app = await startApp({ env: EMERGENCY });
    const answer = await rawRequest(app.port, requestText('GET /health', headers));
    expect(statusOf(answer)).toBe(403);
  });

  test('is what counts, not the host in an absolute request line', async () => {
    await using app = await startApp({ env: EMERGENCY });
    const line = `GET http://localhost:${app.port}/status`;
    expect(statusOf(await rawRequest(app.port, requestText(line, ['Host: evil.com'])))).toBe(403);
  });

  test('may be missing for nobody: HTTP/1.0 without it is refused, with it served', async () => {
    await using app = await startApp({ env: EMERGENCY });
    expect(statusOf(await rawRequest(app.port, 'GET /health HTTP/1.0\r\n\r\n'))).toBe(403);
    expect(statusOf(await rawRequest(app.port, 'GET /health HTTP/1.1\r\n\r\n'))).toBe(400);
    expect(statusOf(await rawRequest(app.port, 'GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n'))).toBe(200);
  });

  test.each<[string, number]>([
    ['proxy.example', 200],
    ['PROXY.Example:99', 200],
    ['narrow.example:8080', 200],
    ['[fd00::1]:3456', 200],
    ['narrow.example', 403],
    ['narrow.example:8081', 403],
    ['sub.proxy.example', 403],
    ['proxy.example.evil.com', 403],
    ['localhost', 200],
  ])('%s gives %i with allowed_hosts', async (host, status) => {
    await using app = await startApp({
      file: '[server]\nallowed_hosts = ["Proxy.example", "narrow.example:8080", "[fd00::1]"]',
    });
    expect(statusOf(await rawRequest(app.port, requestText('GET /status', [`Host: ${host}`])))).toBe(status);
  });

  test('is not decided by a forwarding header', async () => {
    await using app = await startApp({ env: EMERGENCY });
    const forwarded = [
      'X-Forwarded-Host: localhost',
      'X-Forwarded-For: 127.0.0.1',
      'Forwarded: host=localhost',
    ];
    const foreign = await rawRequest(app.port, requestText('GET /status', ['Host: evil.com', ...forwarded]));
    expect(statusOf(foreign)).toBe(403);
    const own = requestText('GET /status', ['Host: localhost', 'X-Forwarded-For: 8.8.8.8']);
    expect(statusOf(await rawRequest(app.port, own))).toBe(200);
  });
});

describe('the Origin', () => {
  test.each([
    'http://localhost:PORT',
    'HTTP://LOCALHOST:PORT',
    'http://127.0.0.1:PORT',
    'http://[::1]:PORT',
    'http://proxy.example:PORT',
  ])("%s is the listener's own", async (origin) => {
    await using app = await startApp({ file: '[server]\nallowed_hosts = ["proxy.example"]' });
    const named = origin.replace('PORT', String(app.port));
    const host = named.slice('http://'.length);
    const answer = await rawRequest(
      app.port,
      requestText('GET /status', [`Host: ${host}`, `Origin: ${named}`]),
    );
    expect(statusOf(answer)).toBe(200);
    expect(answer.toLowerCase()).not.toContain('access-control-');
  });

  test.each([
    'null',
    '',
    'http://localhost',
    'http://localhost:1',
    'https://localhost:PORT',
    'https://127.0.0.1:PORT',
    'http://evil.com',
    'http://evil.com:PORT',
    'http://localhost.evil.com:PORT',
    'http://user@localhost:PORT',
    'http://localhost:PORT/',
    'http://localhost:PORT, http://localhost:PORT',
    'localhost:PORT',
    'file://localhost:PORT',
    'chrome-extension://abcdef',
    'http://proxy.example',
    'http://proxy.example:1',
  ])('"%s" is foreign: 403, and no CORS header', async (origin) => {
    await using app = await startApp({ file: '[server]\nallowed_hosts = ["proxy.example"]' });
    const headers = [`Host: localhost:${app.port}`, `Origin: ${origin.replaceAll('PORT', String(app.port))}`];
    for (const line of ['GET /health', 'POST /v1/messages', 'OPTIONS /v1/messages', 'GET /status']) {
      const answer = await rawRequest(app.port, requestText(line, headers));
      expect(statusOf(answer)).toBe(403);
      expect(errorIn(answer).type).toBe('permission_error');
      expect(answer.toLowerCase()).not.toContain('access-control-');
    }
  });

  test('of a preflight gets no permission, not even from the own one', async () => {
    await using app = await startApp({ env: EMERGENCY });
    const own = `localhost:${app.port}`;
    const preflight = [
      `Host: ${own}`,
      `Origin: http://${own}`,
      'Access-Control-Request-Method: POST',
      'Access-Control-Request-Headers: x-api-key',
    ];
    const answer = await rawRequest(app.port, requestText('OPTIONS /v1/messages', preflight));
    expect(statusOf(answer)).toBe(405);
    expect(answer.toLowerCase()).not.toContain('access-control-');
  });

  test('is nowhere invited by an upstream that invites everyone', async () => {
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': '*',
      'access-control-allow-methods': '*',
      'access-control-max-age': '600',
    };
    const fault = { kind: 'status', status: 400, headers } as const;
    await using anthropic = await startUpstream({ script: { fault }, asideFault: fault });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    for (const path of ['/v1/messages', '/v1/files']) {
      const answer = await fetch(`${app.url}${path}`, {
        method: 'POST',
        headers: { 'x-api-key': 'k' },
        body: ASK,
      });
      expect(answer.status).toBe(400);
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('tokens', () => {
  const file = (url: string) => chainFile({ anthropic: url }, `[server]\ntokens = ["other", "${TOKEN}"]`);
  const OWN_KEY = 'sk-ant-the-clients-own';

  test.each<[string, Record<string, string>, Record<string, string | null>]>([
    [
      'x-ccproxy-token leaves both credentials',
      { 'x-ccproxy-token': TOKEN, 'x-api-key': OWN_KEY, authorization: 'Bearer oat-own' },
      { 'x-api-key': OWN_KEY, authorization: 'Bearer oat-own' },
    ],
    [
      'a Bearer token is stripped, the key beside it goes',
      { authorization: `Bearer ${TOKEN}`, 'x-api-key': OWN_KEY },
      { 'x-api-key': OWN_KEY, authorization: null },
    ],
    [
      'a token in x-api-key is stripped, the Bearer token beside it goes',
      { 'x-api-key': TOKEN, authorization: 'bearer oat-own' },
      { 'x-api-key': null, authorization: 'Bearer oat-own' },
    ],
    [
      'the control token opens too, and is stripped',
      { authorization: `Bearer ${CONTROL_TOKEN}`, 'x-api-key': OWN_KEY },
      { 'x-api-key': OWN_KEY, authorization: null },
    ],
  ])('%s', async (_, headers, forwarded) => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: file(anthropic.url) });
    for (const path of ['/v1/messages', '/v1/messages/count_tokens', '/v1/files']) {
      await fetch(`${app.url}${path}`, { method: 'POST', headers, body: ASK });
    }
    expect(anthropic.requests).toHaveLength(3);
    for (const request of anthropic.requests) {
      for (const [name, value] of Object.entries(forwarded)) expect(request.header(name)).toBe(value);
      const said = JSON.stringify(request.headers);
      for (const secret of [TOKEN, CONTROL_TOKEN, 'x-ccproxy-token']) expect(said).not.toContain(secret);
    }
  });

  test.each<[string, string[]]>([
    ['x-api-key', [`x-api-key: ${TOKEN}`, `x-api-key: ${OWN_KEY}`]],
    ['Authorization', [`Authorization: Bearer ${OWN_KEY}`, `Authorization: Bearer ${TOKEN}`]],
  ])('a token in a second %s is not forwarded', async (_, doubled) => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: file(anthropic.url) });
    const headers = ['Host: localhost', `x-ccproxy-token: ${TOKEN}`, ...doubled];
    await rawRequest(app.port, requestText('POST /v1/messages', headers, ASK));
    for (const request of anthropic.requests) expect(JSON.stringify(request.headers)).not.toContain(TOKEN);
  });

  test('without another credential the client has none for Anthropic', async () => {
    await using anthropic = await startUpstream();
    await using backup = await startUpstream();
    await using app = await startApp({
      file: chainFile({ anthropic: anthropic.url, backup: backup.url }, `[server]\ntokens = ["${TOKEN}"]`),
    });
    const answer = await fetch(`${app.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': TOKEN },
      body: ASK,
    });
    expect([answer.status, answer.headers.get('x-ccproxy-upstream')]).toEqual([200, 'backup']);
    expect(anthropic.requests).toHaveLength(0);
    expect(backup.requests[0]?.header('authorization')).toBe('Bearer backup-key');
  });

  test.each<[string, Record<string, string>]>([
    ['none', {}],
    ['a wrong one', { 'x-ccproxy-token': 'wrong' }],
    ['an empty one', { 'x-ccproxy-token': '' }],
    ['a prefix', { 'x-api-key': TOKEN.slice(0, -1) }],
    ['one in another case', { authorization: `Bearer ${TOKEN.toUpperCase()}` }],
    ['one by another scheme', { authorization: `Basic ${TOKEN}` }],
    ['one in the query', {}],
  ])('%s opens only what is free, and asks nobody', async (name, headers) => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: file(anthropic.url) });
    const query = name === 'one in the query' ? `?token=${TOKEN}` : '';
    const ask = (method: string, path: string) =>
      fetch(`${app.url}${path}${query}`, { method, headers, ...(method === 'POST' ? { body: ASK } : {}) });
    for (const [method, path] of [
      ['GET', '/'],
      ['HEAD', '/'],
      ['GET', '/health'],
      ['HEAD', '/api/hello'],
    ] as const) {
      expect((await ask(method, path)).status).toBe(200);
    }
    for (const [method, path] of [
      ['POST', '/v1/messages'],
      ['POST', '/v1/messages/count_tokens'],
      ['GET', '/v1/models'],
      ['GET', '/v1/files'],
      ['GET', '/status'],
      ['GET', '/nothing'],
    ] as const) {
      const answer = await ask(method, path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect((await answer.json()).error.type).toBe('authentication_error');
    }
    for (const path of [
      '/admin/../status',
      '/admin/%2e%2e/status',
      '/health/../status',
      '//health',
      '/admin',
    ]) {
      const answer = await rawRequest(app.port, requestText(`GET ${path}`, ['Host: localhost']));
      expect([path, statusOf(answer)]).toEqual([path, 401]);
    }
    expect(anthropic.requests).toHaveLength(0);
  });
});

describe('the control of the process', () => {
  const stop = (url: string, headers: Record<string, string>, method = 'POST') =>
    fetch(`${url}/admin/api/stop`, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
  const JSON_TYPE = { 'content-type': 'application/json' };

  test.each<[string, Record<string, string>, number]>([
    ['nothing', JSON_TYPE, 401],
    ['a wrong token', { ...JSON_TYPE, authorization: 'Bearer wrong' }, 401],
    ["one of the clients' tokens", { ...JSON_TYPE, authorization: `Bearer ${TOKEN}` }, 401],
    [
      'the token, but as a form',
      { 'content-type': 'text/plain', authorization: `Bearer ${CONTROL_TOKEN}` },
      400,
    ],
    ['the token', { ...JSON_TYPE, authorization: `Bearer ${CONTROL_TOKEN}` }, 200],
    ['the admin token', { ...JSON_TYPE, authorization: 'Bearer the-admin-token' }, 200],
  ])('with %s', async (_, headers, status) => {
    await using app = await startApp({
      file: `[server]\ntokens = ["${TOKEN}"]\nadmin_token = "the-admin-token"`,
    });
    expect((await stop(app.url, headers)).status).toBe(status);
    expect(app.stops).toBe(status === 200 ? 1 : 0);
  });

  test('is not given to a GET, nor to a web page that knows the token', async () => {
    await using app = await startApp({ env: EMERGENCY });
    const headers = { ...JSON_TYPE, authorization: `Bearer ${CONTROL_TOKEN}` };
    expect((await stop(app.url, headers, 'GET')).status).toBe(405);
    expect((await stop(app.url, { ...headers, origin: 'http://evil.com' })).status).toBe(403);
    expect(app.stops).toBe(0);
  });
});

describe('a circle', () => {
  /** A port for an app that has to know it before it listens. */
  const freePort = () => {
    const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
    server.stop(true);
    return server.port;
  };

  test.each<[string, (port: number) => string, number, RegExp]>([
    [
      'Anthropic',
      (port) => chainFile({ anthropic: `http://127.0.0.1:${port}` }),
      400,
      /came back to the ccproxy/,
    ],
    [
      'a backup',
      (port) => chainFile({ backup: `http://localhost:${port}` }),
      503,
      /came back to the ccproxy/,
    ],
    [
      'a server that imitates Anthropic, by IPv6',
      (port) =>
        `[upstreams.x]\nprovider = "anthropic-compatible"\nbase_url = "http://[::1]:${port}"\napi_key = "k"`,
      503,
      /x: /,
    ],
  ])('through %s ends at once, with a clear error', async (_, file, status, words) => {
    const port = freePort();
    await using app = await startApp({ file: file(port), env: { CCPROXY_PORT: String(port) } });
    const answer = await fetch(`${app.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'sk-ant-k' },
      body: ASK,
    });
    expect([answer.status, (await answer.json()).error.message]).toEqual([
      status,
      expect.stringMatching(words),
    ]);
    const count = await fetch(`${app.url}/v1/messages/count_tokens`, {
      method: 'POST',
      headers: { 'x-api-key': 'sk-ant-k' },
      body: ASK,
    });
    expect([count.status, (await count.json()).input_tokens]).toEqual([200, expect.any(Number)]);
  });
});
