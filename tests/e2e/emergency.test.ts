import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calls, text, thinkingThenText } from '../../src/drill/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { makeFolders, runToEnd, startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { everything, toolResults } from './conversation.ts';

const LIMIT_MS = 90_000;
const TOOLS = ['--allowedTools', 'Bash', 'Read'];

/** The emergency block of the README, with Groq played by a script. */
function emergency(groq: ScriptedUpstream): Record<string, string> {
  return { PROVIDER: 'groq', GROQ_API_KEY: 'groq-key', GROQ_BASE_URL: `${groq.url}/openai/v1` };
}

describe.each(CLAUDE_VERSIONS)('in emergency mode the real client %s', (version) => {
  test(
    'gets a text answer from the one provider, with one request',
    async () => {
      await using groq = await startUpstream({ script: { answer: text('Groq speaking.') } });
      await using proxy = await startBinary({ env: emergency(groq) });
      const { exitCode, report } = await runClaude({ version, baseUrl: proxy.url, prompt: 'who is there?' });
      expect([exitCode, report?.result]).toEqual([0, 'Groq speaking.']);
      expect(groq.asked.map(({ path }) => path)).toEqual(['/openai/v1/chat/completions']);
      expect(groq.asked[0]?.header('authorization')).toBe('Bearer groq-key');
      await proxy.stop();
    },
    LIMIT_MS,
  );

  test(
    'needs no credential but the placeholder that `ccproxy env` prints, and none of its own reaches the provider',
    async () => {
      await using groq = await startUpstream({
        script: { answer: thinkingThenText('Hm.', 'Groq thought.') },
      });
      await using proxy = await startBinary({ env: emergency(groq) });
      const printed = await runToEnd(
        ['env', '--shell', 'json', '--port', String(proxy.port)],
        emergency(groq),
      );
      const { ANTHROPIC_BASE_URL = '', ...env }: Record<string, string> = JSON.parse(printed.stdout);
      expect(env).toEqual({ ANTHROPIC_AUTH_TOKEN: 'NOT_NEEDED' });
      const placeholder = await runClaude({ version, baseUrl: ANTHROPIC_BASE_URL, env, prompt: 'who?' });
      expect([placeholder.exitCode, placeholder.report?.result]).toEqual([0, 'Groq thought.']);
      const own = await runClaude({
        version,
        baseUrl: ANTHROPIC_BASE_URL,
        env: { ANTHROPIC_API_KEY: 'sk-ant-very-own' },
        prompt: 'who?',
      });
      expect([own.exitCode, own.report?.result]).toEqual([0, 'Groq thought.']);
      for (const request of groq.requests) {
        const said = everything(request);
        expect(said).not.toContain('sk-ant-very-own');
        expect(said).not.toContain('NOT_NEEDED');
        expect(said).not.toMatch(/^(anthropic-|x-api-key|x-claude|x-stainless|x-app)/im);
      }
    },
    LIMIT_MS,
  );

  test(
    'runs a tool, and its result comes back in the next request',
    async () => {
      await using groq = await startUpstream({
        script: [
          { answer: calls([['Bash', { command: 'echo said by the shell' }]]) },
          { answer: text('The shell spoke.') },
        ],
      });
      await using proxy = await startBinary({ env: emergency(groq) });
      const { exitCode, report } = await runClaude({
        version,
        baseUrl: proxy.url,
        prompt: 'go',
        args: TOOLS,
      });
      expect([exitCode, report?.result]).toEqual([0, 'The shell spoke.']);
      expect(groq.asked).toHaveLength(2);
      expect(toolResults(groq.asked[1])).toEqual(['said by the shell']);
    },
    LIMIT_MS,
  );

  test(
    'runs three tools in parallel, and every result comes back to its own call',
    async () => {
      await using folders = await makeFolders();
      const file = join(folders.cwd, 'note.txt');
      await writeFile(file, 'written in the file\n');
      await using groq = await startUpstream({
        script: [
          {
            answer: calls(
              [
                ['Bash', { command: 'echo first' }],
                ['Read', { file_path: file }],
                ['Bash', { command: 'echo third' }],
              ],
              'Three things.',
            ),
          },
          { answer: text('All three.') },
        ],
      });
      await using proxy = await startBinary({ env: emergency(groq) });
      const { exitCode, report } = await runClaude({
        version,
        baseUrl: proxy.url,
        prompt: 'go',
        args: TOOLS,
        cwd: folders.cwd,
      });
      expect([exitCode, report?.result]).toEqual([0, 'All three.']);
      const body: { messages: ToolTurn[] } = JSON.parse(groq.asked[1]?.text() ?? '{}');
      const asked = body.messages.flatMap((message) => message.tool_calls ?? []);
      const results = new Map(body.messages.map((message) => [message.tool_call_id, message.content]));
      expect(asked.map((call) => call.function.name)).toEqual(['Bash', 'Read', 'Bash']);
      const inOrder = asked.map((call) => String(results.get(call.id)));
      expect(inOrder[0]).toContain('first');
      expect(inOrder[1]).toContain('written in the file');
      expect(inOrder[2]).toContain('third');
    },
    LIMIT_MS,
  );
});

test('both loopback addresses and the name answer', async () => {
  await using groq = await startUpstream();
  await using proxy = await startBinary({ env: emergency(groq) });
  for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
    const health = await fetch(`http://${host}:${proxy.port}/health`);
    expect(await health.json()).toMatchObject({ status: 'ok' });
  }
});

test('a proxy started without --port listens on 3456', async () => {
  if (await answers(3456)) return;
  await using groq = await startUpstream({ script: { answer: text('On the default port.') } });
  await using proxy = await startBinary({ env: emergency(groq), port: 'default' });
  const { exitCode, report } = await runClaude({ baseUrl: 'http://localhost:3456', prompt: 'hello' });
  expect([exitCode, report?.result]).toEqual([0, 'On the default port.']);
  await proxy.stop();
}, 90_000);

test('two providers are a chain in the order they are named', async () => {
  await using groq = await startUpstream({ script: { fault: { kind: 'status', status: 500 } } });
  await using openrouter = await startUpstream({ script: { answer: text('The second one.') } });
  await using proxy = await startBinary({
    env: {
      ...emergency(groq),
      PROVIDER: 'groq,openrouter',
      OPENROUTER_API_KEY: 'or-key',
      OPENROUTER_BASE_URL: `${openrouter.url}/api/v1`,
    },
  });
  const { exitCode, report } = await runClaude({ baseUrl: proxy.url, prompt: 'hello' });
  expect([exitCode, report?.result]).toEqual([0, 'The second one.']);
  expect([groq.asked.length, openrouter.asked.length]).toEqual([1, 1]);
}, 90_000);

interface ToolTurn {
  role: string;
  content: unknown;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string } }[];
}

async function answers(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
  return answer !== null;
}
