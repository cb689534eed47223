/** How many requests are taken at once, and that each gives its place back however it ends. */
import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import type { Script } from '../../src/drill/script.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { bodyOf, chainFile, type ErrorBody, type RunningApp, startApp } from '../support/app.ts';
import { rawConnection, requestText } from '../support/raw-http.ts';

const WORDS = 'one two three four five six seven eight nine ten';
const BODY = { model: 'claude-sonnet-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] };
const HEADERS = { 'x-api-key': 'sk-ant-k', 'content-type': 'application/json' };
const at = (after: string) => ({ after: { after } }) as const;
const HELD: Script = { answer: text(WORDS), fault: { kind: 'stall', ...at('four') } };

const post = (app: RunningApp, path = '/v1/messages', body: object = { ...BODY, stream: true }) =>
  fetch(app.url + path, { method: 'POST', headers: HEADERS, body: JSON.stringify(body) });

/** A request for a stream over a connection that can be hung up. */
async function sent(app: RunningApp) {
  const client = await rawConnection(app.port);
  const headers = ['Host: localhost', 'x-api-key: sk-ant-k', 'content-type: application/json'];
  client.send(requestText('POST /v1/messages', headers, JSON.stringify({ ...BODY, stream: true })));
  return client;
}

/** A stream that has begun and does not end by itself. */
async function held(app: RunningApp) {
  const client = await sent(app);
  await client.until((sofar) => sofar.includes('four'));
  return client;
}

async function idle(app: RunningApp): Promise<void> {
  while (app.listener.pending > 0) await new Promise(setImmediate);
}

describe('with as many requests under way as may be', () => {
  test('another is told so, whatever it is about, and what ccproxy answers by itself is answered', async () => {
    await using anthropic = await startUpstream({ script: HELD });
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }), mostInFlight: 2 });
    const clients = [await held(app), await held(app)];
    for (const path of ['/v1/messages', '/v1/messages/count_tokens', '/v1/files']) {
      const answer = await post(app, path);
      expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '1']);
      const { error } = await bodyOf<ErrorBody>(answer);
      expect([error.type, error.message]).toEqual([
        'api_error',
        'ccproxy: 2 requests are under way, as many as it takes at once',
      ]);
    }
    expect(anthropic.requests).toHaveLength(2);
    for (const path of ['/health', '/status', '/v1/models', '/']) {
      expect((await fetch(app.url + path)).status).toBe(200);
    }
    for (const client of clients) client.hangUp();
    await idle(app);
  });
});

type Ask = (app: RunningApp, anthropic: ScriptedUpstream) => Promise<unknown>;
const endings: [name: string, script: Script, ask: Ask][] = [
  ['a stream that is whole', { answer: text(WORDS) }, async (app) => (await post(app)).text()],
  ['a whole answer', { answer: text(WORDS) }, async (app) => (await post(app, '/v1/messages', BODY)).text()],
  ['a client that leaves', HELD, async (app) => (await held(app)).hangUp()],
  [
    'a client that leaves before there is an answer',
    { fault: { kind: 'black-hole' } },
    async (app, anthropic) => {
      const client = await sent(app);
      await anthropic.seen(1);
      client.hangUp();
      await anthropic.asked[0]?.ended;
    },
  ],
  [
    'an answer that breaks off',
    { answer: text(WORDS), fault: { kind: 'reset', ...at('four') } },
    async (app) => (await post(app)).text().catch(() => {}),
  ],
  [
    'an error',
    { fault: { kind: 'status', status: 400, body: { type: 'error' } } },
    async (app) => (await post(app)).text(),
  ],
  ['no answer at all', 'refuse', async (app) => (await post(app)).text()],
  ['a request that is none', {}, async (app) => (await post(app, '/v1/messages', {})).text()],
  ['a count', {}, async (app) => (await post(app, '/v1/messages/count_tokens', BODY)).text()],
  ['a count of nothing', {}, async (app) => (await post(app, '/v1/messages/count_tokens', {})).text()],
  ['what is forwarded', {}, async (app) => (await post(app, '/v1/files')).text()],
  ['what is forwarded to nobody', 'refuse', async (app) => (await post(app, '/v1/files')).text()],
];

test.each(endings)('%s gives the place back', async (_, script, ask) => {
  await using anthropic = await startUpstream({ script });
  await using app = await startApp({ file: chainFile({ anthropic: anthropic.url }), mostInFlight: 1 });
  await ask(app, anthropic);
  await idle(app);
  // Another that has room is answered, or refused for another reason.
  const next = await post(app, '/v1/messages', {});
  expect([next.status, (await bodyOf<ErrorBody>(next)).error.type]).toEqual([400, 'invalid_request_error']);
});
