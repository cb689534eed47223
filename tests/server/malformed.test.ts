/** Requests with something wrong in them, over HTTP: who judges them, and in which words. */
import { describe, expect, test } from 'bun:test';
import { startUpstream } from '../../src/drill/upstream.ts';
import type { Status } from '../../src/server/status.ts';
import { bodyOf, chainFile, type ErrorBody, type RunningApp, startApp } from '../support/app.ts';
import { bodyWith } from '../support/bodies.ts';
import { REFUSED } from '../support/malformed.ts';
import { TAKEN } from '../support/odd-bodies.ts';

/** A port of this machine where nothing listens. */
const NOBODY = 'http://127.0.0.1:1';
const MESSAGES = '/v1/messages';
const COUNT = '/v1/messages/count_tokens';

function ask(app: RunningApp, body: unknown, path = MESSAGES) {
  return fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': 'sk-ant-k', 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function expectRefused(answer: Response, message: string, attempts: number): Promise<void> {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/json']);
  const body = await bodyOf<ErrorBody>(answer);
  expect(body).toEqual({
    type: 'error',
    error: { type: 'invalid_request_error', message },
    request_id: String(answer.headers.get('request-id')),
  });
  expect(answer.headers.get('x-ccproxy-request-id')).toBe(body.request_id);
  expect([answer.headers.get('x-ccproxy-upstream'), answer.headers.get('x-ccproxy-attempts')]).toEqual([
    'none',
    String(attempts),
  ]);
}

async function tokensOf(answer: Response): Promise<number> {
  expect(answer.status).toBe(200);
  return (await bodyOf<{ input_tokens: number }>(answer)).input_tokens;
}

const compatible = (url: string) =>
  `[upstreams.imitation]\nprovider = "anthropic-compatible"\nbase_url = "${url}"\napi_key = "k"\n`;

describe('to backups alone', () => {
  test('what cannot be repaired is 400 with its place, and is counted all the same', async () => {
    await using backup = await startUpstream();
    await using imitation = await startUpstream();
    const file = `${chainFile({ backup: backup.url })}${compatible(imitation.url)}`;
    await using app = await startApp({ file });
    for (const [, change, message] of REFUSED) {
      await expectRefused(await ask(app, bodyWith(change)), message, 0);
      expect(await tokensOf(await ask(app, bodyWith(change), COUNT))).toBeGreaterThan(0);
    }
    expect([...backup.requests, ...imitation.requests]).toEqual([]);
    const { upstreams } = await bodyOf<Status>(await fetch(`${app.url}/status`));
    expect(upstreams.map(({ state, counts }) => [state, counts.attempts, counts.failed])).toEqual([
      ['closed', 0, 0],
      ['closed', 0, 0],
    ]);
  });

  test.each([
    ['openai-compatible', (url: string) => chainFile({ backup: url })],
    ['anthropic-compatible', compatible],
  ])('what is only odd is answered by %s', async (_, file) => {
    await using backup = await startUpstream();
    await using app = await startApp({ file: file(backup.url) });
    for (const [name, change] of TAKEN) {
      const answer = await ask(app, bodyWith(change));
      await answer.text();
      expect([name, answer.status]).toEqual([name, 200]);
      expect(await tokensOf(await ask(app, bodyWith(change), COUNT))).toBeGreaterThan(0);
    }
  });

  test('a stream that is neither asked for nor not is told at once', async () => {
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ backup: backup.url }) });
    for (const stream of ['yes', 1, null]) {
      const answer = await ask(app, bodyWith({ stream }));
      await expectRefused(answer, 'stream: Input should be a valid boolean', 0);
    }
    expect(backup.requests).toEqual([]);
  });
});

describe('with Anthropic in the chain', () => {
  const [, change, message] = REFUSED.find(([name]) => name === 'a text that is a list') ?? ['', {}, ''];
  const body = JSON.stringify(bodyWith(change));

  test("it judges, by the client's own bytes, in its own words, and it alone is asked", async () => {
    const words = { type: 'error', error: { type: 'invalid_request_error', message: 'no, thank you' } };
    await using anthropic = await startUpstream({
      script: { fault: { kind: 'status', status: 400, body: words } },
    });
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: anthropic.url, backup: backup.url }) });
    const answer = await ask(app, body);
    expect([answer.status, answer.headers.get('x-ccproxy-upstream')]).toEqual([400, 'anthropic']);
    expect(await bodyOf<object>(answer)).toEqual(words);
    expect(anthropic.asked.map((one) => new TextDecoder().decode(one.body))).toEqual([body]);
    expect(backup.requests).toEqual([]);
  });

  test('that is down, the client is told what is wrong, and no backup is asked', async () => {
    await using backup = await startUpstream();
    await using app = await startApp({ file: chainFile({ anthropic: NOBODY, backup: backup.url }) });
    for (const attempts of [1, 1, 0, 0]) await expectRefused(await ask(app, body), message, attempts);
    expect(backup.requests).toEqual([]);
    const { upstreams } = await bodyOf<Status>(await fetch(`${app.url}/status`));
    expect(upstreams.map(({ name, state, counts }) => [name, state, counts.attempts])).toEqual([
      ['anthropic', 'open', 2],
      ['backup', 'closed', 0],
    ]);
    const good = await ask(app, bodyWith({}));
    await good.text();
    expect([good.status, good.headers.get('x-ccproxy-upstream')]).toEqual([200, 'backup']);
  });
});

describe('odd all over', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const system = (json: string) =>
    `{"model":"m","max_tokens":9,"system":${json},"messages":[{"role":"user","content":"hi"}]}`;
  const block = (json: string) =>
    `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[${json}]}]}`;

  test.each<[string, string, number]>([
    ['nested as deep as can be', system(nested(9_999)), 400],
    ['nested deeper', system(nested(10_001)), 400],
    ['a deep block', block(`{"type":"new","content":${nested(9_990)}}`), 200],
    [
      'documents in documents',
      block(
        `${'{"type":"document","source":{"type":"content","content":['.repeat(3_300)}${']}}'.repeat(3_300)}`,
      ),
      200,
    ],
    ['keys of a prototype', block('{"type":"text","text":"a","__proto__":{"text":5}}'), 200],
    ['nothing but such a key', block('{"__proto__":{"type":"text","text":"a"}}'), 400],
    ['keys twice', block('{"type":"image","type":"text","text":5,"text":"a"}'), 200],
    ['half a character', block('{"type":"text","text":"a\\ud800"}'), 200],
    ['no character', block('{"type":"text","text":"a\\u0000"}'), 200],
    ['a raw control character', block('{"type":"text","text":"a\u0000"}'), 400],
    ['an escape that does not exist', block('{"type":"text","text":"a\\x"}'), 400],
    ['a million numbers for blocks', block(Array.from({ length: 1_000_000 }, () => 7).join()), 400],
    [
      'two hundred thousand blocks',
      block(Array.from({ length: 200_000 }, () => '{"type":"text","text":"a"}').join()),
      200,
    ],
  ])('%s', async (_, body, status) => {
    await using backup = await startUpstream();
    await using imitation = await startUpstream();
    for (const file of [chainFile({ backup: backup.url }), compatible(imitation.url)]) {
      await using app = await startApp({ file });
      const answer = await ask(app, body);
      const text = await answer.text();
      expect(answer.status).toBe(status);
      if (status !== 400) continue;
      expect(JSON.parse(text).error.type).toBe('invalid_request_error');
      expect(text.length).toBeLessThan(1_000);
    }
    expect([backup.requests.length, imitation.requests.length]).toEqual(status === 200 ? [1, 1] : [0, 0]);
    expect(({} as { text?: unknown }).text).toBeUndefined();
  });
});
