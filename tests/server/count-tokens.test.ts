import { describe, expect, test } from 'bun:test';
import { answer } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { bodyOf, chainFile, type ErrorBody, type RunningApp, startApp } from '../support/app.ts';

const HELLO = { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'hello' }] };

function count(
  app: RunningApp,
  body: unknown,
  headers: Record<string, string> = { 'x-api-key': 'sk-ant-k' },
) {
  return fetch(`${app.url}/v1/messages/count_tokens?beta=true`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const tokensOf = async (answer: Response) => (await bodyOf<{ input_tokens: number }>(answer)).input_tokens;

test("Anthropic's own count is the answer, asked with the client's bytes, query and credential", async () => {
  const body = { input_tokens: 4711 };
  const headers = { 'request-id': 'req_of_anthropic' };
  await using anthropic = await startUpstream({ asideFault: { kind: 'status', status: 200, body, headers } });
  await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
  const bytes = '{ "model": "claude-x",\n"messages":[], "n":1.0 }';
  const answer = await count(app, bytes, { authorization: 'Bearer oat', 'anthropic-beta': 'some-beta' });
  expect(answer.headers.get('request-id')).toBe('req_of_anthropic');
  expect(answer.headers.get('x-ccproxy-request-id')).toMatch(/^req_\w+$/);
  expect(await answer.json()).toEqual(body);
  const [asked] = anthropic.requests;
  expect([asked?.method, asked?.path]).toEqual(['POST', '/v1/messages/count_tokens?beta=true']);
  expect([asked?.header('authorization'), asked?.header('anthropic-beta')]).toEqual([
    'Bearer oat',
    'some-beta',
  ]);
  expect(asked?.text()).toBe(bytes);
});

describe('the count is estimated', () => {
  const WITH_200 = (body: Record<string, string | number | null> | string): Fault => ({
    kind: 'status',
    status: 200,
    body,
  });

  test.each<[string, Fault | readonly Fault[]]>([
    ['answers 404', { kind: 'status', status: 404 }],
    ['answers 500', { kind: 'status', status: 500 }],
    ['answers 529', { kind: 'status', status: 529 }],
    ['answers 429', { kind: 'status', status: 429 }],
    ['answers 401', { kind: 'status', status: 401 }],
    ['answers 400', { kind: 'status', status: 400 }],
    ['redirects', { kind: 'redirect', to: 'http://127.0.0.1:1/' }],
    ['answers a page', { kind: 'html' }],
    ['answers an error with 200', { kind: 'error-with-200' }],
    ['answers nothing', { kind: 'empty-body' }],
    ['does not speak HTTP', { kind: 'not-http' }],
    ['resets', { kind: 'reset' }],
    ['breaks off', { kind: 'reset-at-byte', byte: 5 }],
    ['counts no number', WITH_200({ input_tokens: 'many' })],
    ['counts a fraction', WITH_200({ input_tokens: 1.5 })],
    ['counts below zero', WITH_200({ input_tokens: -1 })],
    ['counts null', WITH_200({ input_tokens: null })],
    ['answers a list', WITH_200('[1]')],
    ['answers null', WITH_200('null')],
  ])('when Anthropic %s', async (_, asideFault) => {
    await using anthropic = await startUpstream({ asideFault });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const answer = await count(app, HELLO);
    expect([answer.status, await answer.json()]).toEqual([200, { input_tokens: expect.any(Number) }]);
    expect(anthropic.requests.length).toBeGreaterThan(0);
  });

  test('when Anthropic never answers, after five seconds', async () => {
    await using anthropic = await startUpstream({ asideFault: { kind: 'black-hole' } });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }), haste: 100 });
    const answer = await count(app, HELLO);
    expect([answer.status, await tokensOf(answer)]).toEqual([200, expect.any(Number)]);
    expect((await anthropic.requests[0]?.ended)?.how).toBe('left');
  });

  test('when nothing listens there', async () => {
    await using app = await startApp({ file: chainFile({ anthropic: 'http://127.0.0.1:1' }) });
    expect((await count(app, HELLO)).status).toBe(200);
  });

  test('when Anthropic is not in the chain, without asking anybody', async () => {
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ backup: backup.url }) });
    expect((await count(app, HELLO)).status).toBe(200);
    expect(backup.requests).toHaveLength(0);
  });

  test.each<[string, Record<string, string>]>([
    ['no credential', {}],
    ['the placeholder', { authorization: 'Bearer NOT_NEEDED' }],
  ])('when the client has %s, without asking anybody', async (_, headers) => {
    await using anthropic = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    expect((await count(app, HELLO, headers)).status).toBe(200);
    expect(anthropic.requests).toHaveLength(0);
  });

  test('when Anthropic is held back by its breaker, without asking it', async () => {
    await using anthropic = await startUpstream({ script: { fault: { kind: 'status', status: 500 } } });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
    const messages = { ...HELLO, max_tokens: 9 };
    for (let times = 0; times < 2; times += 1) {
      await fetch(`${app.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': 'k' },
        body: JSON.stringify(messages),
      });
    }
    const before = anthropic.requests.length;
    expect((await count(app, HELLO)).status).toBe(200);
    expect(anthropic.requests).toHaveLength(before);
  });
});

describe('the estimate counts', () => {
  const words = 'All happy families are alike. '.repeat(40);
  const block = (content: unknown) => ({ ...HELLO, messages: [{ role: 'user', content: [content] }] });

  test.each<[string, object, number]>([
    ['the text of messages', { messages: [{ role: 'user', content: words }] }, 200],
    ['blocks of text', block({ type: 'text', text: words }), 200],
    ['the system prompt', { system: words }, 200],
    ['a system prompt in blocks', { system: [{ type: 'text', text: words }] }, 200],
    ['tools', { tools: [{ name: 't', description: words, input_schema: { type: 'object' } }] }, 200],
    ['results of tools', block({ type: 'tool_result', tool_use_id: 'a', content: words }), 200],
    ['calls of tools', block({ type: 'tool_use', id: 'a', name: 't', input: { words } }), 200],
    [
      'images',
      block({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }),
      1000,
    ],
    [
      'images in results of tools',
      block({
        type: 'tool_result',
        tool_use_id: 'a',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }],
      }),
      1000,
    ],
  ])('%s', async (_, change, atLeast) => {
    await using app = await startApp({ env: { PROVIDER: 'groq', GROQ_API_KEY: 'k' } });
    const plain = await tokensOf(await count(app, HELLO));
    const more = await tokensOf(await count(app, { ...HELLO, ...change }));
    expect(more - plain).toBeGreaterThan(atLeast);
    expect(Number.isInteger(more)).toBe(true);
  });

  test('an image as an image, not as the length of its base64', async () => {
    await using app = await startApp({ env: { PROVIDER: 'groq', GROQ_API_KEY: 'k' } });
    const data = 'A'.repeat(1_000_000);
    const image = block({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } });
    expect(await tokensOf(await count(app, image))).toBeLessThan(10_000);
  });
});

describe('a backup that serves', () => {
  const LONG = {
    ...HELLO,
    messages: [{ role: 'user', content: 'All happy families are alike. '.repeat(400) }],
  };
  const COUNT: Fault = { kind: 'status', status: 200, body: { input_tokens: 4711 } };
  const ask = (app: RunningApp, body: object) =>
    fetch(`${app.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ ...body, max_tokens: 100, stream: true }),
    }).then((answer) => answer.text());

  test('counts for itself where it speaks the Messages API, in its own words and with its own key', async () => {
    await using backup = await startUpstream({ asideFault: COUNT });
    await using app = await startApp({
      file: `[upstreams.box]\nprovider = "anthropic-compatible"\nbase_url = "${backup.url}"\napi_key = "box-key"\nmodels = { "*" = "large" }\nheaders = { x-team = "a" }`,
    });
    expect(await tokensOf(await count(app, { ...HELLO, metadata: { user_id: 'u' } }))).toBe(4711);
    const [asked] = backup.requests;
    expect([asked?.method, asked?.path]).toEqual(['POST', '/v1/messages/count_tokens']);
    expect([asked?.header('x-api-key'), asked?.header('x-team')]).toEqual(['box-key', 'a']);
    expect(JSON.parse(asked?.text() ?? '')).toEqual({
      model: 'large',
      thinking: { type: 'disabled' },
      messages: [{ role: 'user', content: 'hello' }],
    });
  });

  test('and is asked no more once it said that it has no count', async () => {
    await using backup = await startUpstream({ asideFault: { kind: 'status', status: 404 } });
    await using app = await startApp({
      file: `[upstreams.box]\nprovider = "anthropic-compatible"\nbase_url = "${backup.url}"`,
    });
    for (let times = 0; times < 3; times += 1) expect((await count(app, HELLO)).status).toBe(200);
    expect(backup.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test.each(['openai-compatible', 'anthropic-compatible'])(
    'of %s: the estimate follows what it counted of other requests',
    async (provider) => {
      const usage = { input_tokens: 4777, output_tokens: 5 };
      await using backup = await startUpstream({
        script: { answer: answer([{ type: 'text', text: 'Yes.' }], { usage }) },
        asideFault: { kind: 'status', status: 404 },
      });
      await using app = await startApp({
        file: `[upstreams.box]\nprovider = "${provider}"\nbase_url = "${backup.url}/v1"\nmodels = { "*" = "large" }`,
      });
      const before = await tokensOf(await count(app, LONG));
      await ask(app, LONG);
      expect(before).not.toBe(4777);
      expect(await tokensOf(await count(app, LONG))).toBeGreaterThanOrEqual(4777);
      expect(await tokensOf(await count(app, LONG))).toBeLessThan(4777 * 1.01);
      const twice = { ...LONG, messages: [...LONG.messages, ...LONG.messages] };
      expect(await tokensOf(await count(app, twice))).toBeGreaterThan(4777 * 1.9);
    },
  );
});

test('a body that is no request is 400 and asks nobody; the error is in the shape of the API', async () => {
  await using anthropic = await startUpstream();
  await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }) });
  for (const body of ['', '{', '[]', '{"messages":[]}']) {
    const answer = await count(app, body);
    expect(answer.status).toBe(400);
    expect(await bodyOf<ErrorBody>(answer)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error' },
    });
  }
  expect(anthropic.requests).toHaveLength(0);
});
