import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import type { Reply } from '../../src/drill/script.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { freePort, makeFolders, startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { tap } from './tap.ts';

const LIMIT_MS = 90_000;
const BACKUP = 'The backup speaks.';
const SUBSCRIBER = { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-subscriber' };

describe.each(CLAUDE_VERSIONS)('a subscriber with the real client %s', (version) => {
  test.each<[string, Reply]>([
    ['is rate limited', { fault: { kind: 'status', status: 429, message: 'limit' } }],
    [
      'has used up the session',
      {
        fault: {
          kind: 'status',
          status: 429,
          headers: {
            'retry-after': '7200',
            'anthropic-ratelimit-unified-status': 'rejected',
            'anthropic-ratelimit-unified-reset': '4102444800',
          },
        },
      },
    ],
    ['meets an overload', { fault: { kind: 'status', status: 529 } }],
  ])(
    'who %s gets the answer of the backup, which such a client would not ask for again',
    async (_, outage) => {
      await using anthropic = await startUpstream({ script: outage });
      await using groq = await startUpstream({ script: { answer: text(BACKUP) } });
      await using proxy = await startBinary({ env: standing(anthropic, groq) });
      await using wire = await tap(proxy.port);
      const { exitCode, report } = await runClaude({
        version,
        baseUrl: wire.url,
        prompt: 'hello',
        env: SUBSCRIBER,
      });
      expect([exitCode, report?.result]).toEqual([0, BACKUP]);
      expect(wire.posts).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test(
    'whose token has expired is told once, and is served by the backup when it comes with the same token again',
    async () => {
      const expired = 'OAuth token has expired. Please obtain a new token or refresh your existing token.';
      await using anthropic = await startUpstream({
        script: { fault: { kind: 'status', status: 401, message: expired } },
      });
      await using groq = await startUpstream({ script: { answer: text(BACKUP) } });
      await using proxy = await startBinary({ env: standing(anthropic, groq) });
      await using wire = await tap(proxy.port);
      const { exitCode, report } = await runClaude({
        version,
        baseUrl: wire.url,
        prompt: 'hello',
        env: SUBSCRIBER,
      });
      expect([exitCode, report?.result]).toEqual([0, BACKUP]);
      expect(wire.posts).toHaveLength(2);
      expect(anthropic.asked).toHaveLength(1);
    },
    LIMIT_MS,
  );
});

test('the placeholder is never sent to Anthropic: the next upstream answers', async () => {
  await using anthropic = await startUpstream();
  await using groq = await startUpstream({ script: { answer: text(BACKUP) } });
  await using proxy = await startBinary({ env: standing(anthropic, groq) });
  for (const env of [{ ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED' }, { ANTHROPIC_API_KEY: 'NOT_NEEDED' }]) {
    const { exitCode, report } = await runClaude({ baseUrl: proxy.url, prompt: 'hello', env });
    expect([exitCode, report?.result]).toEqual([0, BACKUP]);
  }
  expect(anthropic.asked).toHaveLength(0);
}, 90_000);

test("ccproxy's own key serves who comes with the placeholder, and nobody who has a credential", async () => {
  await using anthropic = await startUpstream();
  await using proxy = await startBinary({
    env: { CCPROXY_ANTHROPIC_BASE_URL: anthropic.url, ANTHROPIC_API_KEY: 'sk-ant-of-ccproxy' },
  });
  for (const key of ['NOT_NEEDED', 'sk-ant-of-the-client']) {
    await ask(proxy.url, { 'x-api-key': key });
  }
  expect(anthropic.asked.map((asked) => asked.header('x-api-key'))).toEqual([
    'sk-ant-of-ccproxy',
    'sk-ant-of-the-client',
  ]);
});

test('a chain that leads back to ccproxy is refused with words, and does not loop', async () => {
  const port = await freePort();
  await using proxy = await startBinary({
    port,
    env: { CCPROXY_ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` },
  });
  const said = await ask(proxy.url, { 'x-api-key': 'k' });
  expect(said.status).toBeGreaterThanOrEqual(400);
  expect(await said.text()).toMatch(/loop|itself|came back|comes back/i);
});

test('with `tokens` only their holders are served, and no token goes on to an upstream', async () => {
  await using groq = await startUpstream({ script: { answer: text(BACKUP) } });
  await using folders = await makeFolders();
  const config = join(folders.home, 'tokens.toml');
  await writeFile(config, withTokens(groq));
  await using proxy = await startBinary({
    args: ['--config', config],
    env: { GROQ_API_KEY: 'groq-key', CCPROXY_TOKEN: 'let-me-in' },
    folders,
  });
  const refused = await ask(proxy.url, { 'x-api-key': 'something-else' });
  expect(refused.status).toBe(401);
  for (const headers of [
    { 'x-ccproxy-token': 'let-me-in' },
    { 'x-api-key': 'let-me-in' },
    { authorization: 'Bearer let-me-in' },
  ]) {
    expect((await ask(proxy.url, headers)).status).toBe(200);
  }
  for (const request of groq.requests) expect(JSON.stringify(request.headers)).not.toContain('let-me-in');
});

function withTokens(groq: ScriptedUpstream): string {
  return [
    'chain = ["groq"]',
    '[server]',
    `tokens = ["\${CCPROXY_TOKEN}"]`,
    '[upstreams.groq]',
    'provider = "groq"',
    `base_url = "${groq.url}/openai/v1"`,
    `api_key = "\${GROQ_API_KEY}"`,
  ].join('\n');
}

function standing(anthropic: ScriptedUpstream, groq: ScriptedUpstream): Record<string, string> {
  return {
    CCPROXY_ANTHROPIC_BASE_URL: anthropic.url,
    GROQ_API_KEY: 'groq-key',
    GROQ_BASE_URL: `${groq.url}/openai/v1`,
  };
}

function ask(url: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      model: 'claude-opus-4-8',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'x' }],
    }),
  });
}
