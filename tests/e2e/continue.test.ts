/** `mid_stream = "continue"`, with the compiled program: one message holds what both upstreams said. */
import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { type Answer, answer, calls, text, thinkingThenText } from '../../src/drill/answers.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Point } from '../../src/drill/plan.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { type Binary, makeFolders, startBinary } from '../support/binary.ts';
import { CLAUDE_VERSIONS, runClaude } from '../support/claude.ts';
import { anchorIn } from '../support/so-far.ts';
import { toolResults } from './conversation.ts';

const LIMIT_MS = 90_000;
const WHOLE = 'Here is the first half, and here is the second half.';
const HALF: Point = { after: 'first half' };

const BREAKS: [string, (after: Point) => Fault][] = [
  ['by RST', (after) => ({ kind: 'reset', after })],
  ['by FIN', (after) => ({ kind: 'cut', after, clean: false })],
  ['with a clean end', (after) => ({ kind: 'cut', after, clean: true })],
  ['with an error event', (after) => ({ kind: 'error-event', after })],
];
const RUNS = CLAUDE_VERSIONS.flatMap((version) => BREAKS.map(([how, fault]) => ({ version, how, fault })));

describe.each(RUNS)('when Anthropic breaks off $how, the user of $version', ({ version, fault }) => {
  test(
    'reads one answer, which two have written, after one single request',
    async () => {
      await using stage = await begun(text(WHOLE), fault(HALF));
      const { exitCode, report } = await ask(stage, version);
      expect([exitCode, report?.result, report?.num_turns]).toEqual([0, WHOLE, 1]);
      expect([stage.anthropic.asked.length, stage.groq.asked.length]).toEqual([1, 1]);
      expect(anchorIn(stage.groq.asked[0]?.text() ?? '')).toBe('Here is the first half,');
    },
    LIMIT_MS,
  );
});

describe.each(CLAUDE_VERSIONS.map((version) => ({ version })))('the user of $version', ({ version }) => {
  const [RST] = BREAKS.map(([, fault]) => fault);
  const fault = (after: Point): Fault => RST?.(after) ?? { kind: 'black-hole' };

  test(
    'reads the answer behind thinking that was broken off',
    async () => {
      await using stage = await begun(
        thinkingThenText('What would be a good answer?', WHOLE),
        fault({ after: 'thinking_delta' }),
      );
      const { exitCode, report } = await ask(stage, version);
      expect([exitCode, report?.result, stage.anthropic.asked.length]).toEqual([0, WHOLE, 1]);
    },
    LIMIT_MS,
  );

  test(
    'has the tool run that the second one calls, once, and the answer to it',
    async () => {
      const tool: Answer = answer([
        { type: 'text', text: WHOLE },
        { type: 'tool_use', name: 'Bash', input: { command: 'echo ran >> ran.txt; echo it ran' } },
      ]);
      await using stage = await begun(text(WHOLE), fault(HALF), tool);
      const { exitCode, report } = await ask(stage, version);
      expect([exitCode, report?.result]).toEqual([0, 'All done.']);
      expect(await Bun.file(join(stage.proxy.folders.cwd, 'ran.txt')).text()).toBe('ran\n');
      expect(toolResults(stage.groq.asked.at(-1)).join()).toContain('it ran');
    },
    LIMIT_MS,
  );

  test(
    'has no tool run whose input was cut, and the turn ends well',
    async () => {
      const early: Answer = calls([
        ['Bash', { command: 'touch early.txt; echo a long command; touch late.txt' }],
      ]);
      await using stage = await begun(early, fault({ after: 'early' }), text(WHOLE));
      const { exitCode, report } = await ask(stage, version);
      expect([exitCode, report?.result]).toEqual([0, WHOLE]);
      expect(existsSync(join(stage.proxy.folders.cwd, 'early.txt'))).toBe(false);
      expect(stage.groq.asked.length).toBeGreaterThan(0);
      expect(stage.groq.asked.filter((asked) => anchorIn(asked.text()) !== undefined)).toEqual([]);
    },
    LIMIT_MS,
  );
});

test(
  'the official SDK takes it as one answer',
  async () => {
    await using stage = await begun(text(WHOLE), { kind: 'reset', after: HALF });
    const client = new Anthropic({ apiKey: 'sk-test', baseURL: stage.proxy.url, maxRetries: 0 });
    const message = await client.messages
      .stream({ model: 'claude-opus-4-8', max_tokens: 500, messages: [{ role: 'user', content: 'go' }] })
      .finalMessage();
    expect([message.content, message.stop_reason]).toMatchObject([
      [{ type: 'text', text: WHOLE }],
      'end_turn',
    ]);
    expect(await status(stage.proxy)).toMatchObject({ serving: 'groq' });
  },
  LIMIT_MS,
);

interface Stage {
  proxy: Binary;
  anthropic: ScriptedUpstream;
  groq: ScriptedUpstream;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Slow enough that what was sent has reached the user when the rest does not come. */
const UNHURRIED: Fault[] = [
  { kind: 'drip', gapMs: 10 },
  { kind: 'late-end', waitMs: 50 },
];

/** Anthropic begins an answer and fails; Groq goes on as it is asked to, with `next`, and answers what comes later. */
async function begun(said: Answer, fault: Fault, next: Answer = text(WHOLE)): Promise<Stage> {
  const folders = await makeFolders();
  const anthropic = await startUpstream({ script: { answer: said, fault: [fault, ...UNHURRIED] } });
  const groq = await startUpstream({
    script(request) {
      const anchor = anchorIn(request.text());
      if (anchor === undefined) return { answer: toolResults(request).length > 0 ? text('All done.') : next };
      const [first, ...rest] = next.blocks;
      const words = first?.type === 'text' ? first.text : '';
      const goesOn = anchor + words.slice(words.indexOf(anchor) + anchor.length);
      return { answer: { ...next, blocks: [{ type: 'text', text: goesOn }, ...rest] } };
    },
  });
  const config = join(folders.home, 'continue.toml');
  await Bun.write(
    config,
    `chain = ["anthropic", "groq"]
[failover]
mid_stream = "continue"
[upstreams.groq]
api_key = "groq-key"
base_url = "${groq.url}/openai/v1"
`,
  );
  const proxy = await startBinary({
    args: ['--config', config],
    env: { CCPROXY_ANTHROPIC_BASE_URL: anthropic.url },
    folders,
  });
  return {
    proxy,
    anthropic,
    groq,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await Promise.all([anthropic.stop(), groq.stop()]);
      await folders[Symbol.asyncDispose]();
    },
  };
}

function ask({ proxy }: Stage, version: (typeof CLAUDE_VERSIONS)[number]) {
  const args = ['--allowedTools', 'Bash', '--max-turns', '6'];
  return runClaude({ version, baseUrl: proxy.url, prompt: 'go', args, cwd: proxy.folders.cwd });
}

async function status({ url }: Binary): Promise<unknown> {
  return (await fetch(`${url}/status`)).json();
}
