import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { collect } from '../../src/core/collect.ts';
import type { Block, MessageParam, MessagesRequest } from '../../src/core/messages.ts';
import { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';
import { encoded, run, runText, sseOf } from '../support/anthropic.ts';
import { complaints } from '../support/anthropic-validator.ts';
import { events, pieces, REQUEST } from '../support/openai-chat.ts';
import { sdkMessage } from '../support/sdk.ts';

const id = fc.constantFrom('call_a', 'call_b', 'functions.Read:0', 'toolu_01AbCdEf', 'x'.repeat(90), '');
const words = fc.constantFrom('', ' ', 'a', '<system-reminder>\nx\n</system-reminder>', '\u0000', '\ud800c');
const picture = { type: 'base64', media_type: 'image/png', data: 'AAAA' };
const plainBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text: words }),
  fc.constantFrom(
    { type: 'image', source: picture, cache_control: { type: 'ephemeral' } },
    { type: 'image', source: { type: 'url', url: 'https://example.test/a.png' } },
    { type: 'image' },
    null,
    { type: 'document', source: { type: 'content', content: [{ type: 'image', source: picture }] } },
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
    { type: 'tool_reference', tool_name: 'X' },
    { type: 'new_kind', data: { deep: [1] } },
    { type: 'thinking', thinking: 't', signature: '' },
    { type: 'thinking', thinking: 't', signature: 'ccp1:acme' },
    { type: 'redacted_thinking', data: 'x' },
  ),
);
const result = fc.record({
  type: fc.constant('tool_result'),
  tool_use_id: id,
  content: fc.option(fc.oneof(words, fc.array(plainBlock, { maxLength: 3 })), { nil: undefined }),
  is_error: fc.boolean(),
});
const call = fc.record({
  type: fc.constant('tool_use'),
  id,
  name: fc.constantFrom('Read', 'mcp__a__b', 'odd name', ''),
  input: fc.oneof(fc.jsonValue(), fc.constant('{"a":1}')),
});
const content = fc.oneof(words, fc.array(fc.oneof(plainBlock, result, call), { maxLength: 4 }));
const role = fc.constantFrom('user', 'assistant', 'system');
const message = fc.record({ role, content }) as unknown as fc.Arbitrary<MessageParam>;
const conversation = fc.array(message, { maxLength: 8 });
const thinking = fc.constantFrom(
  undefined,
  { type: 'adaptive' },
  { type: 'enabled', budget_tokens: 9999 },
  { type: 'disabled' },
);

describe('any conversation', () => {
  test('becomes one that strict servers take, and is not changed by it', () => {
    fc.assert(
      fc.property(conversation, thinking, fc.boolean(), (messages, asked, files) => {
        const request: MessagesRequest = { ...REQUEST, messages, ...(asked ? { thinking: asked } : {}) };
        const before = JSON.stringify(request);
        expect(complaints(encoded(request, { quirks: { files } }).body)).toEqual([]);
        expect(complaints(encoded(request, { quirks: { vision: false } }).body)).toEqual([]);
        expect(JSON.stringify(request)).toBe(before);
      }),
      { numRuns: 1000 },
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

const index = fc.constantFrom(undefined, 0, 0, 1, 2, 'x');
const odd = fc.constantFrom(undefined, null, '', 'text', '\n', 7);
const json = fc.constantFrom(undefined, null, '', '{}', '{"a":', '1}', '"{\\"d\\":4}"', 'x'.repeat(5000));
const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text: odd }),
  fc.record({ type: fc.constant('thinking'), thinking: odd, signature: odd }),
  fc.record({
    type: fc.constant('tool_use'),
    id: fc.constantFrom(undefined, '', 'a:b', 'call_0', 'toolu_01AbCdEfGh'),
    name: fc.constantFrom('Read', 'Read', 'Read', undefined),
    input: fc.constantFrom<unknown>(undefined, null, {}, { a: 1 }, '{"a":1}'),
  }),
  fc.constantFrom(null, {}, { type: 'redacted_thinking' }, { type: 'server_tool_use', input: {} }),
);
const delta = fc.oneof(
  fc.record({ type: fc.constant('text_delta'), text: odd }),
  fc.record({ type: fc.constant('thinking_delta'), thinking: odd }),
  fc.record({ type: fc.constant('signature_delta'), signature: odd }),
  fc.record({ type: fc.constant('input_json_delta'), partial_json: json }),
  fc.constantFrom(null, {}, { type: 'future_delta' }),
);
const usage = fc.constantFrom<unknown>(undefined, null, {}, 'x', { input_tokens: '7' }, { output_tokens: 3 });
const reason = fc.constantFrom(null, 'end_turn', 'tool_use', 'max_tokens', 'stop', 'error', 'refusal');
const event = fc.oneof(
  { weight: 1, arbitrary: fc.record({ type: fc.constant('message_start'), message: fc.record({ usage }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('content_block_start'), index, content_block: block }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('content_block_delta'), index, delta }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('content_block_stop'), index }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('message_delta'),
      delta: fc.record({ stop_reason: reason }),
      usage,
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'ping' }, { type: 'future_event' }) },
) as fc.Arbitrary<{ type: string }>;
const stream = fc
  .tuple(fc.array(event, { maxLength: 12 }), fc.boolean())
  .map(([all, stopped]) => sseOf(stopped ? [...all, { type: 'message_stop' }] : all));

describe('any sequence of events', () => {
  test('is a whole answer or a failure, and never breaks the grammar', () => {
    fc.assert(
      fc.property(stream, (text) => {
        const answer = runText(text);
        if (answer.failure === undefined) assertGrammar(answer.frames);
        else assertPrefix(answer.frames);
      }),
      { numRuns: 3000 },
    );
  });

  test('means the same however it is cut, to us and to the SDK', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 1, max: 40 }), async (text, size) => {
        const answer = runText(text);
        expect(events(run(pieces(text, size)))).toEqual(events(answer));
        if (answer.failure !== undefined) return;
        const collected = collect(answer.frames);
        if (JSON.stringify(collected).includes('__unparsed')) return;
        expect(await sdkMessage(answer.frames)).toEqual(JSON.parse(JSON.stringify(collected)));
      }),
      { numRuns: 300 },
    );
  });
});
