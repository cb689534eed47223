/** A request as it is sent again, without what was refused. */
import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { mark } from '../../src/core/provenance.ts';
import type { Quirks } from '../../src/core/quirks.ts';
import { plain } from '../../src/wire/history/plain-schema.ts';
import { encoded as encodedMessages } from '../support/anthropic.ts';
import { encoded as encodedChat } from '../support/openai-chat.ts';

const REQUEST: MessagesRequest = {
  model: 'claude-test-1',
  max_tokens: 1000,
  system: 'You tend a garden.',
  messages: [{ role: 'user', content: 'Water the roses.' }],
  tools: [
    {
      name: 'Water',
      description: 'Waters a bed. '.repeat(100),
      input_schema: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: {
          bed: { type: 'integer', exclusiveMinimum: 0, description: 'Which one. '.repeat(100) },
          when: { anyOf: [{ type: 'null' }, { type: 'string', pattern: '^\\d+$' }], default: null },
        },
        required: ['bed'],
        additionalProperties: false,
      },
    },
  ],
};

/** What each dialect makes of a request: its system prompt, its tools, and its choice among them. */
const DIALECTS = {
  'openai-chat'(request: MessagesRequest, quirks: Quirks = {}) {
    const { body } = encodedChat(request, { quirks });
    const { function: tool } = body.tools[0];
    return { body, system: body.messages[0].content, description: tool.description, schema: tool.parameters };
  },
  anthropic(request: MessagesRequest, quirks: Quirks = {}) {
    const { body } = encodedMessages(request, { quirks });
    const [tool] = body.tools;
    return { body, system: body.system, description: tool.description, schema: tool.input_schema };
  },
};

const UNFORCED: Quirks = { anyToolChoice: 'auto', namedToolChoice: false };
const isAuto = (choice: unknown) => choice === 'auto' || (choice as { type?: string }).type === 'auto';

describe.each(Object.entries(DIALECTS))('%s', (_name, encode) => {
  test('descriptions are cut where they are too long, those of fields, too', () => {
    const { description, schema } = encode(REQUEST, { maxDescription: 40 });
    const { description: field } = schema.properties.bed;
    expect([description.length, description.slice(-3), field.length]).toEqual([40, 'be…', 40]);
    expect(encode(REQUEST).description).toBe(REQUEST.tools?.[0]?.description);
    expect(encode(REQUEST, { maxDescription: 4096 }).schema).toEqual(encode(REQUEST).schema);
  });

  test('no character is cut in half', () => {
    const tools = [{ name: 'Water', description: '🌹🌹🌹', input_schema: { type: 'object' } }];
    expect(encode({ ...REQUEST, tools }, { maxDescription: 4 }).description).toBe('🌹…');
  });

  test('schemas are at their plainest', () => {
    expect(encode(REQUEST, { plainSchemas: true, maxDescription: 20 }).schema).toEqual({
      type: 'object',
      properties: {
        bed: { type: 'integer', description: 'Which one. Which on…' },
        when: { type: 'string' },
      },
      required: ['bed'],
    });
  });

  const forced = { type: 'tool' as const, name: 'Water', disable_parallel_tool_use: true };
  test.each([
    ['any', { type: 'any' as const }, 'Answer with a call of one of the tools, not in words.'],
    ['one', forced, 'Answer with a call of the tool Water, not in words.'],
  ])('a call of %s is asked for in words where it cannot be forced', (_, tool_choice, words) => {
    const request = { ...REQUEST, tool_choice };
    const { body, system } = encode(request, UNFORCED);
    expect([isAuto(body.tool_choice), system]).toEqual([true, `You tend a garden.\n\n${words}`]);
    const without = encode(request);
    expect([isAuto(without.body.tool_choice), without.system]).toEqual([false, 'You tend a garden.']);
  });

  test.each([
    ['none', { type: 'none' as const }],
    ['any of them', { type: 'auto' as const }],
    ['a tool that is not there', { type: 'tool' as const, name: 'Dig' }],
  ])('nothing is said of a call where %s is wanted', (_, tool_choice) => {
    const request = { ...REQUEST, tool_choice };
    expect(encode(request, UNFORCED)).toEqual(encode(request));
  });

  test('it is not said that there is to be one call at a time', () => {
    const request = { ...REQUEST, tool_choice: forced };
    const [with_, without] = [encode(request), encode(request, { parallelToolCalls: false })].map(
      ({ body }) => JSON.stringify(body),
    );
    expect([with_?.includes('parallel'), without?.includes('parallel')]).toEqual([true, false]);
    expect(without).toContain('"Water"');
  });

  test('no sequences to stop at', () => {
    const { body } = encode({ ...REQUEST, stop_sequences: ['END'] }, { maxStops: () => 0 });
    expect([body.stop, body.stop_sequences]).toEqual([undefined, undefined]);
  });

  test('is otherwise the same', () => {
    const amended = { ...UNFORCED, maxStops: () => 0, thinkingHistory: false, maxDescription: 9999 };
    const plainTools = [{ name: 'Water', input_schema: { type: 'object', properties: {} } }];
    const request = { ...REQUEST, tools: plainTools };
    expect(encode(request, { ...amended, plainSchemas: true }).body).toEqual(encode(request).body);
  });
});

describe('anthropic', () => {
  test.each([
    { type: 'adaptive' },
    { type: 'enabled', budget_tokens: 5000 },
    { type: 'disabled' },
    undefined,
  ])('nothing is said of thinking: %p', (thinking) => {
    const request = { ...REQUEST, max_tokens: 9000, ...(thinking === undefined ? {} : { thinking }) };
    const { body } = encodedMessages(request as MessagesRequest, { quirks: { thinking: () => 'none' } });
    expect(body.thinking).toBeUndefined();
    const choice = { ...request, tool_choice: { type: 'any' } } as MessagesRequest;
    expect(encodedMessages(choice, { quirks: { thinking: () => 'none' } }).body.thinking).toBeUndefined();
  });

  test("the thinking of its own history stays behind, and nobody's else", () => {
    const request: MessagesRequest = {
      ...REQUEST,
      messages: [
        { role: 'user', content: 'Water the roses.' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Which ones?', signature: mark({ provider: 'acme' }) },
            { type: 'tool_use', id: 'toolu_1', name: 'Water', input: { bed: 1 } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' }] },
      ],
    };
    const types = (quirks: Quirks) =>
      encodedMessages(request, { quirks }).body.messages[1].content.map(({ type }: { type: string }) => type);
    expect([types({}), types({ thinkingHistory: false })]).toEqual([['thinking', 'tool_use'], ['tool_use']]);
  });
});

describe('a schema at its plainest', () => {
  const object = (properties: object) => ({ type: 'object', properties });
  test.each<[what: string, given: object, expected: object]>([
    ['of several types the first that is something', { type: ['null', 'integer'] }, { type: 'integer' }],
    [
      'of several forms the first that is something',
      { oneOf: [{ type: 'null' }, { type: 'array', items: { type: 'string' } }] },
      { type: 'array', items: { type: 'string' } },
    ],
    [
      'what stands beside the forms',
      { description: 'when', anyOf: [{ type: 'string', format: 'date' }] },
      { type: 'string', description: 'when' },
    ],
    ['one value as a list', { const: 'red' }, { type: 'string', enum: ['red'] }],
    ['numbers', { enum: [1, 2] }, { type: 'number', enum: [1, 2] }],
    ['a type where there is none', {}, { type: 'string' }],
    [
      'properties that are named like keywords',
      object({ pattern: { type: 'string', pattern: 'x' }, const: true }),
      object({ pattern: { type: 'string' }, const: { type: 'string' } }),
    ],
    ['a list of anything', { type: 'array' }, { type: 'array', items: { type: 'string' } }],
    [
      'what it refers to',
      {
        $defs: { bed: { type: 'integer' } },
        ...object({ bed: { $ref: '#/$defs/bed', description: 'which' } }),
      },
      object({ bed: { type: 'integer', description: 'which' } }),
    ],
    [
      'nothing where it refers to nothing',
      object({ bed: { $ref: '#/$defs/bed' } }),
      object({ bed: { type: 'string' } }),
    ],
  ])('has %s', (_, given, expected) => {
    expect(plain(given as Parameters<typeof plain>[0])).toEqual(expected as ReturnType<typeof plain>);
  });

  test('ends, also where it goes on in itself', () => {
    const tree = { type: 'object', properties: { left: { $ref: '#' }, right: { allOf: [{ $ref: '#' }] } } };
    const text = JSON.stringify(plain(tree));
    expect([text.includes('$ref'), text.length < 100_000]).toEqual([false, true]);
  });
});
