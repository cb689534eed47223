import { describe, expect, test } from 'bun:test';
import { startUpstream } from '../../src/drill/upstream.ts';
import { chainFile, startApp } from '../support/app.ts';
import { rawRequest, requestText, statusOf } from '../support/raw-http.ts';

const EMERGENCY = { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key' };
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
    '127.0.0.1:65535',
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
    '127.0.0.01',
    '127.00.0.1',
    '127.010.0.1',
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
    'localhost:65536',
    'localhost:99999',
    '127.0.0.1:70000',
    '[::1]:99999',
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
