import { describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { startUpstream } from '../../src/drill/upstream.ts';
import { bodyOf, chainFile, type ErrorBody, startApp } from '../support/app.ts';
import { rawConnection, requestText } from '../support/raw-http.ts';

const KEY = { 'x-api-key': 'sk-ant-k' };

describe('another path below /v1/', () => {
  test('goes to Anthropic with method, query, headers and bytes, and its answer comes back the same', async () => {
    const body = '{"type":"file", "n": 1.0,\n"x": "\\u00e4"}';
    const headers = { 'request-id': 'req_theirs', 'anthropic-ratelimit-requests-remaining': '9' };
    await using anthropic = await startUpstream({
      asideFault: { kind: 'status', status: 201, body, headers },
    });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const answer = await fetch(`${app.url}/v1/files?beta=true&q=%20a`, {
      method: 'POST',
      headers: {
        ...KEY,
        'anthropic-beta': 'files',
        'content-type': 'application/octet-stream',
        'x-app': 'cli',
      },
      body: new Uint8Array([0, 255, 10, 13, 1]),
    });
    expect([answer.status, await answer.text()]).toEqual([201, body]);
    expect(answer.headers.get('request-id')).toBe('req_theirs');
    expect(answer.headers.get('anthropic-ratelimit-requests-remaining')).toBe('9');
    expect(answer.headers.get('x-ccproxy-request-id')).toMatch(/^req_\w+$/);
    const [asked] = anthropic.requests;
    expect([asked?.method, asked?.path]).toEqual(['POST', '/v1/files?beta=true&q=%20a']);
    expect([...(asked?.body ?? [])]).toEqual([0, 255, 10, 13, 1]);
    expect(asked?.header('content-type')).toBe('application/octet-stream');
    expect([asked?.header('anthropic-beta'), asked?.header('x-app')]).toEqual(['files', 'cli']);
  });

  test.each(['GET', 'DELETE', 'PUT', 'PATCH', 'HEAD'])('by %s as well', async (method) => {
    await using anthropic = await startUpstream({ asideFault: { kind: 'status', status: 200 } });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const answer = await fetch(`${app.url}/v1/models/claude-x`, { method, headers: KEY });
    expect(answer.status).toBe(200);
    await answer.text();
    expect(anthropic.requests.map((request) => request.method)).toEqual([method]);
  });

  test.each([204, 205, 301, 304, 307, 400, 401, 404, 418, 429, 500, 529])(
    'passes on a %i as it is',
    async (status) => {
      const headers = { location: 'https://elsewhere.example/', 'retry-after': '7' };
      const bodiless = status === 204 || status === 205 || status === 304;
      const fault = bodiless
        ? ({ kind: 'status', status, headers, body: '' } as const)
        : ({ kind: 'status', status, headers, body: { status } } as const);
      await using anthropic = await startUpstream({ asideFault: fault });
      await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
      const answer = await fetch(`${app.url}/v1/batches`, { headers: KEY, redirect: 'manual' });
      expect([answer.status, await answer.text()]).toEqual([status, bodiless ? '' : `{"status":${status}}`]);
      expect(answer.headers.get('location')).toBe('https://elsewhere.example/');
      expect(answer.headers.get('retry-after')).toBe('7');
      expect(anthropic.requests).toHaveLength(1);
    },
  );

  test('is 404 where Anthropic is not in the chain, and 503 while it is held back or does not answer', async () => {
    await using backup = await startUpstream();
    await using without = await startApp({ file: chainFile({ backup: backup.url }) });
    const none = await fetch(`${without.url}/v1/files`, { headers: KEY });
    expect([none.status, (await bodyOf<ErrorBody>(none)).error.type]).toEqual([404, 'not_found_error']);
    expect(backup.requests).toHaveLength(0);
    await using down = await startApp({ file: chainFile({ anthropic: 'http://127.0.0.1:1' }) });
    const silent = await fetch(`${down.url}/v1/files`, { headers: KEY });
    expect([silent.status, (await bodyOf<ErrorBody>(silent)).error.type]).toEqual([503, 'api_error']);
    for (let times = 0; times < 2; times += 1) {
      const body = JSON.stringify({ model: 'claude-x', max_tokens: 5, messages: [] });
      await fetch(`${down.url}/v1/messages`, { method: 'POST', headers: KEY, body });
    }
    const held = await fetch(`${down.url}/v1/files`, { headers: KEY });
    expect([held.status, (await bodyOf<ErrorBody>(held)).error.message]).toEqual([
      503,
      expect.stringContaining('cannot be asked now'),
    ]);
  });

  test('asks nobody without a credential: the placeholder is none', async () => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const answer = await fetch(`${app.url}/v1/files`, { headers: { authorization: 'Bearer NOT_NEEDED' } });
    expect(answer.status).toBe(404);
    expect(anthropic.requests).toHaveLength(0);
  });
});

/** An Anthropic whose every byte the test sends when it wants to. */
async function byHand() {
  const { promise: asked, resolve } = Promise.withResolvers<import('node:net').Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => resolve(socket));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      (await Promise.race([asked, null]))?.destroy();
      server.close();
    },
  };
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const ASK = requestText('GET /v1/stream', ['Host: localhost', 'x-api-key: sk-ant-k']);

describe('a forwarded stream', () => {
  test('arrives as it is sent', async () => {
    await using anthropic = await byHand();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await rawConnection(app.port);
    client.send(ASK);
    const upstream = await anthropic.asked;
    upstream.write(`${HEAD}7\r\nfirst\n\n\r\n`);
    await client.until((received) => received.includes('first'));
    upstream.write('8\r\nsecond\n\n\r\n');
    await client.until((received) => received.includes('second'));
    upstream.write('0\r\n\r\n');
    await client.until((received) => received.endsWith('0\r\n\r\n'));
    client.hangUp();
  });

  test('that is cut looks cut to the client', async () => {
    await using anthropic = await byHand();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await rawConnection(app.port);
    client.send(ASK);
    const upstream = await anthropic.asked;
    upstream.write(`${HEAD}7\r\nfirst\n\n\r\n`);
    await client.until((received) => received.includes('first'));
    upstream.destroy();
    const { received } = await client.closed();
    expect(received).not.toEndWith('0\r\n\r\n');
  });

  test('whose client leaves is given up', async () => {
    await using anthropic = await byHand();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await rawConnection(app.port);
    client.send(ASK);
    const upstream = await anthropic.asked;
    const left = new Promise<void>((resolve) => upstream.once('close', () => resolve()));
    upstream.write(`${HEAD}7\r\nfirst\n\n\r\n`);
    await client.until((received) => received.includes('first'));
    client.hangUp();
    await left;
  });

  test('whose client leaves before the answer begins is given up too', async () => {
    await using anthropic = await byHand();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const client = await rawConnection(app.port);
    client.send(ASK);
    const upstream = await anthropic.asked;
    const left = new Promise<void>((resolve) => upstream.once('close', () => resolve()));
    client.hangUp();
    await left;
  });

  test('that falls silent is cut after the idle limit of the upstream', async () => {
    await using anthropic = await byHand();
    const file = `${chainFile({ anthropic: anthropic.url })}timeouts = { idle = "50ms" }\n`;
    await using app = await startApp({ file });
    const client = await rawConnection(app.port);
    client.send(ASK);
    (await anthropic.asked).write(`${HEAD}7\r\nfirst\n\n\r\n`);
    const { received } = await client.closed();
    expect(received).toContain('first');
    expect(received).not.toEndWith('0\r\n\r\n');
  });

  test('that never begins is 503 after the response limit of the upstream', async () => {
    await using anthropic = await byHand();
    const file = `${chainFile({ anthropic: anthropic.url })}timeouts = { response = "50ms" }\n`;
    await using app = await startApp({ file });
    const answer = await fetch(`${app.url}/v1/stream`, { headers: KEY });
    expect([answer.status, (await bodyOf<ErrorBody>(answer)).error.type]).toEqual([503, 'api_error']);
  });
});
