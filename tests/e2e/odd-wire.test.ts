import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answer, calls, text } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { makeFolders, startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { everything, toolResults } from './conversation.ts';

const LIMIT_MS = 90_000;
const WORDS = 'Snowman ☃, clef 𝄞, "quotes" and\nlines.';

/** Unusual, and right. */
const ODD: [string, Fault[]][] = [
  ['compressed', [{ kind: 'gzip' }]],
  ['in single bytes', [{ kind: 'slices', bytes: 1 }]],
  ['compressed and in single bytes', [{ kind: 'gzip' }, { kind: 'slices', bytes: 1 }]],
  ['ended by closing the connection', [{ kind: 'close-delimited' }]],
  ['with pauses', [{ kind: 'drip', gapMs: 5 }]],
  ['late to begin', [{ kind: 'slow', waitMs: 50, before: 'body' }]],
  ['late to end', [{ kind: 'late-end', waitMs: 50 }]],
];

const PLACES = [
  { who: 'Anthropic', groq: false, stream: true },
  { who: 'Anthropic', groq: false, stream: false },
  { who: 'Groq', groq: true, stream: true },
  { who: 'Groq', groq: true, stream: false },
];

describe.each(PLACES)('an answer of $who (stream: $stream)', ({ groq, stream }) => {
  test.each(ODD)('that comes %s is delivered whole', async (_, fault) => {
    await using upstream = await startUpstream({ script: { answer: text(WORDS), fault } });
    await using proxy = await startBinary({
      env: groq ? emergency(upstream.url) : { CCPROXY_ANTHROPIC_BASE_URL: upstream.url },
    });
    const said = await fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'k' },
      body: JSON.stringify({
        model: 'claude-opus-4-8',
        max_tokens: 9,
        stream,
        messages: [{ role: 'user', content: 'x' }],
      }),
    });
    const body = await said.text();
    const words = [...body.matchAll(/"text":("(?:[^"\\]|\\.)*")/g)].map(([, json]): string =>
      JSON.parse(json ?? '""'),
    );
    expect(words.join('')).toBe(WORDS);
    if (stream) expect(body.match(/^event: message_stop$/gm)).toHaveLength(1);
  });
});

describe.each(CLAUDE_VERSIONS)('the one provider there is breaks off once, and the user of %s', (version) => {
  test.each<[string, Fault]>([
    ['by RST', { kind: 'reset', after: { after: '"content":"Half' } }],
    ['with a clean end', { kind: 'cut', after: { after: '"content":"Half' }, clean: true }],
    ['with an error', { kind: 'error-event', after: { after: '"content":"Half' } }],
  ])(
    'gets the whole answer when it was %s',
    async (_, fault) => {
      await using groq = await startUpstream({
        script: [
          { answer: text('Half a sentence, and then'), fault: [fault, { kind: 'drip', gapMs: 10 }] },
          { answer: text('The whole sentence.') },
        ],
      });
      await using proxy = await startBinary({ env: emergency(groq.url) });
      const { exitCode, report } = await runClaude({ version, baseUrl: proxy.url, prompt: 'hello' });
      expect([exitCode, report?.result]).toEqual([0, 'The whole sentence.']);
    },
    LIMIT_MS,
  );
});

describe('Anthropic falls silent in the middle, and the user', () => {
  test.each([
    ['with an open text reads the answer of the backup', text('Half a sentence that'), 'text_delta', ''],
    [
      'with a finished text reads the backup going on',
      answer([
        { type: 'text', text: 'The first part is here.' },
        { type: 'text', text: 'The second is not.' },
      ]),
      'content_block_stop',
      'The first part is here.',
    ],
    [
      'with a finished tool call has it run, and the backup goes on from its result',
      calls([['Bash', { command: 'echo it ran' }]]),
      'content_block_stop',
      'it ran',
    ],
  ])(
    '%s',
    async (_, said, after, known) => {
      await using folders = await makeFolders();
      await using anthropic = await startUpstream({
        script: { answer: said, fault: { kind: 'stall', after: { after } } },
      });
      await using groq = await startUpstream({ script: { answer: text('The backup finishes it.') } });
      const config = join(folders.home, 'chain.toml');
      await writeFile(
        config,
        [
          'chain = ["anthropic", "groq"]',
          '[upstreams.anthropic]',
          'provider = "anthropic"',
          `base_url = "${anthropic.url}"`,
          'timeouts = { idle = "500ms" }',
          '[upstreams.groq]',
          'provider = "groq"',
          `base_url = "${groq.url}/openai/v1"`,
          `api_key = "\${GROQ_API_KEY}"`,
        ].join('\n'),
      );
      await using proxy = await startBinary({
        args: ['--config', config],
        env: { GROQ_API_KEY: 'groq-key' },
        folders,
      });
      const { exitCode, report } = await runClaude({
        baseUrl: proxy.url,
        prompt: 'go',
        args: ['--allowedTools', 'Bash'],
      });
      expect([exitCode, report?.result]).toEqual([0, 'The backup finishes it.']);
      const told = groq.asked.map((asked) => everything(asked) + toolResults(asked).join());
      expect(told.some((each) => each.includes(known))).toBe(true);
      expect(await anthropic.asked[0]?.ended).toMatchObject({ how: 'left' });
    },
    LIMIT_MS,
  );
});

function emergency(groq: string): Record<string, string> {
  return { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key', GROQ_BASE_URL: `${groq}/openai/v1` };
}
