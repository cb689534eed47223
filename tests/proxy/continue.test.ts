/** `mid_stream = "continue"`: an answer that breaks off is gone on with inside the same message, by whoever can. */
import { describe, expect, test } from 'bun:test';
import type { Dialect } from '../../src/core/upstream.ts';
import { type Answer, answer, calls, text, thinkingThenText } from '../../src/drill/answers.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { openaiChatVoice } from '../../src/drill/voices/openai-chat.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { type Break, brokenOff } from '../support/broken-off.ts';
import { manualClock, turns } from '../support/manual-clock.ts';
import {
  ask,
  backup,
  benchOf,
  CLAUDE_CODE,
  eventsOf,
  fakeSend,
  openBody,
  primary,
  type Said,
  streamOf,
  wordsOf,
} from '../support/relay.ts';
import { sdkMessage } from '../support/sdk.ts';
import { anchorIn, goingOn, type SoFar, STYLES, type Style, soFar } from '../support/so-far.ts';

const SIGNED = { type: 'thinking', thinking: 'let me see, what is there', signature: 'c2lnbmVk' } as const;
const ANSWERS: [name: string, answer: Answer][] = [
  ['text', text('One sentence, and a second one.')],
  [
    'two texts',
    answer([
      { type: 'text', text: 'One block.' },
      { type: 'text', text: 'Another block.' },
    ]),
  ],
  ['thinking, then text', thinkingThenText('let me see, what is there', 'This is there.')],
  ['one tool call', calls([['Read', { file_path: '/tmp/a.txt' }]])],
  [
    'parallel tool calls',
    calls([
      ['Read', { file_path: '/a' }],
      ['Grep', { pattern: 'b', path: '/c' }],
    ]),
  ],
  ['text, then a tool call', calls([['Read', { file_path: '/tmp/a.txt' }]], 'I will read that file.')],
  [
    'thinking, text, then a tool call',
    answer([
      SIGNED,
      { type: 'text', text: 'I will read it.' },
      { type: 'tool_use', name: 'Read', input: { a: 1 } },
    ]),
  ],
];
const AGENTS = [CLAUDE_CODE, 'anthropic-sdk-python/1.0'];
const DIALECTS: Dialect[] = [anthropic, openaiChat];
const SESSION = { 'x-claude-code-session-id': 'session-1' };

interface Play {
  whole: Answer;
  /** What the first upstream sends. */
  chunks: readonly string[];
  how: Break | 'stall';
  agent: string;
  dialect: Dialect;
  style: Style;
  /** What its client has when it breaks off. */
  position: SoFar;
  /** It breaks off before its client has any content. */
  isEarly: boolean;
}

/** One request to a chain of two, the first of which breaks off. */
async function play(
  { whole, chunks, how, agent, dialect, style, position }: Play,
  midStream = 'continue' as const,
) {
  const clock = manualClock();
  const voice = (said: Answer) =>
    streamOf(
      dialect === openaiChat
        ? openaiChatVoice.events(said, { id: 'up2', model: 'm' })
        : eventsOf(said, 'up2'),
    );
  const send = fakeSend({
    anthropic(outgoing) {
      if (how !== 'stall') return brokenOff(chunks, how);
      const body = openBody(outgoing);
      body.push(...chunks);
      return body.response;
    },
    backup() {
      const anchor = anchorIn(send.sent.at(-1)?.body ?? '');
      const said = anchor === undefined ? whole : goingOn(whole, position, style, anchor);
      return said === null ? new Response('', { status: 500 }) : voice(said);
    },
  });
  const bench = benchOf([primary(), backup({ dialect })], { send, clock, failover: { midStream } });
  const asked = ask(bench, { headers: { 'user-agent': agent, ...SESSION } });
  if (how === 'stall') await clock.advance(91_000);
  const said = await asked;
  await turns();
  expect(clock.waiting).toEqual([]);
  return { said, bench, sent: send.sent };
}

const wordsIn = ({ blocks }: Answer) =>
  blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');

function toolsIn(said: Said): string[] {
  return said.frames.flatMap(({ event }) =>
    event.type === 'content_block_start' && event.content_block.type === 'tool_use'
      ? [String((event.content_block as { name: string }).name)]
      : [],
  );
}

type Played = Awaited<ReturnType<typeof play>>;

/** One whole message: grammar, the SDK, nothing lost, nothing twice. */
async function expectOne({ said, bench, sent }: Played, { whole, isEarly }: Play): Promise<void> {
  expect(said.reset).toBe(false);
  assertGrammar(said.frames);
  await sdkMessage(said.frames);
  expect(wordsOf(said).replaceAll('\n\n', '')).toBe(wordsIn(whole));
  expect(toolsIn(said)).toEqual(
    whole.blocks.flatMap((block) => (block.type === 'tool_use' ? [block.name] : [])),
  );
  expect(sent.map(({ upstream }) => upstream)).toEqual(['anthropic', 'backup']);
  expect(bench.events.attempts.map(({ upstream, failure }) => [upstream, failure === undefined])).toEqual([
    ['anthropic', false],
    ['backup', true],
  ]);
  expect(bench.events.requests).toMatchObject([{ upstream: 'backup', outcome: 'ok', attempts: 2 }]);
  expect(bench.deserters.get('session-1', bench.runtime.clock.now())).toBe(isEarly ? undefined : 'anthropic');
}

/** Exactly what that client would have got without `continue`. */
async function expectAsBefore(played: Played, one: Play): Promise<void> {
  const mode = one.agent === CLAUDE_CODE ? 'resume' : 'stop';
  const before = await play(one, mode as 'continue');
  expect([played.said.text, played.said.reset]).toEqual([before.said.text, before.said.reset]);
  expect(played.bench.events.requests).toMatchObject([{ upstream: 'anthropic' }]);
}

/** Whether there is something to go on from, and the backup has something that fits there. */
function goesOn({ position, style, whole }: Play): boolean {
  const { texts, types, open, ending } = position;
  if (ending || types.includes('tool_use')) return false;
  if (style !== 'says only the rest' || texts.length === 0) return true;
  const words = whole.blocks.filter(({ type }) => type === 'text').length;
  const isAtEnd = wordsIn(whole).startsWith(texts.join('')) && isWholeIn(whole, texts);
  if (!isAtEnd) return true;
  // Nothing more of that text: what comes next is another block, whose place is not free while this one is open.
  return texts.length < words ? open === null : whole.blocks.some(({ type }) => type === 'tool_use');
}

/** Whether the last of `texts` is there to its end. */
function isWholeIn({ blocks }: Answer, texts: readonly string[]): boolean {
  const words = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return words[texts.length - 1] === texts.at(-1);
}

async function expectRight(one: Play, played: Played): Promise<void> {
  if (one.isEarly || goesOn(one)) await expectOne(played, one);
  else await expectAsBefore(played, one);
}

const CASES = ANSWERS.flatMap(([name, whole]) =>
  DIALECTS.flatMap((dialect) =>
    STYLES.map((style) => [name, dialect.name, style, { whole, dialect, style }] as const),
  ),
);

describe('a stream that breaks off at any event', () => {
  test.each(CASES)('%s; the backup speaks %s and %s', async (_name, _dialect, _style, one) => {
    const events = eventsOf(one.whole);
    for (let count = 0; count < events.length; count += 1) {
      const chunks = events.slice(0, count);
      const position = soFar(chunks);
      for (const agent of AGENTS) {
        for (const how of ['clean end', 'broken connection', 'error event', 'stall'] as const) {
          // One that is alive and has begun is not waited for without end: the client has its beginning when it stalls.
          const isEarly = how === 'stall' ? count < 2 : !position.hasContent;
          const cut: Play = { ...one, chunks, how, agent, position, isEarly };
          await expectRight(cut, await play(cut));
        }
      }
    }
  });
});

describe('a stream that breaks off at any byte', () => {
  const [dialect, style] = [anthropic, 'repeats the anchor'] as const;
  test.each(ANSWERS)('%s', async (_, whole) => {
    const events = eventsOf(whole);
    const seen = new Set<string>();
    for (const [at, event] of events.entries()) {
      const before = events.slice(0, at);
      const isEarly = !soFar(before).hasContent;
      for (let bytes = 1; bytes < event.length; bytes += 1) {
        const part = event.slice(0, bytes);
        // The end of a body completes an event that lacks its blank line only, and comes together with the failure.
        const isWhole = part.trim() === event.trim();
        if (isWhole && at === events.length - 1) continue;
        const position = soFar(isWhole ? [...before, event] : before);
        const agent = AGENTS[bytes % 2] ?? '';
        const cut: Play = {
          ...{ whole, dialect, style, agent, position, isEarly },
          chunks: [...before, part],
          how: bytes % 3 === 0 && !isWhole ? 'broken connection' : 'clean end',
        };
        const played = await play(cut);
        // What came out before in the same place need not be looked at again.
        const got = `${at} ${isWhole} ${agent} ${played.said.text}`;
        if (!seen.has(got)) await expectRight(cut, played);
        seen.add(got);
      }
    }
  });
});
