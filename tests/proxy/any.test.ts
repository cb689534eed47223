/** Whatever any of the upstreams do, the client gets an answer that is whole, or plainly none. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  type Answer,
  answer,
  calls,
  nothing,
  text,
  thinkingOnly,
  thinkingThenText,
} from '../../src/drill/answers.ts';
import { openaiChatVoice } from '../../src/drill/voices/openai-chat.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { assertGrammar, assertPrefix } from '../support/grammar.ts';
import {
  ask,
  backup,
  benchOf,
  CLAUDE_CODE,
  eventsOf,
  fakeSend,
  primary,
  type Said,
  standingOf,
  wholeOf,
} from '../support/relay.ts';

const ANSWERS: Answer[] = [
  text('All is well here.'),
  answer([
    { type: 'text', text: 'One.' },
    { type: 'text', text: 'Two, and more.' },
  ]),
  thinkingThenText('let me see', 'It is.'),
  calls(
    [
      ['Read', { a: 1 }],
      ['Grep', { b: 'c' }],
    ],
    'I will look.',
  ),
  thinkingOnly('nothing to say'),
  nothing(),
];

interface Deed {
  status: number;
  said: Answer;
  /** Share of the body that is sent. */
  share: number;
  end: 'whole' | 'clean' | 'broken' | 'error';
  piece: number;
}

const deed: fc.Arbitrary<Deed> = fc.record({
  status: fc.oneof(
    { weight: 5, arbitrary: fc.constant(200) },
    { weight: 3, arbitrary: fc.constantFrom(204, 302, 400, 401, 404, 429, 500, 529) },
  ),
  said: fc.constantFrom(...ANSWERS),
  // Not fc.double: most of its numbers are next to 0, and hardly an answer was cut in its middle.
  share: fc.nat({ max: 100 }).map((percent) => percent / 100),
  end: fc.constantFrom('whole', 'clean', 'broken', 'error'),
  piece: fc.integer({ min: 1, max: 400 }),
});

const ERROR = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n';

function perform({ status, said, share, end, piece }: Deed, stream: boolean, chat: boolean): Response {
  if (status !== 200) return new Response(status === 204 ? null : '{"error":{"message":"no"}}', { status });
  const wording = { id: 'up1', model: 'm' };
  const events = chat ? openaiChatVoice.events(said, wording) : eventsOf(said);
  const whole = chat ? JSON.stringify(openaiChatVoice.whole(said, wording)) : wholeOf(said);
  // An error is an event of its own: it comes between others.
  const sent = end === 'error' ? events.slice(0, Math.floor(events.length * share)) : events;
  const body = new TextEncoder().encode(stream ? sent.join('') : whole);
  let rest =
    end === 'whole' || (end === 'error' && stream) ? body : body.subarray(0, Math.floor(body.length * share));
  let last = end === 'error' && stream && !chat ? new TextEncoder().encode(ERROR) : undefined;
  const readable = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (rest.length > 0) {
        controller.enqueue(rest.subarray(0, piece));
        rest = rest.subarray(piece);
      } else if (last !== undefined) {
        controller.enqueue(last);
        last = undefined;
      } else if (end === 'broken')
        controller.error(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
      else controller.close();
    },
  });
  return new Response(readable, {
    headers: { 'content-type': stream ? 'text/event-stream' : 'application/json' },
  });
}

/** What an answer comes to: its words, and its calls in order. Dialects differ in what they make one block of. */
interface Sense {
  words: string;
  calls: { name: string; input: unknown }[];
}

/** A block of an answer, however it came. */
interface Block {
  type: string;
  text?: string;
  name?: string;
  input?: unknown;
}

function senseOf(blocks: readonly Block[]): Sense {
  return {
    words: blocks.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join(''),
    calls: blocks.flatMap(({ type, name = '', input }) => (type === 'tool_use' ? [{ name, input }] : [])),
  };
}

/** The blocks of a stream, put together as a client does. */
function blocksOf(frames: Said['frames']): Block[] {
  const blocks: (Block & { json: string })[] = [];
  for (const { event } of frames) {
    if (event.type === 'content_block_start') blocks[event.index] = { ...event.content_block, json: '' };
    if (event.type !== 'content_block_delta') continue;
    const block = blocks[event.index];
    if (block === undefined) throw new Error('a delta of no block');
    if (event.delta.type === 'text_delta') block.text = `${block.text ?? ''}${event.delta.text}`;
    if (event.delta.type === 'input_json_delta') block.json += event.delta.partial_json;
  }
  return blocks.map(({ json, ...block }) => (json === '' ? block : { ...block, input: JSON.parse(json) }));
}

/** What ends as a whole answer does is one: all the words and calls that one of the upstreams would have said. */
function expectWhole(blocks: readonly Block[], deeds: readonly Deed[]): void {
  const meant = deeds.filter(({ status }) => status === 200).map(({ said }) => senseOf(said.blocks));
  expect(meant).toContainEqual(senseOf(blocks));
}

/** A whole answer, the beginning of one with a plain end, or an error. */
function expectSound(said: Said, stream: boolean, agent: string, deeds: readonly Deed[]): void {
  if (said.status !== 200) {
    expect(said.frames.filter(({ name }) => name !== '')).toEqual([]);
    expect(said.text).not.toContain('overloaded_error');
    return;
  }
  if (!stream) {
    const message = JSON.parse(said.text) as { content: Block[] };
    expect(message.content.some(({ type }) => type !== 'thinking')).toBe(true);
    expectWhole(message.content, deeds);
    return;
  }
  const events = said.frames.filter(({ name }) => name !== 'error');
  const isError = events.length < said.frames.length;
  if (said.text.includes('"max_tokens"'))
    expect([agent, said.reset, isError]).toEqual([CLAUDE_CODE, false, false]);
  else if (said.reset || isError) assertPrefix(events);
  else {
    assertGrammar(events);
    expectWhole(blocksOf(events), deeds);
  }
  if (said.reset) expect(agent).toBe(CLAUDE_CODE);
  if (isError) expect(said.frames.at(-1)?.name).toBe('error');
}

test('any deeds of any chain give an answer that is whole or plainly none, and every permit is given back', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.tuple(deed, deed, deed), { minLength: 1, maxLength: 6 }),
    fc.boolean(),
    fc.constantFrom(CLAUDE_CODE, 'other/1'),
    async (turns, stream, agent) => {
      const chain = [primary(), backup(), backup({ name: 'chat', dialect: openaiChat })];
      let turn = 0;
      const act = (at: number) => () => {
        const one = turns[turn]?.[at];
        if (one === undefined) throw new Error('no deed');
        return perform(one, stream, at === 2);
      };
      const send = fakeSend({ anthropic: act(0), backup: act(1), chat: act(2) });
      const bench = benchOf(chain, { send });
      for (turn = 0; turn < turns.length; turn += 1) {
        const before = send.sent.length;
        const said = await ask(bench, { stream, headers: { 'user-agent': agent } });
        expectSound(said, stream, agent, turns[turn] ?? []);
        expect(said.headers.get('x-ccproxy-attempts')).toBe(String(send.sent.length - before));
        const asked = send.sent.slice(before).map(({ upstream }) => upstream);
        expect(new Set(asked).size).toBe(asked.length);
        for (const { name } of chain) {
          expect(standingOf(bench, name).name).not.toBe('half-open');
        }
      }
      expect(bench.events.requests).toHaveLength(turns.length);
      expect(bench.events.attempts).toHaveLength(send.sent.length);
    },
  );
  await fc.assert(property, { numRuns: 1000 });
});
