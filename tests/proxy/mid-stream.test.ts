/** An answer that is cut after its first content never looks whole, and ends so that its client can go on. */
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import { type Answer, answer, calls, text, thinkingThenText } from '../../src/drill/answers.ts';
import { assertPrefix } from '../../src/drill/grammar.ts';
import { manualClock } from '../support/manual-clock.ts';
import {
  ask,
  backup,
  benchOf,
  CLAUDE_CODE,
  eventsOf,
  fakeSend,
  framesOf,
  primary,
  type Said,
  streamOf,
  wordsOf,
} from '../support/relay.ts';

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

type Break = 'clean end' | 'broken connection' | 'error event';
const OTHER_CLIENT = 'anthropic-sdk-python/1.0';
const SESSION = { 'x-claude-code-session-id': 'session-1' };

/** The whole events of `sent`, and how many of its bytes they are. */
function delivered(events: readonly string[], sent: string, how: Break): string[] {
  const whole: string[] = [];
  let rest = sent;
  for (const event of events) {
    // The end of a body completes an event that lacks its blank line only.
    const complete =
      rest.startsWith(event) || (how === 'clean end' && rest !== '' && rest.trim() === event.trim());
    if (!complete) break;
    whole.push(event);
    rest = rest.slice(event.length);
  }
  return whole;
}

interface Position {
  hasContent: boolean;
  finished: string[];
  open: { type: string; deltas: number } | null;
  ending: boolean;
  over: boolean;
}

const positions = new Map<string, Position>();

function positionAfter(events: readonly string[]): Position {
  const key = events.join('');
  const known = positions.get(key) ?? readPosition(events);
  positions.set(key, known);
  return known;
}

function readPosition(events: readonly string[]): Position {
  const position: Position = { hasContent: false, finished: [], open: null, ending: false, over: false };
  for (const { event } of framesOf(Buffer.from(events.join('')))) {
    if (event.type === 'content_block_start') {
      position.open = { type: event.content_block.type, deltas: 0 };
      position.hasContent ||= event.content_block.type === 'tool_use';
    } else if (event.type === 'content_block_delta') {
      if (position.open !== null) position.open.deltas += 1;
      position.hasContent = true;
    } else if (event.type === 'content_block_stop') {
      position.finished.push(position.open?.type ?? '');
      position.open = null;
    } else if (event.type === 'message_delta') position.ending = true;
    else if (event.type === 'message_stop') position.over = true;
  }
  return position;
}

async function cut(events: readonly string[], sent: string, how: Break, agent: string) {
  const whole = delivered(events, sent, how);
  const rest = sent.slice(Math.min(sent.length, whole.join('').length));
  // In as few pieces as keep the first content apart from what follows it.
  const first = whole.findIndex((event) => /content_block_delta|"tool_use"/.test(event)) + 1;
  const parts = [whole.slice(0, first), whole.slice(first, -1), whole.slice(first).slice(-1), [rest]];
  const chunks = parts.map((part) => part.join('')).filter((part) => part !== '');
  if (chunks.join('').length > sent.length)
    chunks[chunks.length - 1] = sent.slice(chunks.slice(0, -1).join('').length);
  let turn = 0;
  const send = fakeSend({
    anthropic: () => {
      turn += 1;
      if (turn > 1) return streamOf(eventsOf(text('from the primary again')));
      if (how === 'error event') {
        return streamOf([
          ...chunks,
          'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n',
        ]);
      }
      return how === 'clean end' ? streamOf(chunks) : brokenAfter(chunks);
    },
    backup: () => streamOf(eventsOf(text('from the backup'), 'up2')),
  });
  const bench = benchOf([primary(), backup()], { send });
  const said = await ask(bench, { headers: { 'user-agent': agent, ...SESSION } });
  const came = sent.startsWith(whole.join('')) ? whole : whole.slice(0, -1);
  return { said, whole, came, bench, send };
}

function brokenAfter(chunks: readonly string[]): Response {
  const waiting = chunks.map((chunk) => new TextEncoder().encode(chunk));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = waiting.shift();
      if (chunk !== undefined) return controller.enqueue(chunk);
      controller.error(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

const MAX_TOKENS =
  /^event: message_delta\ndata: \{"type":"message_delta","delta":\{"stop_reason":"max_tokens","stop_sequence":null\},"usage":\{"output_tokens":[1-9]\d*\}\}\n\nevent: message_stop\ndata: \{"type":"message_stop"\}\n\n$/;
const ERROR =
  /^event: error\ndata: \{"type":"error","error":\{"type":"api_error","message":"ccproxy: anthropic broke off: [^"]+"\}\}\n\n$/;
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

/** What follows the events that came, in the position where they ended. */
function expectEnding(said: Said, whole: readonly string[], agent: string): void {
  const sent = whole.join('');
  expect(said.text).toStartWith(sent);
  const tail = said.text.slice(sent.length);
  const { finished, open, ending, over } = positionAfter(whole);
  if (over || ending) {
    expect([tail, said.reset]).toEqual([over ? '' : STOP, false]);
    return;
  }
  expect(said.text).not.toContain('end_turn');
  expect(said.text).not.toContain('"stop_reason":"tool_use"');
  if (agent !== CLAUDE_CODE || finished.length === 0) {
    expect(tail).toMatch(ERROR);
    expect(said.reset).toBe(false);
  } else if (finished.includes('tool_use') || finished.every((type) => type === 'thinking')) {
    expect([tail, said.reset]).toEqual(['', true]);
  } else {
    const closed = `event: content_block_stop\ndata: {"type":"content_block_stop","index":${finished.length}}\n\n`;
    const closes = open?.type === 'text' && open.deltas > 0;
    expect(tail.startsWith(closed)).toBe(closes);
    expect(closes ? tail.slice(closed.length) : tail).toMatch(MAX_TOKENS);
    expect(said.reset).toBe(false);
  }
}

const WAYS = ANSWERS.flatMap(([name, said]) =>
  [CLAUDE_CODE, OTHER_CLIENT].flatMap((agent) =>
    (['clean end', 'broken connection', 'error event'] as const).map(
      (how) => [name, how, agent, said] as const,
    ),
  ),
);

describe('a stream that ends at any event', () => {
  test.each(WAYS)('%s, %s, for %s', async (_, how, agent, said) => {
    const events = eventsOf(said);
    for (let count = 0; count < events.length; count += 1) {
      await expectCut(await cut(events, events.slice(0, count).join(''), how, agent), agent);
    }
  });
});

describe('a stream that ends at any byte', () => {
  test.each(WAYS.filter(([, how, agent]) => how !== 'error event' && agent === CLAUDE_CODE))(
    '%s, %s, for %s',
    async (name, how, agent, said) => {
      const events = eventsOf(said);
      const all = events.join('');
      // Before the first content every place is like the next: one answer is enough for those.
      const from = name === 'text' ? 0 : all.search(/event: content_block_(delta|start\ndata: .*"tool_use")/);
      let before = -1;
      for (let count = from; count < all.length; count += 1) {
        const result = await cut(events, all.slice(0, count), how, agent);
        expectAnswer(result, agent);
        if (result.whole.length > before) await expectCut(result, agent);
        before = result.whole.length;
      }
    },
  );
});

type Result = Awaited<ReturnType<typeof cut>>;

/** Whether the answer was cut after its first content; checks what its client got. */
function expectAnswer({ said, whole, came }: Result, agent: string): boolean {
  // An event that only the body's end completes comes together with the failure: nothing has gone out before it.
  if (!positionAfter(came).hasContent) {
    expect(wordsOf(said)).toBe('from the backup');
    expect(said.headers.get('x-ccproxy-attempts')).toBe('2');
    return false;
  }
  expectEnding(said, whole, agent);
  expect(said.headers.get('x-ccproxy-attempts')).toBe('1');
  return !positionAfter(whole).over;
}

async function expectCut(result: Result, agent: string): Promise<void> {
  if (!expectAnswer(result, agent)) return;
  const { said, bench, send } = result;
  if (agent !== CLAUDE_CODE) await expectSdkTakes(said);
  expect(bench.events.requests).toMatchObject([{ upstream: 'anthropic', outcome: 'failed' }]);
  const again = await ask(bench, { headers: SESSION });
  expect(wordsOf(again)).toBe('from the backup');
  expect(send.sent.map(({ upstream }) => upstream)).toEqual(['anthropic', 'backup']);
}

/** The official SDK takes what came, and either a whole answer or our error. */
async function expectSdkTakes(said: Said): Promise<void> {
  const events = said.frames.filter(({ name }) => name !== 'error');
  assertPrefix(events);
  const client = new Anthropic({
    apiKey: 'none',
    maxRetries: 0,
    fetch: async () => new Response(said.text, { headers: { 'content-type': 'text/event-stream' } }),
  });
  const stream = client.messages.stream({
    model: 'any',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'any' }],
  });
  const seen: string[] = [];
  stream.on('streamEvent', ({ type }) => seen.push(type));
  const outcome = await stream.finalMessage().catch(String);
  if (events.length < said.frames.length) expect(outcome).toContain('ccproxy: anthropic broke off');
  else expect(outcome).toHaveProperty('stop_reason');
  expect(seen).toEqual(events.map(({ name }) => name).filter((name) => name !== 'ping'));
}

test('the same cut in one piece with all before it is a failure before content: the backup answers', async () => {
  const events = eventsOf(text('One sentence.'));
  const send = fakeSend({
    anthropic: () => streamOf([`${events.slice(0, 5).join('')}event: error\ndata: {"type":"error"}\n\n`]),
    backup: () => streamOf(eventsOf(text('from the backup'))),
  });
  const said = await ask(benchOf([primary(), backup()], { send }));
  expect(wordsOf(said)).toBe('from the backup');
});

test('what came in the same piece as the failure reaches the client before the ending', async () => {
  const events = eventsOf(calls([['Read', { a: 1 }]], 'I will read that.'));
  const broken = 'event: error\ndata: {"type":"error","error":{"type":"api_error"}}\n\n';
  const stop = events.findIndex((event) => event.includes('content_block_stop'));
  const send = fakeSend({
    anthropic: () => streamOf([...events.slice(0, 4), events.slice(4, stop + 1).join('') + broken]),
  });
  const said = await ask(benchOf([primary()], { send }));
  expectEnding(said, events.slice(0, stop + 1), CLAUDE_CODE);
});

test('what follows the end of an answer does not spoil it', async () => {
  const whole = eventsOf().join('');
  const send = fakeSend({ anthropic: () => streamOf([`${whole}event: error\ndata: {"type":"error"}\n\n`]) });
  const said = await ask(benchOf([primary()], { send }));
  expect([said.text, said.reset]).toEqual([whole, false]);
});

test('an upstream that died mid-stream is last for the session and for others, until it has answered', async () => {
  let broken = true;
  const events = eventsOf(text('One sentence, and another.'));
  const send = fakeSend({
    anthropic: () => streamOf(broken ? events.slice(0, 5) : eventsOf(text('well again'))),
    backup: () => (broken ? streamOf(eventsOf(text('from the backup'))) : new Response('', { status: 500 })),
  });
  const bench = benchOf([primary(), backup()], { send });
  await ask(bench, { headers: SESSION });
  expect(wordsOf(await ask(bench, { headers: { 'x-claude-code-session-id': 'another' } }))).toBe(
    'from the backup',
  );
  broken = false;
  expect(wordsOf(await ask(bench, { headers: SESSION }))).toBe('well again');
  expect(wordsOf(await ask(bench, { headers: SESSION }))).toBe('well again');
  expect(send.sent.map(({ upstream }) => upstream)).toEqual([
    'anthropic',
    'backup',
    'backup',
    'anthropic',
    'anthropic',
  ]);
});

test('suspicion lasts a minute: then the upstream is asked in its turn, or nobody would know that it is well', async () => {
  let broken = true;
  const events = eventsOf(text('One sentence, and another.'));
  const send = fakeSend({
    anthropic: () => streamOf(broken ? events.slice(0, 5) : eventsOf(text('well again'))),
    backup: () => streamOf(eventsOf(text('from the backup'))),
  });
  const clock = manualClock();
  const bench = benchOf([primary(), backup()], { send, clock });
  await ask(bench);
  broken = false;
  await clock.advance(59_999);
  expect(wordsOf(await ask(bench))).toBe('from the backup');
  await clock.advance(1);
  expect(wordsOf(await ask(bench))).toBe('well again');
});

test('thinking alone, shown as it came, resets the connection: the client asks again', async () => {
  const events = eventsOf(answer([SIGNED]));
  const send = fakeSend({ anthropic: () => streamOf(events) });
  const said = await ask(benchOf([primary()], { send }));
  expect(said.reset).toBe(true);
  expect(said.text).not.toContain('message_delta');
});
