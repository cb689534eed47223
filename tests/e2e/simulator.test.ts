import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, calls, text, thinkingThenText } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import { startUpstream } from '../../src/drill/upstream.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { toolResults } from './conversation.ts';

const LIMIT_MS = 90_000;

/** What the other end-to-end tests rest on: the simulator's answers are well-formed to the real client. */
describe.each(CLAUDE_VERSIONS)('the real client %s, pointed straight at a scripted upstream,', (version) => {
  test.each<[string, Answer, Fault[]]>([
    ['text', text('Hello from the script.'), []],
    ['signed thinking and text', thinkingThenText('A greeting is due.', 'Hello from the script.'), []],
    ['text in single bytes', text('Hello from the script.'), [{ kind: 'slices', bytes: 1 }]],
    ['compressed text', text('Hello from the script.'), [{ kind: 'gzip' }]],
    ['text that ends with the connection', text('Hello from the script.'), [{ kind: 'close-delimited' }]],
  ])(
    'shows %s with one request',
    async (_, answer, fault) => {
      await using upstream = await startUpstream({ script: { answer, fault } });
      const { exitCode, report } = await runClaude({ version, baseUrl: upstream.url, prompt: 'say hello' });
      expect([exitCode, report?.result]).toEqual([0, 'Hello from the script.']);
      expect(upstream.asked).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test(
    'asks again without a stream after an unclean cut, and takes the JSON twin',
    async () => {
      const cut: Fault = { kind: 'cut', after: { after: 'text_delta' }, clean: false };
      await using upstream = await startUpstream({
        script: ({ ask }) => (ask?.stream ? { fault: cut } : { answer: text('The whole of it.') }),
      });
      const { exitCode, report } = await runClaude({ version, baseUrl: upstream.url, prompt: 'say hello' });
      expect([exitCode, report?.result]).toEqual([0, 'The whole of it.']);
      // How often it tries with a stream first differs between the versions.
      expect(upstream.asked.map(({ ask }) => ask?.stream === false).indexOf(true)).toBe(
        upstream.asked.length - 1,
      );
    },
    LIMIT_MS,
  );

  test(
    'runs two tools in parallel and sends both results back',
    async () => {
      const cwd = await mkdtemp(join(tmpdir(), 'ccproxy-tools-'));
      const file = join(cwd, 'note.txt');
      await writeFile(file, 'written in the file\n');
      await using upstream = await startUpstream({
        script: [
          {
            answer: calls(
              [
                ['Bash', { command: 'echo said by the shell' }],
                ['Read', { file_path: file }],
              ],
              'Looking.',
            ),
          },
          { answer: text('Both seen.') },
        ],
      });
      const { exitCode, report } = await runClaude({
        version,
        baseUrl: upstream.url,
        prompt: 'look',
        cwd,
        args: ['--allowedTools', 'Bash', 'Read'],
      });
      await rm(cwd, { recursive: true });
      expect([exitCode, report?.result]).toEqual([0, 'Both seen.']);
      const results = toolResults(upstream.asked[1]).join('\n');
      expect(results).toContain('said by the shell');
      expect(results).toContain('written in the file');
    },
    LIMIT_MS,
  );
});
