import { describe, expect, test } from 'bun:test';
import { startUpstream } from '../../src/drill/upstream.ts';
import { bodyOf, CONTROL_TOKEN, chainFile, type ErrorBody, startApp } from '../support/app.ts';
import { rawRequest, requestText, statusOf } from '../support/raw-http.ts';

const EMERGENCY = { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key' };
const TOKEN = 'token-of-the-proxy-1';
const ASK = JSON.stringify({
  model: 'claude-sonnet-4-5',
  max_tokens: 64,
  messages: [{ role: 'user', content: 'hello' }],
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
      expect((await bodyOf<ErrorBody>(answer)).error.type).toBe('authentication_error');
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
    expect([answer.status, (await bodyOf<ErrorBody>(answer)).error.message]).toEqual([
      status,
      expect.stringMatching(words),
    ]);
    const count = await fetch(`${app.url}/v1/messages/count_tokens`, {
      method: 'POST',
      headers: { 'x-api-key': 'sk-ant-k' },
      body: ASK,
    });
    expect([count.status, (await bodyOf<{ input_tokens: number }>(count)).input_tokens]).toEqual([
      200,
      expect.any(Number),
    ]);
  });

  test('of two ends at once as well, with the request counted at each of them once', async () => {
    const ports = [freePort(), freePort()] as const;
    const at = (from: number, to: number) =>
      startApp({
        file: chainFile({ anthropic: `http://127.0.0.1:${to}` }),
        env: { CCPROXY_PORT: String(from) },
      });
    await using one = await at(ports[0], ports[1]);
    await using two = await at(ports[1], ports[0]);
    const answer = await fetch(`${one.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'sk-ant-k' },
      body: ASK,
    });
    expect([answer.status, (await bodyOf<ErrorBody>(answer)).error.message]).toEqual([
      400,
      expect.stringMatching(/came back to the ccproxy/),
    ]);
    expect([one, two].map((app) => app.counters.counts('anthropic').attempts)).toEqual([1, 1]);
  });
});
