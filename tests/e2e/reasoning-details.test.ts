import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../../src/drill/answers.ts';
import type { Reply } from '../../src/drill/script.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { messagesOf } from './conversation.ts';

const LIMIT_MS = 60_000;

/** The stream of a fixture, its call made one of a tool that the client has. */
function stream(name: string): Reply {
  const file = join(import.meta.dir, '../wire/fixtures/openai-chat', name, 'stream.sse');
  const body = readFileSync(file, 'utf8')
    .replaceAll('"name":"Look"', '"name":"Bash"')
    .replaceAll('{\\"at\\":\\"north\\"}', '{\\"command\\":\\"echo north\\"}');
  const headers = { 'content-type': 'text/event-stream' };
  return { fault: { kind: 'status', status: 200, headers, body } };
}

describe.each(CLAUDE_VERSIONS)(
  'what a model signed for itself comes back with the real client %s',
  (version) => {
    test.each<[name: string, details: object[]]>([
      [
        'details-in-fragments-with-a-signature-at-their-end',
        [
          {
            type: 'reasoning.text',
            format: 'anthropic-claude-v1',
            index: 0,
            text: 'The lake lies north.',
            signature: 'c2lnbmVkIGJ5IGFjbWU=',
          },
        ],
      ],
      [
        'details-that-nobody-can-read',
        [
          {
            type: 'reasoning.encrypted',
            data: 'ZW5jcnlwdGVk',
            id: 'call_7Qd2mZr4Lk',
            format: 'google-gemini-v1',
            index: 0,
          },
        ],
      ],
    ])(
      '%s',
      async (name, details) => {
        await using openrouter = await startUpstream({ script: [stream(name), { answer: text('Done.') }] });
        const env = {
          PROVIDER: 'openrouter',
          OPENROUTER_API_KEY: 'k',
          OPENROUTER_BASE_URL: `${openrouter.url}/v1`,
        };
        await using proxy = await startBinary({ env });
        const args = ['--allowedTools', 'Bash', '--max-turns', '3'];
        const { exitCode, report } = await runClaude({ version, baseUrl: proxy.url, prompt: 'go', args });
        expect([exitCode, report?.result]).toEqual([0, 'Done.']);
        const said = messagesOf(openrouter.asked[1]).filter(({ role }) => role === 'assistant');
        expect(said).toMatchObject([{ reasoning_details: details, tool_calls: [{ id: 'call_7Qd2mZr4Lk' }] }]);
      },
      LIMIT_MS,
    );
  },
);
