import { describe, expect, test } from 'bun:test';
import { collect } from '../../src/core/collect.ts';
import { type Frame, frameOf } from '../../src/core/frame.ts';
import { run as runAnthropic, sseOf as sseOfAnthropic } from '../support/anthropic.ts';
import { pieces, type Run, run as runChat, sseOf, targetOf } from '../support/openai-chat.ts';
import { workOf } from '../support/work.ts';

type Runner = (chunks: Iterable<Uint8Array>) => Run;
const chat: Runner = (chunks) => runChat(chunks, targetOf({ quirks: { thinkTags: true } }));

const chunk = (delta: object, more: object = {}) => ({ choices: [{ index: 0, delta, ...more }] });
const FINISH = chunk({}, { finish_reason: 'stop' });
const call = (index: number, args: string, more: object = {}) =>
  chunk({ tool_calls: [{ index, function: { arguments: args, ...more } }] });
const begun = (index: number) => call(index, '{"text":"', { name: 'Write' });

const START = { type: 'message_start', message: { usage: { input_tokens: 5 } } };
const block = (index: number, content_block: object) => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, value: object) => ({ type: 'content_block_delta', index, delta: value });
const text = (value: string) => delta(0, { type: 'text_delta', text: value });
const input = (index: number, json: string) => delta(index, { type: 'input_json_delta', partial_json: json });
const tool = (index: number) =>
  block(index, { type: 'tool_use', id: `toolu_0${index}aaaaaaa1`, name: 'Write' });
const END = [{ type: 'message_delta', delta: { stop_reason: 'end_turn' } }, { type: 'message_stop' }];

const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const LONG = 'x'.repeat(64);

/** Answers that can be of any size, in pieces of so many bytes. */
const ANSWERS: [name: string, runner: Runner, pieceBytes: number, stream: (size: number) => string][] = [
  ['many words', chat, 4096, (size) => sseOf([...times(size, () => chunk({ content: 'word ' })), FINISH])],
  ['one long line', chat, 1 << 24, (size) => sseOf([chunk({ content: LONG.repeat(size) }), FINISH])],
  [
    'one long line in small pieces',
    chat,
    100,
    (size) => sseOf([chunk({ content: LONG.repeat(size) }), FINISH]),
  ],
  [
    'one long call',
    chat,
    100,
    (size) => sseOf([call(0, `{"text":"${LONG.repeat(size)}"}`, { name: 'Write' }), FINISH]),
  ],
  [
    'many thoughts',
    chat,
    4096,
    (size) => sseOf([...times(size, () => chunk({ reasoning: 'so ' })), chunk({ content: 'x' }), FINISH]),
  ],
  [
    'many thoughts in tags',
    chat,
    4096,
    (size) =>
      sseOf([
        ...['<think>', ...times(size, () => 'so <'), '</think>x'].map((content) => chunk({ content })),
        FINISH,
      ]),
  ],
  [
    'much white space in front',
    chat,
    4096,
    (size) => sseOf([...times(size, () => chunk({ content: ' \n' })), chunk({ content: 'x' }), FINISH]),
  ],
  [
    'one call in many pieces',
    chat,
    4096,
    (size) => sseOf([begun(0), ...times(size, () => call(0, LONG)), call(0, '"}'), FINISH]),
  ],
  [
    'one call in many pieces that begins as no object',
    chat,
    4096,
    (size) =>
      sseOf([
        call(0, `"${LONG.repeat(size)}`, { name: 'Write' }),
        ...times(size, () => call(0, 'x')),
        FINISH,
      ]),
  ],
  [
    'two calls in turn',
    chat,
    4096,
    (size) =>
      sseOf([
        begun(0),
        begun(1),
        ...times(size, (at) => call(at % 2, LONG)),
        call(0, '"}'),
        call(1, '"}'),
        FINISH,
      ]),
  ],
  [
    'many calls',
    chat,
    4096,
    (size) => sseOf([...times(size, (at) => call(at, '{"text":"x"}', { name: 'Write' })), FINISH]),
  ],
  [
    'many words while a call is sent',
    chat,
    4096,
    (size) =>
      sseOf([
        begun(0),
        call(0, LONG.repeat(80)),
        ...times(size, () => chunk({ content: 'w' })),
        call(0, '"}'),
        FINISH,
      ]),
  ],
  [
    'many comments',
    chat,
    100,
    (size) => `${': still here\n\n'.repeat(size)}${sseOf([chunk({ content: 'x' }), FINISH])}`,
  ],
  [
    'many lines of data',
    chat,
    4096,
    (size) =>
      `data: {"choices":[{"delta":{"content":"x"}}\n${'data: \n'.repeat(size)}data: ]}\n\n${sseOf([FINISH])}`,
  ],
  [
    'many words',
    runAnthropic,
    4096,
    (size) => sseOfAnthropic([START, ...times(size, () => text('word ')), ...END]),
  ],
  [
    'one long line in small pieces',
    runAnthropic,
    100,
    (size) => sseOfAnthropic([START, text(LONG.repeat(size)), ...END]),
  ],
  [
    'many thoughts',
    runAnthropic,
    4096,
    (size) =>
      sseOfAnthropic([
        START,
        block(0, { type: 'thinking', thinking: '' }),
        ...times(size, () => delta(0, { type: 'thinking_delta', thinking: 'so ' })),
        text('x'),
        ...END,
      ]),
  ],
  [
    'one call in many pieces',
    runAnthropic,
    4096,
    (size) =>
      sseOfAnthropic([
        START,
        tool(0),
        input(0, '{"text":"'),
        ...times(size, () => input(0, LONG)),
        input(0, '"}'),
        ...END,
      ]),
  ],
  [
    'two calls in turn',
    runAnthropic,
    4096,
    (size) =>
      sseOfAnthropic([
        START,
        tool(0),
        tool(1),
        input(0, '{"text":"'),
        input(1, '{"text":"'),
        ...times(size, (at) => input(at % 2, LONG)),
        input(0, '"}'),
        input(1, '"}'),
        ...END,
      ]),
  ],
];

describe.each(ANSWERS)('an answer of %s', (_name, runner, pieceBytes, stream) => {
  test('is eight times the work where it is eight times as long', () => {
    const [once, eightTimes] = [200, 1600].map((size) => {
      const chunks = [...pieces(stream(size), pieceBytes)];
      return workOf(() => {
        const { frames } = runner(chunks);
        for (const frame of frames) void frame.bytes;
      });
    });
    expect(once).toBeGreaterThan(200);
    expect(eightTimes).toBeLessThan(9 * (once ?? 0));
  });
});

test('a whole answer is put together in eight times the work where it is eight times as long', () => {
  const framesOf = (size: number): Frame[] => [
    frameOf({ type: 'message_start', message: { content: [], usage: {} } as never }),
    frameOf({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...times(size, () =>
      frameOf({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x' } }),
    ),
    frameOf({ type: 'content_block_stop', index: 0 }),
  ];
  const [once, eightTimes] = [200, 1600].map((size) => {
    const frames = framesOf(size);
    return workOf(() => void JSON.stringify(collect(frames)));
  });
  expect(eightTimes).toBeLessThan(9 * (once ?? 0));
});
