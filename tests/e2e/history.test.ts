import { describe, expect, test } from 'bun:test';
import { answer, text } from '../../src/drill/answers.ts';
import type { Reply } from '../../src/drill/script.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { everything, messagesOf, toolResults } from './conversation.ts';

const LIMIT_MS = 90_000;
const DOWN: Reply = { fault: { kind: 'status', status: 529 } };

/** Thinks, says something and calls a tool: everything that a history can hold. */
function step(thinking: string, said: string, command: string, id?: string): Reply {
  const call = { type: 'tool_use', name: 'Bash', input: { command } } as const;
  return {
    answer: answer([
      { type: 'thinking', thinking, signature: 'c2lnbmVkIGJ5IHRoZSBzY3JpcHQ=' },
      { type: 'text', text: said },
      id === undefined ? call : { ...call, id },
    ]),
  };
}

describe.each(CLAUDE_VERSIONS)('a conversation of the real client %s', (version) => {
  test(
    "goes on at the backup with Anthropic's history",
    async () => {
      await using anthropic = await startUpstream({
        script: [step('Anthropic thinks.', 'Anthropic acts.', 'echo first'), DOWN],
      });
      await using groq = await startUpstream({ script: { answer: text('Taken over.') } });
      await using proxy = await startBinary({ env: standing(anthropic.url, groq.url) });
      const { exitCode, report } = await runClaude({ version, baseUrl: proxy.url, prompt: 'go', args: BASH });
      expect([exitCode, report?.result]).toEqual([0, 'Taken over.']);
      const [request] = groq.asked;
      expect(toolResults(request)).toEqual(['first']);
      const said = request === undefined ? '' : everything(request);
      expect(said.includes('Anthropic acts.')).toBe(true);
      expect(said.includes('c2lnbmVkIGJ5')).toBe(false);
    },
    LIMIT_MS,
  );

  test.each([
    ['plain tool ids', undefined],
    ['tool ids that Anthropic would refuse', 'functions.Bash:0'],
  ])(
    'comes back to Anthropic without the thinking of the backup, with %s',
    async (_, id) => {
      await using anthropic = await startUpstream({ script: [DOWN, { answer: text('Back home.') }] });
      await using groq = await startUpstream({
        script: step('Groq thinks.', 'Groq acts.', 'echo second', id),
      });
      await using proxy = await startBinary({ env: standing(anthropic.url, groq.url) });
      const { exitCode, report } = await runClaude({ version, baseUrl: proxy.url, prompt: 'go', args: BASH });
      expect([exitCode, report?.result]).toEqual([0, 'Back home.']);
      const request = anthropic.asked[1];
      expect(toolResults(request)).toEqual(['second']);
      const blocks = messagesOf(request).flatMap(({ role, content }) =>
        role === 'assistant' && Array.isArray(content) ? content : [],
      );
      expect(blocks.map(({ type }) => type)).toEqual(['text', 'tool_use']);
      const ids = request?.text().matchAll(/"(?:tool_use_id|id)":"([^"]*)"/g) ?? [];
      for (const [, found = ''] of ids) expect(found).toMatch(/^[a-zA-Z0-9_-]+$/);
      expect(request?.text().includes('Groq thinks.')).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    'does not hear of a signature that Anthropic refuses: it is answered without its thinking',
    async () => {
      const refused: Reply = {
        fault: {
          kind: 'status',
          status: 400,
          body: JSON.stringify({
            type: 'error',
            error: {
              type: 'invalid_request_error',
              message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
            },
          }),
        },
      };
      await using anthropic = await startUpstream({
        script: [
          step('Anthropic thinks.', 'Anthropic acts.', 'echo first'),
          refused,
          step('Anthropic thinks again.', 'Anthropic acts again.', 'echo second'),
          { answer: text('Done.') },
        ],
      });
      await using proxy = await startBinary({ env: { CCPROXY_ANTHROPIC_BASE_URL: anthropic.url } });
      const { exitCode, report } = await runClaude({ version, baseUrl: proxy.url, prompt: 'go', args: BASH });
      expect([exitCode, report?.result]).toEqual([0, 'Done.']);
      const thoughts = anthropic.asked.map((request) => request.text().includes('"signature":"c2lnbmVk'));
      // A client that had heard of it would think no more, and send none of its thoughts.
      expect(thoughts).toEqual([false, true, false, true]);
      expect(anthropic.asked.map((request) => request.text().includes('"thinking":{"type"'))).toEqual(
        thoughts.map(() => true),
      );
    },
    LIMIT_MS,
  );

  test(
    'is told in words that it understands when it is too long for the backup',
    async () => {
      const message =
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 20480 tokens. Please reduce the length of the messages.";
      const body = JSON.stringify({ error: { message, code: 'context_length_exceeded' } });
      await using groq = await startUpstream({ script: { fault: { kind: 'status', status: 400, body } } });
      await using proxy = await startBinary({
        env: { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key', GROQ_BASE_URL: `${groq.url}/openai/v1` },
      });
      const { report } = await runClaude({ version, baseUrl: proxy.url, prompt: 'go', args: BASH });
      expect(report?.result).toStartWith('Prompt is too long');
    },
    LIMIT_MS,
  );

  test(
    "keeps Anthropic's own thinking byte for byte when nothing happened",
    async () => {
      await using anthropic = await startUpstream({
        script: [step('Anthropic thinks.', 'Anthropic acts.', 'echo first'), { answer: text('Done.') }],
      });
      await using proxy = await startBinary({ env: { CCPROXY_ANTHROPIC_BASE_URL: anthropic.url } });
      const { exitCode } = await runClaude({ version, baseUrl: proxy.url, prompt: 'go', args: BASH });
      expect(exitCode).toBe(0);
      expect(anthropic.asked[1]?.text().includes('"signature":"c2lnbmVkIGJ5IHRoZSBzY3JpcHQ="')).toBe(true);
    },
    LIMIT_MS,
  );
});

const BASH = ['--allowedTools', 'Bash', '--max-turns', '6'];

function standing(anthropic: string, groq: string): Record<string, string> {
  return {
    CCPROXY_ANTHROPIC_BASE_URL: anthropic,
    GROQ_API_KEY: 'groq-key',
    GROQ_BASE_URL: `${groq}/openai/v1`,
  };
}
