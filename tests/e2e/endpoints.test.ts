import { describe, expect, test } from 'bun:test';
import { startUpstream } from '../../src/drill/upstream.ts';
import { type Binary, startBinary } from '../support/binary.ts';

/** A ccproxy whose only provider is down: what it must answer by itself. */
async function alone(): Promise<Binary> {
  await using gone = await startUpstream({ script: 'refuse' });
  return startBinary({
    env: { PROVIDER: 'groq', GROQ_API_KEY: 'k', GROQ_BASE_URL: `${gone.url}/openai/v1` },
  });
}

describe('with every provider down', () => {
  test('the probes of clients get 200', async () => {
    await using proxy = await alone();
    for (const [method, path] of [
      ['HEAD', '/'],
      ['GET', '/'],
      ['HEAD', '/api/hello'],
      ['GET', '/health'],
      ['GET', '/status'],
    ]) {
      const answer = await fetch(proxy.url + path, { method: method ?? 'GET' });
      expect([method, path, answer.status]).toEqual([method, path, 200]);
    }
  });

  test('the list of models is there, and every id is one that Claude Code takes', async () => {
    await using proxy = await alone();
    const answer = await fetch(`${proxy.url}/v1/models?limit=1000`, { headers: { 'x-api-key': 'k' } });
    const { data }: { data: { id: string; type: string }[] } = JSON.parse(await answer.text());
    expect(answer.status).toBe(200);
    expect(data.length).toBeGreaterThan(0);
    expect(data.filter(({ id, type }) => !id.startsWith('claude') || type !== 'model')).toEqual([]);
  });

  test('tokens are estimated, and a tool and a system prompt count', async () => {
    await using proxy = await alone();
    const count = async (body: object) => {
      const answer = await fetch(`${proxy.url}/v1/messages/count_tokens`, {
        method: 'POST',
        body: JSON.stringify({ model: 'claude-opus-4-8', ...body }),
      });
      expect(answer.status).toBe(200);
      const { input_tokens }: { input_tokens: number } = JSON.parse(await answer.text());
      return input_tokens;
    };
    const messages = [{ role: 'user', content: 'foo' }];
    const plain = await count({ messages });
    const words = 'a description of some length '.repeat(20);
    expect(plain).toBeGreaterThan(0);
    expect(await count({ messages, system: words })).toBeGreaterThan(plain);
    expect(
      await count({ messages, tools: [{ name: 'T', description: words, input_schema: { type: 'object' } }] }),
    ).toBeGreaterThan(plain);
  });
});

describe('a request that is wrong', () => {
  test.each<[string, RequestInit, string, number, string]>([
    [
      'with a body that is not JSON',
      { method: 'POST', body: '{"model":' },
      '/v1/messages',
      400,
      'invalid_request_error',
    ],
    [
      'without a model',
      { method: 'POST', body: '{"messages":[]}' },
      '/v1/messages',
      400,
      'invalid_request_error',
    ],
    ['by the wrong method', { method: 'GET' }, '/v1/messages', 405, 'invalid_request_error'],
    ['with the version twice', { method: 'POST', body: '{}' }, '/v1/v1/messages', 404, 'not_found_error'],
    ['for a path that is none', { method: 'GET' }, '/v1/nothing', 404, 'not_found_error'],
    [
      'with more than is taken',
      { method: 'POST', body: 'x'.repeat(65_000_000) },
      '/v1/messages',
      413,
      'request_too_large',
    ],
  ])('%s gets an error in the shape of the Messages API', async (_, init, path, status, type) => {
    await using proxy = await alone();
    const answer = await fetch(proxy.url + path, init);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-ccproxy-request-id')).toBeString();
    expect(answer.headers.get('request-id')).toBeString();
    expect(await answer.json()).toMatchObject({
      type: 'error',
      error: { type, message: expect.any(String) },
    });
    if (status === 405) expect(answer.headers.get('allow')).toContain('POST');
  });
});
