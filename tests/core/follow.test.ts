/** An answer followed event by event, and how one that was cut is ended. */
import { describe, expect, test } from 'bun:test';
import { follow, isEmptyAnswer, isEmptyMessage } from '../../src/core/follow.ts';
import { type Frame, frameOf, rawFrame } from '../../src/core/frame.ts';
import type { Message, StreamEvent } from '../../src/core/messages.ts';
import { endCut } from '../../src/core/splice.ts';
import { answer, calls, searchThenText, text, thinkingThenText } from '../../src/drill/answers.ts';
import { eventsOf, framesOf } from '../support/relay.ts';

function followed(frames: readonly Frame[]) {
  const follower = follow();
  for (const frame of frames) follower.see(frame);
  return follower;
}

const framesFor = (...args: Parameters<typeof eventsOf>) => framesOf(Buffer.from(eventsOf(...args).join('')));
const raw = (name: string, data: string) => rawFrame(name, new Uint8Array(), () => data);
const start = (block: object, index = 0) =>
  raw('content_block_start', JSON.stringify({ type: 'content_block_start', index, content_block: block }));
const delta = (value: object) => raw('content_block_delta', JSON.stringify({ index: 0, delta: value }));

describe('content', () => {
  test.each<[string, Frame[], boolean, boolean]>([
    ['an open text is none', [start({ type: 'text', text: '' })], false, false],
    ['an empty text is none', [delta({ type: 'text_delta', text: '' })], false, false],
    ['a word is some', [delta({ type: 'text_delta', text: 'a' })], true, true],
    ['open thinking is none', [start({ type: 'thinking', thinking: '' })], false, false],
    ['empty thinking is none', [delta({ type: 'thinking_delta', thinking: '' })], false, false],
    ['a thought is some, but no substance', [delta({ type: 'thinking_delta', thinking: 'a' })], true, false],
    ['a signature is none', [delta({ type: 'signature_delta', signature: 'a' })], false, false],
    [
      'redacted thinking is some, but no substance',
      [start({ type: 'redacted_thinking', data: 'a' })],
      true,
      false,
    ],
    ['a tool call is some', [start({ type: 'tool_use', id: 'a', name: 'b', input: {} })], true, true],
    ['a server tool is some', [start({ type: 'server_tool_use', id: 'a', name: 'b' })], true, true],
    ['what comes next year is some', [start({ type: 'next_year' })], true, true],
    ['a ping is none', [raw('ping', '')], false, false],
    ['an unknown event is none, and is not read', [raw('next_year', 'not JSON')], false, false],
  ])('%s', (_, frames, hasContent, hasSubstance) => {
    const follower = followed(frames);
    expect([follower.hasContent, follower.hasSubstance]).toEqual([hasContent, hasSubstance]);
  });
});

describe('what stands where in a whole answer', () => {
  test.each([
    ['text', text('a'), ['text']],
    ['thinking and text', thinkingThenText('a', 'b'), ['thinking', 'text']],
    [
      'text and two calls',
      calls(
        [
          ['A', {}],
          ['B', {}],
        ],
        'c',
      ),
      ['text', 'tool_use', 'tool_use'],
    ],
  ])('%s', (_, said, finished) => {
    const follower = followed(framesFor(said));
    expect(follower).toMatchObject({ started: true, open: null, finished, over: true });
    expect(follower.stopReason).toBe(finished.includes('tool_use') ? 'tool_use' : 'end_turn');
  });
});

describe('what is not an event of an answer is refused', () => {
  test.each([
    ['message_start', '{"type":"message_start"}'],
    ['message_start', 'null'],
    ['message_start', '{'],
    ['content_block_start', '{"index":0}'],
    ['content_block_delta', '{"index":0}'],
    ['content_block_delta', '{"index":0,"delta":'],
    ['message_delta', '{}'],
    ['message_delta', '{"delta":null}'],
    ['message_delta', '[]'],
  ])('%s %s', (name, data) => {
    expect(() => follow().see(raw(name, data))).toThrow();
  });

  test('but a delta after the first words is not even read', () => {
    const follower = followed([start({ type: 'text', text: '' }), delta({ type: 'text_delta', text: 'a' })]);
    expect(() => follower.see(raw('content_block_delta', '{'))).not.toThrow();
    expect(follower.deltas).toBe(2);
  });
});

describe('an answer without substance', () => {
  test.each<[string | null | undefined, boolean]>([
    ['end_turn', true],
    ['tool_use', true],
    ['stop_sequence', true],
    [null, true],
    [undefined, true],
    ['max_tokens', false],
    ['refusal', false],
    ['pause_turn', false],
    ['model_context_window_exceeded', false],
  ])('that ended with %p is empty: %p', (reason, expected) => {
    expect(isEmptyAnswer(reason, false)).toBe(expected);
    expect(isEmptyAnswer(reason, true)).toBe(false);
  });

  test.each<[string, unknown, boolean]>([
    ['no content', {}, true],
    ['an empty list', { content: [] }, true],
    ['content that is no list', { content: 'words' }, true],
    ['an empty text', { content: [{ type: 'text', text: '' }] }, true],
    [
      'thinking',
      {
        content: [
          { type: 'thinking', thinking: 'a' },
          { type: 'redacted_thinking', data: 'b' },
        ],
      },
      true,
    ],
    [
      'thinking that ran out of tokens',
      { content: [{ type: 'thinking' }], stop_reason: 'max_tokens' },
      false,
    ],
    ['words', { content: [{ type: 'text', text: 'a' }] }, false],
    ['a call', { content: [{ type: 'tool_use' }] }, false],
  ])('as a whole: %s', (_, message, expected) => {
    expect(isEmptyMessage(message as Partial<Message>)).toBe(expected);
  });
});

describe('a second message_start is a new beginning', () => {
  const events = framesFor(text('a')).filter(({ name }) => name !== 'ping');
  const [begin] = events;
  if (begin === undefined) throw new Error('no events');

  test.each([
    ['at once', 1, []],
    ['inside a block', 3, []],
    ['after a block', 4, ['text']],
    ['after the stop reason', 5, ['text']],
  ])('%s: nothing is open, what is finished stays', (_, seen, finished) => {
    const follower = followed([...events.slice(0, seen), begin]);
    expect(follower).toMatchObject({ started: true, open: null, finished, over: false });
    expect(follower.stopReason).toBeUndefined();
    expect(follower.hasContent).toBe(seen >= 3);
    for (const frame of events.slice(1)) follower.see(frame);
    expect(follower).toMatchObject({ open: null, finished: [...finished, 'text'], over: true });
    expect(follower.stopReason).toBe('end_turn');
  });
});

describe('the end of a cut answer', () => {
  const names = (frames: readonly Frame[]) => frames.map(({ event }) => endName(event));
  const endName = (event: StreamEvent) =>
    event.type === 'message_delta' ? `${event.type} ${event.delta.stop_reason}` : event.type;
  const thought = { type: 'thinking', thinking: 'a', signature: 's' } as const;
  const words = { type: 'text', text: 'b' } as const;
  const redacted = { type: 'redacted_thinking', data: 'd' } as const;
  const tool = { type: 'tool_use', name: 'C', input: {} } as const;
  const search = searchThenText('e', 'f').blocks;
  const opened = (said: Parameters<typeof answer>[0], events: number) =>
    followed(
      framesFor(answer(said))
        .filter(({ name }) => name !== 'ping')
        .slice(0, events),
    );
  const end = (reason: string | null) =>
    raw(
      'message_delta',
      JSON.stringify({ type: 'message_delta', delta: { stop_reason: reason }, usage: {} }),
    );
  const ended = (said: Parameters<typeof answer>[0], events: number, reason: string | null) => {
    const follower = opened(said, events);
    follower.see(end(reason));
    return follower;
  };
  const again = ended([words], 5, null);
  const RESUME = ['message_delta max_tokens', 'message_stop'];

  test.each<[string, ReturnType<typeof followed>, string[], boolean, string[]]>([
    ['nothing', opened([words], 1), ['error'], false, ['error']],
    ['open text', opened([words], 3), ['error'], false, ['error']],
    ['open thinking', opened([thought], 3), ['error'], false, ['error']],
    ['an open call', opened([tool], 3), ['error'], false, ['error']],
    ['thinking', opened([thought], 5), [], true, ['error']],
    ['thinking, open thinking', opened([thought, thought], 7), [], true, ['error']],
    ['redacted thinking', opened([redacted, words], 3), [], true, ['error']],
    ['thinking, open text', opened([thought, words], 7), RESUME, false, ['error']],
    [
      'thinking, text, open text',
      opened([thought, words, words], 10),
      ['content_block_stop', ...RESUME],
      false,
      ['error'],
    ],
    ['thinking, open text without words', opened([thought, words], 6), RESUME, false, ['error']],
    ['thinking, open call', opened([thought, tool], 7), RESUME, false, ['error']],
    ['hidden thinking, open call', opened([{ ...thought, thinking: '' }, tool], 6), RESUME, false, ['error']],
    ['a search', opened(search, 6), RESUME, false, ['error']],
    ['a search, its open result', opened(search, 7), RESUME, false, ['error']],
    ['a search, open text with a source alone', opened(search, 10), RESUME, false, ['error']],
    ['a search, open text', opened(search, 11), ['content_block_stop', ...RESUME], false, ['error']],
    ['text', opened([words], 4), RESUME, false, ['error']],
    ['text, open text', opened([words, words], 6), ['content_block_stop', ...RESUME], false, ['error']],
    ['text, open text without words', opened([words, words], 5), RESUME, false, ['error']],
    ['text, open call', opened([words, tool], 6), RESUME, false, ['error']],
    ['thinking, text, open thinking', opened([thought, words, thought], 9), RESUME, false, ['error']],
    ['a call', opened([tool, words], 5), RESUME, false, ['error']],
    ['a call, open text', opened([tool, words], 7), RESUME, false, ['error']],
    ['a call, open thinking', opened([tool, thought], 7), RESUME, false, ['error']],
    ['text, a call, an open call', opened([words, tool, tool], 9), RESUME, false, ['error']],
    ['all but the last event', opened([words], 5), ['message_stop'], false, ['message_stop']],
    ['text and an end without a reason', ended([words], 4, null), RESUME, false, ['error']],
    ['a call and an end without a reason', ended([tool], 5, null), RESUME, false, ['error']],
    ['an open call and an end', ended([tool], 3, 'tool_use'), ['error'], false, ['error']],
    ['text, an open call and an end', ended([words, tool], 6, 'tool_use'), RESUME, false, ['error']],
    ['text, an end and another without a reason', again, ['message_stop'], false, ['message_stop']],
  ])('after %s', (_, follower, resumed, reset, stopped) => {
    const resume = endCut(follower, 'resume', 'it broke off');
    expect([names(resume.frames), resume.reset]).toEqual([resumed, reset]);
    const stop = endCut(follower, 'stop', 'it broke off');
    expect([names(stop.frames), stop.reset]).toEqual([stopped, false]);
  });

  test('counts at least as many tokens as there were deltas', () => {
    const follower = followed(
      framesFor(answer([{ type: 'text', text: 'x'.repeat(120) }, words])).slice(0, -3),
    );
    const [, end] = endCut(follower, 'resume', '').frames;
    expect(end?.event ?? null).toMatchObject({ usage: { output_tokens: follower.deltas } });
  });

  test('an error never says overloaded, and has no message of its own at the top', () => {
    const [error] = endCut(follow(), 'stop', 'it broke off').frames;
    expect(error?.event as unknown).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'it broke off' },
    });
  });

  test('frames made here have the bytes of their events', () => {
    const frame = frameOf({ type: 'message_stop' });
    expect(new TextDecoder().decode(frame.bytes)).toBe(
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    );
  });
});
