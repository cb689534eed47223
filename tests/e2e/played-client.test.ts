/** The client that a drill plays does what the real one does: both meet the same upstream, and ask it the same way. */
import { describe, expect, test } from 'bun:test';
import { type Answer, answer, calls, text, thinkingOnly, thinkingThenText } from '../../src/drill/answers.ts';
import { createClaude } from '../../src/drill/client/claude.ts';
import type { Fault } from '../../src/drill/faults.ts';
import type { Reply } from '../../src/drill/script.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import { type ClaudeVersion, NEWEST, runClaude } from '../support/claude.ts';
import { realClock } from '../support/relay.ts';
import { toolResults } from './conversation.ts';
import { queue } from './cut-points.ts';

const LIMIT_MS = 120_000;
const inTurn = queue(3);

/** Slow enough that what was sent has been read when the rest does not come. */
const UNHURRIED: Fault[] = [
  { kind: 'drip', gapMs: 10 },
  { kind: 'late-end', waitMs: 50 },
];

const broken = (said: Answer, fault: Fault): Reply => ({ answer: said, fault: [fault, ...UNHURRIED] });
const status = (code: number, headers: Record<string, string> = {}): Reply => ({
  fault: { kind: 'status', status: code, headers },
});
const DONE: Reply = { answer: text('Done.') };
const TWO = answer([
  { type: 'text', text: 'The first part is here.' },
  { type: 'text', text: 'The second is not.' },
]);
const THOUGHT = thinkingThenText('What would be good?', 'This.');
const ECHO = calls([['Bash', { command: 'echo ran' }]]);
const OPEN = { after: 'text_delta' };
const STOPPED = { after: 'content_block_stop' };

const ROWS: [string, Reply[]][] = [
  ['a whole answer', [DONE]],
  ['a call', [{ answer: ECHO }, DONE]],
  ['an answer that ran out of tokens', [{ answer: answer(text('Part.').blocks, { stop: 'length' }) }, DONE]],
  ['thinking and nothing else', [{ answer: thinkingOnly('Well?') }, DONE]],
  ['a reset before the head, once', [{ fault: { kind: 'reset' } }, DONE]],
  // By FIN: a reset may overtake what the client has not read yet, and then it has seen less.
  ['a closed connection in an open text', [broken(TWO, { kind: 'cut', after: OPEN, clean: false }), DONE]],
  ['a clean end in an open text', [broken(TWO, { kind: 'cut', after: OPEN, clean: true }), DONE]],
  ['an error in an open text', [broken(TWO, { kind: 'error-event', after: OPEN }), DONE]],
  ['an overload at first', [broken(TWO, { kind: 'error-event', after: 0 }), DONE]],
  ['half of the JSON of an event', [broken(TWO, { kind: 'garbled', after: OPEN }), DONE]],
  [
    'a closed connection after a finished text',
    [broken(TWO, { kind: 'cut', after: STOPPED, clean: false }), DONE],
  ],
  ['an error after a finished text', [broken(TWO, { kind: 'error-event', after: STOPPED }), DONE]],
  ['a clean end after a finished text', [broken(TWO, { kind: 'cut', after: STOPPED, clean: true }), DONE]],
  [
    'a closed connection after finished thinking',
    [broken(THOUGHT, { kind: 'cut', after: STOPPED, clean: false }), DONE],
  ],
  ['an error after finished thinking', [broken(THOUGHT, { kind: 'error-event', after: STOPPED }), DONE]],
  ['an error after a finished call', [broken(ECHO, { kind: 'error-event', after: STOPPED }), DONE]],
  ['500 once', [status(500), DONE]],
  ['429 with a time', [status(429, { 'retry-after': '1' }), DONE]],
  ['503 with more than a minute', [status(503, { 'retry-after': '61' }), DONE]],
  ['503 that is not to be repeated', [status(503, { 'x-should-retry': 'false' }), DONE]],
  ['400', [status(400), DONE]],
  ['403', [status(403), DONE]],
  ['404', [status(404)]],
  ['413', [status(413), DONE]],
  ['a page with 200', [{ fault: { kind: 'html' } }, DONE]],
];

/** What an upstream sees of a turn, and how it ends. */
interface Seen {
  /** S: streamed · N: not; with the results of tools that it carries. */
  asks: string[];
  isFinished: boolean;
}

function asksOf(upstream: ScriptedUpstream): string[] {
  return upstream.asked.map((request) => {
    const results = toolResults(request).length;
    return `${request.ask?.stream ? 'S' : 'N'}${results === 0 ? '' : ` with ${results}`}`;
  });
}

async function real(version: ClaudeVersion, script: Reply[]): Promise<Seen> {
  await using upstream = await startUpstream({ script });
  const args = ['--allowedTools', 'Bash', '--model', 'claude-opus-4-8'];
  const { exitCode } = await runClaude({ version, baseUrl: upstream.url, prompt: 'Go on.', args });
  return { asks: asksOf(upstream), isFinished: exitCode === 0 };
}

async function played(script: Reply[]): Promise<Seen> {
  await using upstream = await startUpstream({ script });
  const claude = createClaude({
    clock: realClock,
    session: 'played',
    retries: 1,
    carry: ({ headers, body, signal }) =>
      fetch(`${upstream.url}/v1/messages?beta=true`, { method: 'POST', headers, body, signal, proxy: false }),
  });
  const { isFinished } = await claude.turn('Go on.');
  return { asks: asksOf(upstream), isFinished };
}

describe('at', () => {
  test.concurrent.each(ROWS)(
    '%s, step by step as 2.1.197',
    (_, script) =>
      inTurn(async () => {
        const [theirs, ours] = await Promise.all([real('2.1.197', script), played(script)]);
        expect(ours).toEqual(theirs);
      }),
    LIMIT_MS,
  );

  // The newest asks again in more places, so it is not played: what passes with the older one passes with it.
  test.concurrent.each(ROWS)(
    `%s, never more than ${NEWEST} bears`,
    (_, script) =>
      inTurn(async () => {
        const [theirs, ours] = await Promise.all([real(NEWEST, script), played(script)]);
        expect([ours.isFinished, theirs.isFinished]).not.toEqual([true, false]);
      }),
    LIMIT_MS,
  );
});
