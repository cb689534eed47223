/** About how many tokens a request has. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { estimateTokens, leastTokens } from '../../src/core/estimate.ts';
import type { Block, MessagesRequest } from '../../src/core/messages.ts';

const of = (content: unknown, more: Partial<MessagesRequest> = {}) =>
  estimateTokens({ messages: [{ role: 'user', content: content as string | Block[] }], ...more });
const EMPTY = of('');
const image = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'x'.repeat(500_000) },
};
const pdf = (length: number) => ({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: 'x'.repeat(length) },
});

describe('the estimate', () => {
  test('of nothing is one', () => {
    expect(estimateTokens({})).toBe(1);
  });

  test.each([
    ['prose', 'word '.repeat(1000), 1000, 1700],
    ['Chinese', '世界'.repeat(500), 1000, 1300],
    ['an image, however many bytes', [image], 1600, 1700],
    ['an image in a tool result', [{ type: 'tool_result', tool_use_id: 't', content: [image] }], 1600, 1700],
    ['a short PDF', [pdf(10)], 3000, 3100],
    ['a long PDF', [pdf(1_000_000)], 30_000, 30_100],
    ['a sealed thought', [{ type: 'thinking', thinking: '', signature: 'Ab3x'.repeat(1250) }], 900, 1100],
    ['a redacted thought', [{ type: 'redacted_thinking', data: 'Ab3x'.repeat(1250) }], 900, 1100],
    [
      'a thought with its seal, once',
      [{ type: 'thinking', thinking: 'word '.repeat(1000), signature: 'Ab3x'.repeat(1250) }],
      1000,
      1200,
    ],
    ['a thought that was changed', [{ type: 'thinking', thinking: 5, signature: null }], 0, 10],
    [
      'what a search found, sealed',
      [
        {
          type: 'web_search_tool_result',
          tool_use_id: 's',
          content: [{ type: 'web_search_result', title: 'Words', encrypted_content: 'Ab3x'.repeat(1250) }],
        },
      ],
      1000,
      1100,
    ],
    [
      'an error of a search',
      [{ type: 'web_search_tool_result', content: { error_code: 'unavailable' } }],
      5,
      30,
    ],
    [
      'an image in a document',
      [{ type: 'document', source: { type: 'content', content: [image] } }],
      1600,
      1700,
    ],
    [
      'a document of words',
      [{ type: 'document', source: { type: 'text', data: 'word '.repeat(1000) } }],
      1000,
      1800,
    ],
    [
      'a tool result of words',
      [{ type: 'tool_result', tool_use_id: 't', content: 'word '.repeat(1000) }],
      1000,
      1700,
    ],
    [
      'a tool call',
      [{ type: 'tool_use', id: 't', name: 'Read', input: { a: 'word '.repeat(1000) } }],
      1000,
      1800,
    ],
  ])('of %s is neither far too low nor far too high', (_, content, least, most) => {
    expect(of(content) - EMPTY).toBeWithin(least, most);
  });

  test('counts the system prompt and the tools', () => {
    expect(of('', { system: 'word '.repeat(1000) }) - EMPTY).toBeWithin(1000, 1700);
    expect(of('', { system: [{ type: 'text', text: 'word '.repeat(1000) }] }) - EMPTY).toBeWithin(1000, 1700);
    expect(of('', { tools: [{ name: 'a', description: 'word '.repeat(1000) }] }) - EMPTY).toBeWithin(
      1000,
      1700,
    );
  });

  test('of anything that is JSON is a whole number of at least one, and never an error', () => {
    const odd = fc.record(
      {
        system: fc.jsonValue(),
        tools: fc.jsonValue(),
        messages: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record({
              role: fc.string(),
              content: fc.oneof(
                fc.jsonValue(),
                fc.array(
                  fc.record({
                    type: fc.constantFrom('text', 'image', 'document', 'tool_result'),
                    content: fc.jsonValue(),
                    source: fc.jsonValue(),
                  }),
                ),
              ),
            }),
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(odd, (request) => {
        const tokens = estimateTokens(request as Partial<MessagesRequest>);
        expect(Number.isInteger(tokens) && tokens >= 1).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('of a longer conversation is never lower', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 5 }), fc.string(), (texts, more) => {
        const messages = (all: string[]) => ({
          messages: all.map((content) => ({ role: 'user' as const, content })),
        });
        expect(estimateTokens(messages([...texts, more]))).toBeGreaterThanOrEqual(
          estimateTokens(messages(texts)),
        );
      }),
    );
  });
});

describe('the lowest count', () => {
  const least = (content: unknown) =>
    leastTokens({ messages: [{ role: 'user', content: content as string | Block[] }] });

  test.each([
    ['of prose is not above what any tokenizer makes of it', 'word '.repeat(1000), 950, 1001],
    ['of a long word is not next to nothing', 'x'.repeat(10_000), 1000, 2001],
    ['of Chinese', '世界'.repeat(500), 500, 501],
    ['of a long line is next to nothing', '='.repeat(10_000), 1, 10],
    ['of an indent is that of a short one', `${' '.repeat(100)}x`, 1, 10],
    ['of images is nothing', [image, image], 0, 1],
    ['of PDFs is nothing', [pdf(1_000_000)], 0, 1],
    ['of thinking is nothing', [{ type: 'thinking', thinking: 'word '.repeat(1000), signature: 's' }], 0, 1],
    [
      'of a tool result is that of its words',
      [{ type: 'tool_result', content: 'word '.repeat(1000) }],
      950,
      1001,
    ],
  ])('%s', (_, content, from, to) => expect(least(content)).toBeWithin(from, to));

  const block = fc.oneof(
    fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary' }) }),
    fc.record({ type: fc.constant('tool_result'), content: fc.string({ unit: 'grapheme' }) }),
    fc.record({ type: fc.constant('thinking'), thinking: fc.string() }),
    fc.constant(image),
    fc.constant(pdf(10)),
    fc.anything(),
  );
  test('is never above the estimate, nor above what a body so long can hold', () => {
    fc.assert(
      fc.property(fc.array(block), fc.string({ unit: 'grapheme' }), (content, system) => {
        const text = JSON.stringify({ system, messages: [{ role: 'user', content }] });
        const request = JSON.parse(text) as MessagesRequest;
        expect(leastTokens(request)).toBeLessThanOrEqual(estimateTokens(request));
        expect(leastTokens(request)).toBeLessThanOrEqual(new TextEncoder().encode(text).length / 4);
      }),
    );
  });
});
