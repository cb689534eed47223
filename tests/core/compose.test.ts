import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { collect, expand, parseInput } from '../../src/core/collect.ts';
import { compose } from '../../src/core/compose.ts';
import { AttemptError } from '../../src/core/failure.ts';
import { type Frame, frameOf } from '../../src/core/frame.ts';
import type { Message, StreamEvent } from '../../src/core/messages.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { sdkMessage } from '../support/sdk.ts';

const composer = () => compose({ id: 'msg_1', model: 'claude-test-1', signature: 'ccp1:acme' });
const names = (frames: Frame[]) => frames.map(({ name }) => name);

type Step = { text: string } | { thinking: string } | { tool: string } | { pulse: true };

const step = fc.oneof(
  fc.record({ text: fc.string() }),
  fc.record({ thinking: fc.string() }),
  fc.record({ tool: fc.json() }),
  fc.record({ pulse: fc.constant(true as const) }),
);

function write(steps: readonly Step[]): Frame[] {
  const answer = composer();
  let tools = 0;
  const frames = steps.flatMap((each) => {
    if ('text' in each) return answer.text(each.text);
    if ('thinking' in each) return answer.thinking(each.thinking);
    if ('pulse' in each) return answer.pulse();
    tools += 1;
    return [...answer.toolUse(`toolu_${tools}`, 'Read'), ...answer.toolInput(`{"value":${each.tool}}`)];
  });
  return [...frames, ...answer.finish(tools > 0 ? 'tool_use' : 'end_turn', { output_tokens: 3 })];
}

describe('a composer', () => {
  test('writes the grammar whatever it is told to write', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => assertGrammar(write(steps))));
  });

  test('what it writes means the same to the SDK and to collect, and survives a round through expand', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const message = collect(write(steps));
        expect(await sdkMessage(write(steps))).toEqual(JSON.parse(JSON.stringify(message)));
        expect(collect(expand(message))).toEqual(message);
      }),
      { numRuns: 50 },
    );
  });

  test('opens the message once', () => {
    const answer = composer();
    expect(names(answer.start({ input_tokens: 4 }))).toEqual(['message_start']);
    expect(answer.start()).toEqual([]);
    expect(names(answer.text('a'))).toEqual(['content_block_start', 'content_block_delta']);
  });

  test('says nothing for nothing', () => {
    const answer = composer();
    answer.start();
    expect([...answer.text(''), ...answer.thinking('')]).toEqual([]);
    expect(answer.open).toBeNull();
  });

  test('seals thinking with the signature it was given for it', () => {
    const answer = composer();
    answer.thinking('a');
    answer.seal('ccp1:acme:state');
    const [signature] = answer.text('b');
    expect(signature?.event).toMatchObject({
      delta: { type: 'signature_delta', signature: 'ccp1:acme:state' },
    });
    answer.thinking('c');
    expect(answer.toolUse('t', 'T')[0]?.event).toMatchObject({ delta: { signature: 'ccp1:acme' } });
  });

  test('rounds usage and leaves out what is no number', () => {
    const answer = composer();
    const [start] = answer.start({ input_tokens: 4.4, cache_read_input_tokens: Number.NaN });
    expect(start?.event).toMatchObject({
      message: { usage: { input_tokens: 4, cache_read_input_tokens: 0 } },
    });
    const [end] = answer.finish('max_tokens', { output_tokens: -1 });
    expect(end?.event).toEqual({
      type: 'message_delta',
      delta: { stop_reason: 'max_tokens', stop_sequence: null },
      usage: { output_tokens: 0 },
    });
  });

  test('throws when it is written to after the end, or into a call that is not open', () => {
    const answer = composer();
    expect(() => answer.toolInput('{}')).toThrow();
    answer.finish('end_turn', {});
    expect(() => answer.text('more')).toThrow();
    expect(() => answer.finish('end_turn', {})).toThrow();
  });
});

describe('collect', () => {
  test('throws without a message_start', () => {
    expect(() => collect([frameOf({ type: 'ping' })])).toThrow(TypeError);
  });

  test('keeps blocks and fields it does not know', async () => {
    const block = { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ type: 'x' }] };
    const all = [
      { type: 'message_start', message: { ...WHOLE, content: [], stop_reason: null, container: null } },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '', citations: null } },
      { type: 'content_block_delta', index: 1, delta: { type: 'citations_delta', citation: { url: 'u' } } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'a' } },
      { type: 'content_block_stop', index: 1 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: { a: 1 } },
        usage: { output_tokens: 9, input_tokens: 5, cache_read_input_tokens: null },
      },
      { type: 'message_stop' },
    ].map((event) => frameOf(event as unknown as StreamEvent));
    const message = collect(all);
    expect(await sdkMessage(all)).toEqual(JSON.parse(JSON.stringify(message)));
    expect(message.content[0]).toEqual(block as never);
    expect(message.usage).toEqual({ input_tokens: 5, output_tokens: 9 });
    expect(collect(expand(message))).toEqual(message);
  });

  test('keeps what is told at the end beside the delta, and expand tells it there', async () => {
    const told = { context_management: { applied_edits: [] }, of_next_year: 'x' };
    const end = {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null, container: { id: 'c' }, stop_details: null },
      usage: { output_tokens: 9 },
      ...told,
      id: 'of the event',
    };
    const all = [
      { type: 'message_start', message: { ...WHOLE, content: [], stop_reason: null } },
      end,
      { type: 'message_stop' },
    ].map((event) => frameOf(event as unknown as StreamEvent));
    const message = collect(all);
    expect(message).toMatchObject({ id: WHOLE.id, type: 'message', container: { id: 'c' }, ...told });
    expect(Object.keys(message)).not.toContain('delta');
    const again = [...expand(message)];
    expect(again.at(-2)?.event).toMatchObject({ type: 'message_delta', delta: end.delta, ...told });
    expect(collect(again)).toEqual(message);
    expect(await sdkMessage(again)).toEqual(message);
  });

  test('goes on after a second message_start behind what was finished', () => {
    const tool = { type: 'tool_use', id: 'toolu_1', name: 'A', input: {} };
    const begin = { type: 'message_start', message: { ...WHOLE, content: [] } };
    const words = [
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } },
      { type: 'content_block_stop', index: 0 },
    ];
    const half = [
      { type: 'content_block_start', index: 1, content_block: tool },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
    ];
    const all = [begin, begin, ...words, ...half, begin, ...words];
    const { content } = collect(all.map((event) => frameOf(event as unknown as StreamEvent)));
    expect(content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'a' },
    ]);
  });

  test.each([
    ['', {}],
    ['  ', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":', { __unparsedToolInput: { raw: '{"a":', len: 5 } }],
  ])('reads the input %p', (json, input) => {
    expect(parseInput(json)).toEqual(input);
  });
});

const WHOLE: Message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-test-1',
  content: [{ type: 'text', text: '' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 2 },
};

describe('expand', () => {
  test('leaves out empty texts', () => {
    const frames = [...expand(WHOLE)];
    assertGrammar(frames);
    expect(names(frames)).toEqual(['message_start', 'message_delta', 'message_stop']);
  });

  test('takes a message without usage or content for an empty one', () => {
    const { usage: _, content: __, ...bare } = WHOLE;
    assertGrammar([...expand(bare as Message)]);
  });

  test.each([null, undefined])('invents no end for a message whose stop reason is %p', (stop_reason) => {
    const content = [{ type: 'text', text: 'a' }];
    const frames = expand({ ...WHOLE, content, stop_reason } as Message)[Symbol.iterator]();
    expect(() => frames.next()).toThrow(AttemptError);
  });
});
