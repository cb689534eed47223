import { describe, expect, test } from 'bun:test';
import { calls, text, thinkingThenText } from '../../src/drill/answers.ts';
import type { Incoming } from '../../src/drill/incoming.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { rawConnection, requestText } from '../support/raw-http.ts';
import { everything } from './conversation.ts';
import { tap } from './tap.ts';

const LIMIT_MS = 90_000;

/** Headers that belong to one connection, or that the proxy decides for its own. */
const PER_HOP = [
  'host',
  'connection',
  'accept-encoding',
  'content-length',
  'transfer-encoding',
  'keep-alive',
];

/** By which a ccproxy knows a request that comes back to it. */
const OURS = 'x-ccproxy-instance';

const CREDENTIALS: [string, string, string, string][] = [
  ['an API key', 'ANTHROPIC_API_KEY', 'x-api-key', ''],
  ['an auth token', 'ANTHROPIC_AUTH_TOKEN', 'authorization', 'Bearer '],
  ['a subscription token', 'CLAUDE_CODE_OAUTH_TOKEN', 'authorization', 'Bearer '],
];
const SECRET = 'sk-ant-oat01-never-to-be-seen-elsewhere';

describe.each(CLAUDE_VERSIONS)('what the real client %s sends to Anthropic through ccproxy', (version) => {
  test.each(CREDENTIALS)(
    'arrives byte for byte, with every header and the credential as %s',
    async (_, variable, header, prefix) => {
      await using anthropic = await startUpstream({
        script: [
          { answer: calls([['Bash', { command: 'echo hi' }]], 'One moment.') },
          { answer: text('Done.') },
        ],
      });
      await using groq = await startUpstream();
      await using proxy = await startBinary({ env: standing(anthropic, groq) });
      await using wire = await tap(proxy.port);
      const { exitCode, report } = await runClaude({
        version,
        baseUrl: wire.url,
        prompt: 'go',
        env: { [variable]: SECRET },
        args: ['--allowedTools', 'Bash'],
      });
      expect([exitCode, report?.result]).toEqual([0, 'Done.']);
      expect(wire.posts).toHaveLength(2);
      expect(anthropic.asked).toHaveLength(2);
      for (const [index, sent] of wire.posts.entries()) {
        const arrived = anthropic.asked[index];
        expect(arrived?.path).toBe('/v1/messages?beta=true');
        expect(Buffer.compare(arrived?.body ?? new Uint8Array(), sent.body)).toBe(0);
        expect(arrived === undefined ? [] : endToEnd(arrived)).toEqual(endToEnd(sent));
        expect(arrived?.header(header)).toBe(prefix + SECRET);
      }
      const betas = anthropic.asked[0]?.header('anthropic-beta') ?? '';
      expect(betas.includes('oauth-2025-04-20')).toBe(variable === 'CLAUDE_CODE_OAUTH_TOKEN');
      expect(groq.asked).toHaveLength(0);
    },
    LIMIT_MS,
  );

  test.each(CREDENTIALS)(
    'does not reach the backup when it is %s',
    async (_, variable) => {
      await using anthropic = await startUpstream({ script: { fault: { kind: 'status', status: 529 } } });
      await using groq = await startUpstream({ script: { answer: text('The backup.') } });
      await using proxy = await startBinary({ env: standing(anthropic, groq) });
      const { exitCode, report } = await runClaude({
        version,
        baseUrl: proxy.url,
        prompt: 'go',
        env: { [variable]: SECRET },
      });
      expect([exitCode, report?.result]).toEqual([0, 'The backup.']);
      for (const request of groq.requests) {
        expect(everything(request)).not.toContain(SECRET);
        expect(everything(request)).not.toMatch(/^(anthropic-|x-api-key|x-claude|x-stainless|x-app)/im);
      }
      const { stdout, stderr } = proxy.printed();
      expect(stdout + stderr).not.toContain(SECRET);
    },
    LIMIT_MS,
  );
});

test.each([
  ['a stream', true],
  ['a JSON answer', false],
])('%s of Anthropic comes through byte for byte, whatever stands in it', async (_, stream) => {
  const answer = thinkingThenText('Snowman ☃ and 𝄞.', 'Words, "quotes" and\nlines.');
  await using anthropic = await startUpstream({ script: { answer } });
  await using proxy = await startBinary({ env: { CCPROXY_ANTHROPIC_BASE_URL: anthropic.url } });
  const body = JSON.stringify({ model: 'claude-opus-4-8', max_tokens: 9, stream, messages: [] });
  const direct = await bodyOf(anthropic.port, body);
  const through = await bodyOf(proxy.port, body);
  // The two answers differ by their numbers in the script, where a probe may have one, and by nothing else.
  const unnumbered = (text: string) => text.replaceAll(/(?<=drill\d+)x\d+\b/g, '');
  expect(unnumbered(through)).toBe(unnumbered(direct));
});

test("an error of Anthropic that is the request's own fault reaches the client as it is", async () => {
  const refusal = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'max_tokens: too many' },
  };
  await using anthropic = await startUpstream({
    script: { fault: { kind: 'status', status: 400, body: refusal, headers: { 'x-odd': 'kept' } } },
  });
  await using groq = await startUpstream();
  await using proxy = await startBinary({ env: standing(anthropic, groq) });
  const response = await fetch(`${proxy.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'x-api-key': 'k', 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'claude-opus-4-8',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'x' }],
    }),
  });
  expect([response.status, response.headers.get('x-odd')]).toEqual([400, 'kept']);
  expect(await response.json()).toEqual(refusal);
  expect(groq.asked).toHaveLength(0);
});

test('a body with odd numbers, escapes and key order arrives as it was sent', async () => {
  await using anthropic = await startUpstream();
  await using proxy = await startBinary({ env: { CCPROXY_ANTHROPIC_BASE_URL: anthropic.url } });
  const odd =
    '{ "stream":false,"future":{"big":12345678901234567890,"one":1.0,"e":1E5},\n"messages":[{"role":"user","content":"\\u00e9\\/é"}],"model":"claude-opus-4-8" , "max_tokens":9 }';
  await bodyOf(proxy.port, odd);
  expect(anthropic.asked[0]?.text()).toBe(odd);
});

function standing(anthropic: ScriptedUpstream, groq: ScriptedUpstream): Record<string, string> {
  return {
    CCPROXY_ANTHROPIC_BASE_URL: anthropic.url,
    GROQ_API_KEY: 'groq-key',
    GROQ_BASE_URL: `${groq.url}/openai/v1`,
  };
}

/** What belongs to the request from end to end, as sorted lines. */
function endToEnd(request: Incoming): string[] {
  return request.headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !PER_HOP.includes(name) && name !== OURS)
    .map((pair) => pair.join(': '))
    .sort();
}

/** The body of the answer to a POST, chunks undone. */
async function bodyOf(port: number, body: string): Promise<string> {
  const connection = await rawConnection(port);
  const headers = ['host: 127.0.0.1', 'connection: close', 'content-type: application/json', 'x-api-key: k'];
  connection.send(requestText('POST /v1/messages', headers, body));
  const { bytes } = await connection.closed();
  const at = bytes.indexOf('\r\n\r\n') + 4;
  const chunked = /transfer-encoding: chunked/i.test(bytes.toString('latin1', 0, at));
  return chunked ? unchunked(bytes.subarray(at)) : bytes.toString('utf8', at);
}

function unchunked(bytes: Buffer): string {
  const parts: Buffer[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.toString('latin1', 0, end), 16);
    if (!(size > 0)) return Buffer.concat(parts).toString('utf8');
    parts.push(rest.subarray(end + 2, end + 2 + size));
    rest = rest.subarray(end + 2 + size + 2);
  }
}
