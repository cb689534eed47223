import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { collect } from '../../src/core/collect.ts';
import type { Block, MessageParam, MessagesRequest } from '../../src/core/messages.ts';
import { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';
import { toolNames } from '../../src/wire/history/tool-names.ts';
import { encoded, events, pieces, REQUEST, run, runText, sseOf } from '../support/openai-chat.ts';
import { complaints, MISTRAL, OPENAI } from '../support/openai-validator.ts';
import { sdkMessage } from '../support/sdk.ts';

const id = fc.constantFrom('call_a', 'call_b', 'functions.Read:0', 'toolu_01AbCdEf', 'x'.repeat(90), '');
const name = fc.constantFrom('Read', 'mcp__a__b', 'odd name', `mcp__${'long_'.repeat(20)}`);
const image = fc.constantFrom(
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
  { type: 'image', source: { type: 'url', url: 'https://example.test/a.png' } },
);
const words = fc.constantFrom('', 'a', '<system-reminder>\nx\n</system-reminder>', '\u0000b', '\ud800c');
const plainBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text: words }),
  image,
  fc.constantFrom({ type: 'tool_reference', tool_name: 'X' }, { type: 'new_kind', data: { deep: [1] } }),
);
const userBlock = fc.oneof(
  plainBlock,
  fc.record({
    type: fc.constant('tool_result'),
    tool_use_id: id,
    content: fc.option(fc.oneof(words, fc.array(plainBlock, { maxLength: 3 })), { nil: undefined }),
    is_error: fc.boolean(),
  }),
);
const assistantBlock = fc.oneof(
  plainBlock,
  fc.record({
    type: fc.constant('tool_use'),
    id,
    name,
    input: fc.oneof(fc.jsonValue(), fc.constant('{"a":1}')),
  }),
  fc.constantFrom(
    { type: 'thinking', thinking: 't', signature: '' },
    { type: 'redacted_thinking', data: 'x' },
  ),
);
const message = fc.oneof(
  fc.record({ role: fc.constant('user'), content: fc.oneof(words, fc.array(userBlock, { maxLength: 4 })) }),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.oneof(words, fc.array(assistantBlock, { maxLength: 4 })),
  }),
  fc.record({ role: fc.constant('system'), content: words }),
) as unknown as fc.Arbitrary<MessageParam>;
const conversation = fc.array(message, { maxLength: 8 });

describe('any conversation', () => {
  test('becomes one that strict servers take, and is not changed by it', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const request: MessagesRequest = { ...REQUEST, messages };
        const before = JSON.stringify(request);
        expect(complaints(encoded(request).body, OPENAI)).toEqual([]);
        const picky = { quirks: { toolId: 'alphanumeric-9', vision: false, emptyContent: '' } } as const;
        expect(complaints(encoded(request, picky).body, MISTRAL)).toEqual([]);
        expect(JSON.stringify(request)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  test('loses none of the users words', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const marked = messages.map((each, at): MessageParam => {
          const word: Block = { type: 'text', text: `word-${at}-end` };
          return {
            ...each,
            content: Array.isArray(each.content) ? [...each.content, word] : `word-${at}-end`,
          };
        });
        const { text } = encoded({ ...REQUEST, messages: marked });
        expect(marked.filter((_, at) => !text.includes(`word-${at}-end`))).toEqual([]);
      }),
    );
  });
});

describe('tool names', () => {
  test('are valid, distinct and come back as they were', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(fc.string({ minLength: 1 }), name), { maxLength: 12 }),
        fc.constantFrom(64, 128),
        (offered, longest) => {
          const names = toolNames(offered, longest);
          const short = offered.map((each) => names.wire(each));
          expect(short.every((each) => each.length <= longest && /^[a-zA-Z0-9_-]+$/.test(each))).toBe(true);
          expect(new Set(short).size).toBe(short.length);
          expect(short.map((each) => names.original(each))).toEqual(offered);
        },
      ),
    );
  });
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const callDelta = fc.record({
  index: maybe(fc.constantFrom(0, 1, 2)),
  id: fc.constantFrom(undefined, null, '', 'call_0', 'call_1', 'a1b2c3d4e5'),
  function: fc.record({
    name: fc.constantFrom(undefined, null, '', 'Read', 'Re', 'ad'),
    arguments: fc.constantFrom(
      undefined,
      null,
      '',
      '{}',
      '{"a":',
      '1}',
      '{"b":2}',
      { c: 3 },
      '"{\\"d\\":4}"',
      'x'.repeat(3000),
    ),
  }),
});
const anyDelta = fc.record({
  content: fc.constantFrom(undefined, null, '', '\n', 'text', [{ type: 'text', text: 'part' }], 7),
  reasoning_content: fc.constantFrom(undefined, null, '', 'thought'),
  reasoning: fc.constantFrom(undefined, '', 'thought'),
  tool_calls: fc.oneof(fc.constantFrom(undefined, null, 'x'), fc.array(callDelta, { maxLength: 3 })),
});
const reasons = [undefined, null, 'stop', 'length', 'tool_calls', 'content_filter', 'eos', 'error'] as const;
const anyChunk = fc.record({
  choices: fc.array(
    fc.record({
      delta: fc.oneof(
        { weight: 9, arbitrary: anyDelta },
        { weight: 1, arbitrary: fc.constantFrom(undefined, null, 'x') },
      ),
      finish_reason: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, fc.constantFrom(...reasons)),
    }),
    { maxLength: 2 },
  ),
  usage: fc.constantFrom(
    undefined,
    null,
    'x',
    {},
    { prompt_tokens: '7', completion_tokens: null },
    { prompt_tokens: 3 },
  ),
});

describe('any sequence of chunks', () => {
  const chunks = fc.array(anyChunk, { maxLength: 8 });

  test('is a whole answer or a failure, and never breaks the grammar', () => {
    fc.assert(
      fc.property(chunks, fc.boolean(), (all, done) => {
        const answer = runText(sseOf(all, { done }));
        if (answer.failure === undefined) assertGrammar(answer.frames);
        else assertPrefix(answer.frames);
      }),
      { numRuns: 2000 },
    );
  });

  test('means the same however it is cut, to us and to the SDK', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 40 }), async (all, size) => {
        const text = sseOf(all);
        const answer = runText(text);
        expect(events(run(pieces(text, size)))).toEqual(events(answer));
        if (answer.failure !== undefined) return;
        const collected = collect(answer.frames);
        if (JSON.stringify(collected).includes('__unparsed')) return;
        expect(await sdkMessage(answer.frames)).toEqual(JSON.parse(JSON.stringify(collected)));
      }),
      { numRuns: 200 },
    );
  });
});
