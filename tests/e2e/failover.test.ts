import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nothing, text, thinkingOnly } from '../../src/drill/answers.ts';
import { faultsOf, type Reply } from '../../src/drill/script.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { makeFolders, startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { everything } from './conversation.ts';
import { tap } from './tap.ts';

const LIMIT_MS = 90_000;
const BACKUP = 'The backup speaks.';

/** What Anthropic does instead of answering; `refuse` closes its port. */
const OUTAGES: [string, Reply | 'refuse'][] = [
  ['refuses connections', 'refuse'],
  ['resets before the headers', { fault: { kind: 'reset' } }],
  ['resets after the headers', { fault: { kind: 'reset', after: 0 } }],
  ['resets after message_start', { fault: { kind: 'reset', after: 1 } }],
  ['answers 500', { fault: { kind: 'status', status: 500 } }],
  ['answers 502 with a page', { fault: { kind: 'html', status: 502 } }],
  ['answers 503 with an empty body', { fault: { kind: 'status', status: 503, body: '' } }],
  ['answers 529', { fault: { kind: 'status', status: 529 } }],
  ['answers 429', { fault: { kind: 'status', status: 429, headers: { 'retry-after': '3600' } } }],
  ['answers 404', { fault: { kind: 'status', status: 404 } }],
  ['answers 401 to the key', { fault: { kind: 'status', status: 401, message: 'invalid x-api-key' } }],
  [
    'says that the credit is used up',
    { fault: { kind: 'status', status: 400, message: 'Your credit balance is too low to access the API.' } },
  ],
  ['sends overloaded_error inside a 200', { fault: { kind: 'error-event', after: 0 } }],
  ['sends overloaded_error after message_start', { fault: { kind: 'error-event', after: 1 } }],
  ['sends an error as JSON with 200', { fault: { kind: 'error-with-200' } }],
  ['sends a page with 200', { fault: { kind: 'html' } }],
  ['redirects', { fault: { kind: 'redirect', to: 'http://127.0.0.1:1/elsewhere' } }],
  ['sends an empty 200', { fault: { kind: 'empty-body' } }],
  ['sends broken JSON', { fault: { kind: 'garbled', after: 0 } }],
  ['sends something that is not HTTP', { fault: { kind: 'not-http' } }],
  ['ends the stream after message_start', { fault: { kind: 'cut', after: 1, clean: true } }],
  ['ends a turn without content', { answer: nothing() }],
  ['only thinks', { answer: thinkingOnly('What was the question?') }],
];

const SILENCES: [string, Reply][] = [
  ['takes the request and never answers', { fault: { kind: 'black-hole' } }],
  ['sends headers and nothing else', { fault: { kind: 'stall', after: 0 } }],
];

/** A reset over a connection that a probe had used may be that connection's end: it is tried once more over a fresh one. */
function timesAsked(outage: Reply | 'refuse'): number[] {
  if (outage === 'refuse') return [0];
  return faultsOf(outage).some(({ kind }) => kind === 'reset') ? [1, 2] : [1];
}

describe.each(CLAUDE_VERSIONS)(
  'the real client %s gets the answer of the backup, in one request,',
  (version) => {
    test.each(OUTAGES)(
      'when Anthropic %s',
      async (_, outage) => {
        await using anthropic = await startUpstream({ script: outage });
        await using groq = await startUpstream({ script: { answer: text(BACKUP) } });
        await using proxy = await startBinary({ env: standing(anthropic, groq) });
        await using wire = await tap(proxy.port);
        const { exitCode, report } = await runClaude({ version, baseUrl: wire.url, prompt: 'hello' });
        expect([exitCode, report?.result]).toEqual([0, BACKUP]);
        expect(wire.posts).toHaveLength(1);
        expect(groq.asked).toHaveLength(1);
        expect(timesAsked(outage)).toContain(anthropic.asked.length);
        expect(groq.requests.map(everything).join('\n')).not.toContain('sk-test');
        await proxy.stop();
      },
      LIMIT_MS,
    );

    test.each(SILENCES)(
      'when Anthropic %s',
      async (_, silence) => {
        await using folders = await makeFolders();
        await using anthropic = await startUpstream({ script: silence });
        await using groq = await startUpstream({ script: { answer: text(BACKUP) } });
        const config = join(folders.home, 'chain.toml');
        await writeFile(config, impatient(anthropic, groq));
        await using proxy = await startBinary({
          args: ['--config', config],
          env: { GROQ_API_KEY: 'groq-key' },
          folders,
        });
        await using wire = await tap(proxy.port);
        const { exitCode, report } = await runClaude({ version, baseUrl: wire.url, prompt: 'hello' });
        expect([exitCode, report?.result]).toEqual([0, BACKUP]);
        expect(wire.posts).toHaveLength(1);
        expect(await anthropic.asked[0]?.ended).toMatchObject({ how: 'left' });
        await proxy.stop();
      },
      LIMIT_MS,
    );
  },
);

describe.each([
  ['a stream', true],
  ['a JSON answer', false],
])('a client that asks for %s gets it whole from the backup, without traces of the failure,', (_, stream) => {
  test.each(OUTAGES)('when Anthropic %s', async (_, outage) => {
    await using anthropic = await startUpstream({ script: outage });
    await using groq = await startUpstream({ script: { answer: text(BACKUP) } });
    await using proxy = await startBinary({ env: standing(anthropic, groq) });
    const said = await fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'sk-test', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({
        model: 'claude-opus-4-8',
        max_tokens: 9,
        stream,
        messages: [{ role: 'user', content: 'hi' }],
      }),
    });
    const body = await said.text();
    expect(said.status).toBe(200);
    expect(said.headers.get('content-type')).toStartWith(stream ? 'text/event-stream' : 'application/json');
    expect(said.headers.get('x-ccproxy-upstream')).toBe('groq');
    expect(said.headers.get('x-ccproxy-attempts')).toBe('2');
    expect(said.headers.has('retry-after') || said.headers.has('x-should-retry')).toBe(false);
    expect(body.match(/"type":"message_start"|"type":"message"/g)).toHaveLength(stream ? 2 : 1);
    expect(body).toContain('"model":"claude-opus-4-8"');
    expect(body).not.toMatch(/error/);
  });
});

test(
  'three upstreams in a row may fail before the fourth answers',
  async () => {
    await using anthropic = await startUpstream({ script: { fault: { kind: 'status', status: 529 } } });
    await using groq = await startUpstream({ script: { fault: { kind: 'status', status: 401 } } });
    await using openrouter = await startUpstream({ script: { fault: { kind: 'error-event', after: 1 } } });
    await using ollama = await startUpstream({ script: { answer: text(BACKUP) } });
    await using proxy = await startBinary({
      env: {
        ...standing(anthropic, groq),
        OPENROUTER_API_KEY: 'or-key',
        OPENROUTER_BASE_URL: `${openrouter.url}/api/v1`,
        OLLAMA_BASE_URL: ollama.url,
      },
    });
    await using wire = await tap(proxy.port);
    const { exitCode, report } = await runClaude({ baseUrl: wire.url, prompt: 'hello' });
    expect([exitCode, report?.result]).toEqual([0, BACKUP]);
    expect(wire.posts).toHaveLength(1);
    expect([anthropic, groq, openrouter, ollama].map(({ asked }) => asked.length)).toEqual([1, 1, 1, 1]);
  },
  LIMIT_MS,
);

test(
  'Anthropic, once tripped, is not asked again while the backup serves',
  async () => {
    await using anthropic = await startUpstream({
      script: { fault: { kind: 'status', status: 500 } },
      asideFault: { kind: 'status', status: 500 },
    });
    await using groq = await startUpstream({ script: { answer: text(BACKUP) } });
    await using proxy = await startBinary({ env: standing(anthropic, groq) });
    const results: unknown[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      results.push((await runClaude({ baseUrl: proxy.url, prompt: 'hello' })).report?.result);
    }
    expect(results).toEqual([BACKUP, BACKUP, BACKUP, BACKUP]);
    expect(groq.asked).toHaveLength(4);
    expect(anthropic.asked.length).toBeLessThanOrEqual(2);
    const status: unknown = await (await fetch(`${proxy.url}/status`)).json();
    expect(status).toMatchObject({ upstreams: [{ name: 'anthropic', state: 'open' }, { name: 'groq' }] });
  },
  LIMIT_MS,
);

test(
  'when everything fails the user reads why, and the client does not go on for minutes',
  async () => {
    await using anthropic = await startUpstream({ script: { fault: { kind: 'status', status: 529 } } });
    await using groq = await startUpstream({ script: 'refuse' });
    await using proxy = await startBinary({ env: standing(anthropic, groq) });
    await using wire = await tap(proxy.port);
    const { exitCode, report } = await runClaude({ baseUrl: wire.url, prompt: 'hello' });
    expect(exitCode).toBe(1);
    expect(report?.result).toMatch(/anthropic/);
    expect(report?.result).toMatch(/groq/);
    expect(report?.result).not.toContain('Repeated 529');
    expect(wire.posts.length).toBeLessThanOrEqual(2);
  },
  LIMIT_MS,
);

/** Standing mode: Anthropic first, Groq behind it, both played by scripts. */
function standing(anthropic: ScriptedUpstream, groq: ScriptedUpstream): Record<string, string> {
  return {
    CCPROXY_ANTHROPIC_BASE_URL: anthropic.url,
    GROQ_API_KEY: 'groq-key',
    GROQ_BASE_URL: `${groq.url}/openai/v1`,
  };
}

/** The same chain in a file, with an Anthropic that is not waited for long. */
function impatient(anthropic: ScriptedUpstream, groq: ScriptedUpstream): string {
  return [
    'chain = ["anthropic", "groq"]',
    '[upstreams.anthropic]',
    'provider = "anthropic"',
    `base_url = "${anthropic.url}"`,
    'timeouts = { first_event = "500ms" }',
    '[upstreams.groq]',
    'provider = "groq"',
    `base_url = "${groq.url}/openai/v1"`,
    `api_key = "\${GROQ_API_KEY}"`,
  ].join('\n');
}
