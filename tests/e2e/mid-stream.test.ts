import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, answer, type Call, calls, text, thinkingThenText } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Point } from '../../src/drill/plan.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { type Folders, makeFolders, startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, type ClaudeVersion, NEWEST, runClaude } from '../support/claude.ts';
import { everything, toolResults } from './conversation.ts';

const LIMIT_MS = 90_000;
const BACKUP = 'The backup finishes it.';

/** How a stream may break at a point. */
const BREAKS: [string, (after: Point) => Fault][] = [
  ['by RST', (after) => ({ kind: 'reset', after })],
  ['by FIN', (after) => ({ kind: 'cut', after, clean: false })],
  ['with a clean end', (after) => ({ kind: 'cut', after, clean: true })],
  ['with an error event', (after) => ({ kind: 'error-event', after })],
];
const [RST] = BREAKS;

const RUNS = [
  ...BREAKS.map(([how, fault]) => ({ version: NEWEST, how, fault })),
  ...CLAUDE_VERSIONS.filter((version) => version !== NEWEST).flatMap((version) =>
    RST === undefined ? [] : [{ version, how: RST[0], fault: RST[1] }],
  ),
];

describe.each(RUNS)('when Anthropic breaks off $how, the user of $version', ({ version, fault }) => {
  test(
    'reads the whole answer of the backup, if a text was open',
    async () => {
      await using turn = await broken(
        version,
        text('Half a sentence that'),
        fault({ after: 'text_delta' }),
        ...UNHURRIED,
      );
      expect([turn.exitCode, turn.result]).toEqual([0, BACKUP]);
    },
    LIMIT_MS,
  );

  test(
    'reads the backup going on, if a text was finished',
    async () => {
      const two = answer([
        { type: 'text', text: 'The first part is here.' },
        { type: 'text', text: 'The second is not.' },
      ]);
      await using turn = await broken(version, two, fault({ after: 'content_block_stop' }), ...UNHURRIED);
      expect([turn.exitCode, turn.result]).toEqual([0, BACKUP]);
      expect(turn.groq.asked.some((asked) => everything(asked).includes('The first part is here.'))).toBe(
        true,
      );
    },
    LIMIT_MS,
  );

  test(
    'reads the whole answer of the backup, if only thinking was finished',
    async () => {
      const said = thinkingThenText('What would be a good answer?', 'It never comes.');
      await using turn = await broken(version, said, fault({ after: 'content_block_stop' }), ...UNHURRIED);
      expect([turn.exitCode, turn.result]).toEqual([0, BACKUP]);
    },
    LIMIT_MS,
  );

  test(
    'has the finished tool run, once, and the backup goes on from its result',
    async () => {
      await using turn = await broken(
        version,
        calls([['Bash', { command: 'echo ran >> ran.txt; echo it ran' }]], 'Running it.'),
        fault({ after: 'content_block_stop","index":1' }),
        ...UNHURRIED,
      );
      expect([turn.exitCode, turn.result]).toEqual([0, BACKUP]);
      expect(await Bun.file(join(turn.folders.cwd, 'ran.txt')).text()).toBe('ran\n');
      expect(toolResults(turn.groq.asked.at(-1)).join()).toContain('it ran');
    },
    LIMIT_MS,
  );

  test(
    'has no tool run whose input was cut, and the turn ends well',
    async () => {
      await using turn = await broken(
        version,
        calls([['Bash', { command: 'touch early.txt; echo a long command; touch late.txt' }]]),
        fault({ after: 'early' }),
        ...UNHURRIED,
      );
      expect([turn.exitCode, turn.result]).toEqual([0, BACKUP]);
      expect(existsSync(join(turn.folders.cwd, 'early.txt'))).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    'has the finished one of two tools run, and not the one that was cut',
    async () => {
      await using turn = await broken(
        version,
        calls([
          ['Bash', { command: 'touch whole.txt' }],
          ['Bash', { command: 'touch early.txt; echo a long command; touch late.txt' }],
        ]),
        fault({ after: 'early' }),
        ...UNHURRIED,
      );
      expect([turn.exitCode, turn.result]).toEqual([0, BACKUP]);
      expect(existsSync(join(turn.folders.cwd, 'whole.txt'))).toBe(true);
      expect(existsSync(join(turn.folders.cwd, 'early.txt'))).toBe(false);
    },
    LIMIT_MS,
  );
});

describe.each(RUNS)(
  'when Anthropic sends all it has at once and breaks off $how, the user of $version',
  (run) => {
    const early: Call = ['Bash', { command: 'touch early.txt; echo a long command; touch late.txt' }];
    test.each<[string, Answer, Point]>([
      ['an open text', text('Half a sentence that'), { after: 'text_delta' }],
      ['a finished text', text('The whole sentence.'), { after: 'content_block_stop' }],
      ['finished thinking', thinkingThenText('Well?', 'No.'), { after: 'content_block_stop' }],
      ['an open tool call', calls([early]), { after: 'early' }],
      ['a finished tool call', calls([early]), { after: 'content_block_stop' }],
    ])(
      'gets the answer of the backup after %s, and no tool runs twice or in part',
      async (_, said, after) => {
        await using turn = await broken(run.version, said, run.fault(after));
        expect([turn.exitCode, turn.result]).toEqual([0, BACKUP]);
        const { cwd } = turn.folders;
        expect(existsSync(join(cwd, 'early.txt'))).toBe(existsSync(join(cwd, 'late.txt')));
      },
      LIMIT_MS,
    );
  },
);

interface Turn {
  exitCode: number;
  result: string | undefined;
  groq: ScriptedUpstream;
  folders: Folders;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Slow enough that what was sent has reached the user when the rest does not come. */
const UNHURRIED: Fault[] = [
  { kind: 'drip', gapMs: 10 },
  { kind: 'late-end', waitMs: 50 },
];

/** One turn of the client in which Anthropic starts `said` and fails, and Groq stands behind it. */
async function broken(version: ClaudeVersion, said: Answer, ...fault: Fault[]): Promise<Turn> {
  const folders = await makeFolders();
  const anthropic = await startUpstream({ script: { answer: said, fault } });
  const groq = await startUpstream({ script: { answer: text(BACKUP) } });
  const proxy = await startBinary({
    env: {
      CCPROXY_ANTHROPIC_BASE_URL: anthropic.url,
      GROQ_API_KEY: 'groq-key',
      GROQ_BASE_URL: `${groq.url}/openai/v1`,
    },
  });
  const dispose = async () => {
    await proxy[Symbol.asyncDispose]();
    await Promise.all([anthropic.stop(), groq.stop()]);
    await folders[Symbol.asyncDispose]();
  };
  try {
    const args = ['--allowedTools', 'Bash', '--max-turns', '6'];
    const { exitCode, report } = await runClaude({
      version,
      baseUrl: proxy.url,
      prompt: 'go',
      args,
      cwd: folders.cwd,
    });
    return { exitCode, result: report?.result, groq, folders, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
