import { expect } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import type { Frame } from '../../src/core/frame.ts';
import {
  type Answer,
  answer,
  calls,
  hiddenThinkingThenText,
  searchThenText,
  text,
  thinkingThenText,
} from '../../src/drill/answers.ts';
import { assertPrefix } from '../../src/drill/grammar.ts';
import { CLAUDE_CODE, framesOf, type Said, streamOf } from './relay.ts';

/** Answers that break off, and what a client is to have of them: for every test that cuts. */

export const OTHER_CLIENT = 'anthropic-sdk-python/1.0';

const SIGNED = { type: 'thinking', thinking: 'let me see, what is there', signature: 'c2lnbmVk' } as const;
const HIDDEN = { type: 'thinking', thinking: '', signature: 'c2lnbmVk' } as const;
const REDACTED = { type: 'redacted_thinking', data: 'cmVkYWN0ZWQ=' } as const;
const READ = { type: 'tool_use', name: 'Read', input: { file_path: '/tmp/a.txt' } } as const;

/** One of every kind of block, in every order that models are known for. */
export const ANSWERS: [name: string, answer: Answer][] = [
  ['text', text('One sentence, and a second one.')],
  [
    'two texts',
    answer([
      { type: 'text', text: 'One block.' },
      { type: 'text', text: 'Another block.' },
    ]),
  ],
  ['thinking, then text', thinkingThenText('let me see, what is there', 'This is there.')],
  ['hidden thinking, then text', hiddenThinkingThenText('This is there, though.')],
  ['redacted thinking, then text', answer([REDACTED, { type: 'text', text: 'This is there.' }])],
  ['hidden and redacted thinking, then a tool call', answer([HIDDEN, REDACTED, READ])],
  ['one tool call', calls([['Read', { file_path: '/tmp/a.txt' }]])],
  [
    'parallel tool calls',
    calls([
      ['Read', { file_path: '/a' }],
      ['Grep', { pattern: 'b', path: '/c' }],
    ]),
  ],
  ['text, then a tool call', calls([['Read', { file_path: '/tmp/a.txt' }]], 'I will read that file.')],
  ['a tool call, then text', answer([READ, { type: 'text', text: 'And now we wait.' }])],
  [
    'thinking, text, then a tool call',
    answer([
      SIGNED,
      { type: 'text', text: 'I will read it.' },
      { type: 'tool_use', name: 'Read', input: { a: 1 } },
    ]),
  ],
  ['thinking between tool calls', answer([SIGNED, READ, SIGNED, READ])],
  ['text, then thinking', answer([{ type: 'text', text: 'One thing first.' }, SIGNED, READ])],
  ['a search, then text', searchThenText('otters', 'They hold hands, it says.')],
  [
    'text between searches',
    answer([
      SIGNED,
      ...searchThenText('otters', 'They hold hands.').blocks,
      ...searchThenText('hands', 'They have five fingers.').blocks,
    ]),
  ],
];

/** How a body may end before its answer does. */
export type Break = 'clean end' | 'broken connection' | 'error event';

/** An upstream's body of these chunks that ends as `how` says. */
export function brokenOff(chunks: readonly string[], how: Break): Response {
  if (how === 'clean end') return streamOf(chunks);
  if (how === 'error event') {
    const event = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n';
    return streamOf([...chunks, event]);
  }
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

/** The whole events of `sent`, and how many of its bytes they are. */
export function delivered(events: readonly string[], sent: string, how: Break): string[] {
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

/** `sent` in as few pieces as keep the first content, and the last event, apart from what is around them. */
export function piecesOf(whole: readonly string[], sent: string): string[] {
  const first = whole.findIndex((_, at) => positionAfter(whole.slice(0, at + 1)).hasContent) + 1;
  const parts = [whole.slice(0, first), whole.slice(first, -1), whole.slice(first).slice(-1)];
  const rest = sent.slice(Math.min(sent.length, whole.join('').length));
  const chunks = [...parts.map((part) => part.join('')), rest].filter((part) => part !== '');
  if (chunks.join('').length > sent.length) {
    chunks[chunks.length - 1] = sent.slice(chunks.slice(0, -1).join('').length);
  }
  return chunks;
}

/** Where an answer stands after some of its events. */
interface Position {
  hasContent: boolean;
  finished: string[];
  /** `said`: something that would be left of it. */
  open: { type: string; said: boolean } | null;
  /** Nothing lacks but the last event: the reason to end was given, and no block is open but a call that a limit cut off. */
  ending: boolean;
  over: boolean;
}

const positions = new Map<string, Position>();

export function positionAfter(events: readonly string[]): Position {
  const key = events.join('');
  const known = positions.get(key) ?? readPosition(events);
  positions.set(key, known);
  return known;
}

function readPosition(events: readonly string[]): Position {
  const position: Position = { hasContent: false, finished: [], open: null, ending: false, over: false };
  for (const { event } of framesOf(Buffer.from(events.join('')))) {
    if (event.type === 'content_block_start') {
      const { type } = event.content_block;
      position.open = { type, said: false };
      position.hasContent ||= type !== 'text' && type !== 'thinking';
    } else if (event.type === 'content_block_delta') {
      const { delta } = event;
      const says =
        (delta.type === 'text_delta' && delta.text !== '') ||
        (delta.type === 'thinking_delta' && delta.thinking !== '');
      if (position.open !== null) position.open.said ||= says;
      position.hasContent ||= says;
    } else if (event.type === 'content_block_stop') {
      position.finished.push(position.open?.type ?? '');
      position.open = null;
    } else if (event.type === 'message_delta')
      position.ending = position.open === null || event.delta.stop_reason === 'max_tokens';
    else if (event.type === 'message_stop') position.over = true;
  }
  return position;
}

const MAX_TOKENS =
  /^event: message_delta\ndata: \{"type":"message_delta","delta":\{"stop_reason":"max_tokens","stop_sequence":null\},"usage":\{"output_tokens":[1-9]\d*\}\}\n\nevent: message_stop\ndata: \{"type":"message_stop"\}\n\n$/;
const ERROR =
  /^event: error\ndata: \{"type":"error","error":\{"type":"api_error","message":"ccproxy: anthropic broke off: [^"]+"\}\}\n\n$/;
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

/** What follows the events that came, in the position where they ended. */
export function expectEnding(
  said: Pick<Said, 'text' | 'reset'>,
  whole: readonly string[],
  agent: string,
): void {
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
  const seen = open === null ? finished : [...finished, open.type];
  if (agent !== CLAUDE_CODE || finished.length === 0) {
    expect(tail).toMatch(ERROR);
    expect(said.reset).toBe(false);
  } else if (seen.every((type) => type.endsWith('thinking'))) {
    expect([tail, said.reset]).toEqual(['', true]);
  } else {
    const closed = `event: content_block_stop\ndata: {"type":"content_block_stop","index":${finished.length}}\n\n`;
    const goesOnFromText =
      finished.some((type) => !type.endsWith('thinking')) && !finished.includes('tool_use');
    const closes = open?.type === 'text' && open.said && goesOnFromText;
    expect(tail.startsWith(closed)).toBe(closes);
    expect(closes ? tail.slice(closed.length) : tail).toMatch(MAX_TOKENS);
    expect(said.reset).toBe(false);
  }
}

const taken = new Map<string, { seen: string[]; outcome: unknown }>();

/** What the official SDK makes of a stream: the events that it saw, and the message or the error. */
export async function sdkTakes(stream: string): Promise<{ seen: string[]; outcome: unknown }> {
  const known = taken.get(stream);
  if (known !== undefined) return known;
  const client = new Anthropic({
    apiKey: 'none',
    maxRetries: 0,
    fetch: async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
  });
  const reading = client.messages.stream({
    model: 'any',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'any' }],
  });
  const seen: string[] = [];
  reading.on('streamEvent', ({ type }) => seen.push(type));
  const outcome: unknown = await reading.finalMessage().catch(String);
  taken.set(stream, { seen, outcome });
  return { seen, outcome };
}

/** Without the end that Anthropic gives a call that its limit cut off: that one is never stopped. */
function withoutLimitedEnd(events: readonly Frame[]): readonly Frame[] {
  const at = events.findIndex(({ name }) => name === 'message_delta');
  const before = events.slice(0, at).findLast(({ name }) => name !== 'ping');
  const end = events[at]?.event;
  const isLimited = end?.type === 'message_delta' && end.delta.stop_reason === 'max_tokens';
  const isCut =
    before?.event.type === 'content_block_delta' && before.event.delta.type === 'input_json_delta';
  return isLimited && isCut ? events.slice(0, at) : events;
}

/**
 * The official SDK takes every event that came, and either our error or the very message that the whole stream is: there
 * is no third way.
 */
export async function expectSdkTakes(said: Pick<Said, 'text' | 'frames'>, whole: string): Promise<void> {
  const events = said.frames.filter(({ name }) => name !== 'error');
  assertPrefix(withoutLimitedEnd(events));
  const { seen, outcome } = await sdkTakes(said.text);
  if (events.length < said.frames.length) expect(outcome).toContain('ccproxy: anthropic broke off');
  else expect(outcome).toEqual((await sdkTakes(whole)).outcome);
  expect(seen).toEqual(events.map(({ name }) => name).filter((name) => name !== 'ping'));
}

const SIGNS =
  /event: ping\ndata: \{"type":"ping"\}\n\n|event: content_block_delta\ndata: \{"type":"content_block_delta","index":\d+,"delta":\{"type":"\w+","(text|thinking|partial_json)":""\}\}\n\n|event: message_delta\ndata: \{"type":"message_delta","delta":\{"stop_reason":null,"stop_sequence":null\},"usage":\{"output_tokens":[1-9]\d*\}\}\n\n/g;

/** A stream without what says nothing: pings, empty deltas, and a `message_delta` without a reason. */
export function withoutSigns(stream: string): string {
  return stream.replace(SIGNS, '');
}
