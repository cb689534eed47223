/** Whatever stands in place of any part of a request: it is refused with its place, or becomes one that strict servers take. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { estimateTokens } from '../../src/core/estimate.ts';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { USUAL_EFFORTS } from '../../src/core/model-facts.ts';
import type { Quirks } from '../../src/core/quirks.ts';
import { isTurnBoundary } from '../../src/core/turn.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { malformed } from '../../src/wire/shape/malformed.ts';
import { encoded as compatible, sseOf as eventsOf, run as readCompatible } from '../support/anthropic.ts';
import { complaints as compatibleComplaints } from '../support/anthropic-validator.ts';
import { anyValue, type Place, placesIn, replaced } from '../support/mutations.ts';
import { encoded as chat, sseOf as chunksOf, run as readChat, targetOf } from '../support/openai-chat.ts';
import { complaints as chatComplaints, MISTRAL, OPENAI } from '../support/openai-validator.ts';

const PICTURE = { type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' };
const CACHED = { cache_control: { type: 'ephemeral' } };
const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    bed: { type: 'string', description: 'Which bed.', pattern: '^[a-z]+$' },
    depth: { anyOf: [{ type: 'integer', minimum: 1 }, { const: 'deep' }] },
    tags: { type: 'array', items: { type: 'string', enum: ['wet', 'dry'] } },
    inner: { $ref: '#/$defs/inner' },
  },
  required: ['bed'],
  additionalProperties: false,
  $defs: { inner: { type: 'object', properties: { bed: { $ref: '#' } } } },
};

/** A request as a client of many features sends it. */
const REQUEST = {
  model: 'claude-test-1',
  max_tokens: 8000,
  stream: true,
  temperature: 1,
  top_p: 0.9,
  top_k: 40,
  stop_sequences: ['END', 'STOP'],
  thinking: { type: 'enabled', budget_tokens: 4000, display: 'omitted' },
  output_config: {
    effort: 'high',
    format: { type: 'json_schema', schema: { type: 'object', properties: {} } },
  },
  metadata: { user_id: '{"device":"00"}' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: cc_version=9.9.9.1ab;' },
    { type: 'text', text: 'You tend a garden.', ...CACHED },
  ],
  tools: [
    { name: 'Look', description: 'Looks.', input_schema: SCHEMA, ...CACHED },
    { type: 'custom', name: 'Water', input_schema: { type: 'object' }, defer_loading: true, strict: true },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 8 },
  ],
  tool_choice: { type: 'tool', name: 'Look', disable_parallel_tool_use: true },
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: '<system-reminder>\nIt is autumn.\n</system-reminder>' },
        { type: 'image', source: PICTURE },
        { type: 'image', source: { type: 'url', url: 'https://garden.example/a.png' } },
        {
          type: 'document',
          source: { ...PICTURE, media_type: 'application/pdf' },
          title: 'Plan',
          context: 'old',
        },
        { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Roses.' } },
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'Tulips.' }] } },
        { type: 'text', text: 'What grows there?', ...CACHED },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'I look.', signature: 'ccp1:acme' },
        { type: 'redacted_thinking', data: 'c2VjcmV0' },
        { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'roses' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 'srvtoolu_1',
          content: [{ type: 'web_search_result', title: 'A', url: 'https://garden.example' }],
        },
        { type: 'text', text: 'One moment.', citations: [] },
        {
          type: 'tool_use',
          id: 'toolu_1',
          name: 'Look',
          input: { bed: 'a', deep: { list: [1, 'b', null] } },
        },
        { type: 'tool_use', id: 'toolu_2', name: 'Water', input: {} },
      ],
    },
    { role: 'system', content: [{ type: 'text', text: 'Rain is near.', ...CACHED }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_2', content: 'wet', is_error: true },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [
            { type: 'text', text: 'green' },
            { type: 'image', source: PICTURE },
            { type: 'tool_reference', tool_name: 'Prune' },
          ],
          ...CACHED,
        },
        {
          type: 'search_result',
          title: 'B',
          source: 'https://garden.example',
          content: [{ type: 'text', text: 'c' }],
        },
      ],
    },
    { role: 'assistant', content: 'It is green.' },
    { role: 'user', content: 'Thanks.' },
  ],
};

const CHAT: [Quirks, typeof OPENAI][] = [
  [{ files: true, efforts: () => USUAL_EFFORTS, reasoningHistory: () => true }, OPENAI],
  [{ toolId: 'alphanumeric-9', vision: false, emptyContent: '', jsonSchema: () => false }, MISTRAL],
];
const COMPATIBLE: Quirks[] = [{ files: true }, { vision: false, fixedSampling: () => true }];
const PLACES = /^[a-z_]+(\.(\d+|[a-z0-9_]+))*: [A-Z]?[\w '/,.:()+-]+$/;

const CALLING = chunksOf([
  {
    choices: [
      {
        delta: {
          tool_calls: [{ index: 0, id: 'call_1', function: { name: 'look', arguments: '{"bed":null}' } }],
        },
        finish_reason: 'tool_calls',
        stop_reason: 'END',
      },
    ],
  },
]);
const EVENTS: (Record<string, unknown> & { type: string })[] = [
  { type: 'message_start', message: {} },
  {
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'tool_use', id: 'a', name: 'look', input: {} },
  },
  {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json: '{"bed":null}' },
  },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
  { type: 'message_stop' },
];
const CALLED = eventsOf(EVENTS);

/** Takes what `JSON.parse` gives, as everything that comes in is. */
function expectRefusedOrTaken(document: unknown): 'refused' | 'taken' {
  const request = JSON.parse(JSON.stringify(document)) as MessagesRequest;
  const before = JSON.stringify(request);
  expect(estimateTokens(request)).toBeGreaterThan(0);
  expect([true, false]).toContain(isTurnBoundary(request));
  const why = malformed(request);
  if (why !== null) {
    for (const one of why.split('; ')) if (one !== 'and more') expect(one).toMatch(PLACES);
    return 'refused';
  }
  for (const [quirks, strictness] of CHAT)
    expect(chatComplaints(chat(request, { quirks }).body, strictness)).toEqual([]);
  for (const quirks of COMPATIBLE)
    expect(compatibleComplaints(compatible(request, { quirks }).body)).toEqual([]);
  // What was asked is looked at again when the answer comes.
  const bytes = (text: string) => [new TextEncoder().encode(text)];
  expect(readChat(bytes(CALLING), targetOf({}, request)).failure).toBeUndefined();
  expect(readCompatible(bytes(CALLED), targetOf({}, request)).failure).toBeUndefined();
  expect(JSON.stringify(request)).toBe(before);
  return 'taken';
}

/** Of a machine that is busy with something else: nothing is measured by it. */
const BUSY_MS = 60_000;

/** Without a model, or with one that is none, no request comes so far. */
function mutable(document: unknown): Place[] {
  return placesIn(document).filter(([first]) => first !== 'model');
}

test('the request itself is taken', () => {
  expect(expectRefusedOrTaken(REQUEST)).toBe('taken');
});

test(
  'any values in any places',
  () => {
    const places = mutable(REQUEST);
    const changes = fc.array(fc.tuple(fc.constantFrom(...places), anyValue), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(changes, (all) => {
        const document = all.reduce<unknown>(
          (sofar, [place, value]) => replaced(sofar, place, value),
          REQUEST,
        );
        expectRefusedOrTaken(document);
      }),
      { numRuns: 1500 },
    );
  },
  BUSY_MS,
);

test('any value for any preset is encoded, if it is taken', () => {
  const places = mutable(REQUEST);
  const preset = fc.constantFrom(...PROVIDERS.filter(({ native }) => !native));
  fc.assert(
    fc.property(fc.constantFrom(...places), anyValue, preset, (place, value, { name, quirks, dialect }) => {
      const request = JSON.parse(JSON.stringify(replaced(REQUEST, place, value))) as MessagesRequest;
      if (malformed(request) !== null) return;
      const encoded = dialect === 'anthropic' ? compatible : chat;
      for (const model of ['model-1', 'anthropic/claude-opus-4.8', 'gpt-5.2', 'kimi-k2-thinking'])
        expect(encoded(request, { quirks, model, provider: name }).body.model).toBe(model);
    }),
    { numRuns: 1000 },
  );
});

test('each value on its way to Anthropic goes as it came, or with a mended history', () => {
  const places = mutable(REQUEST);
  fc.assert(
    fc.property(fc.constantFrom(...places), anyValue, (place, value) => {
      const request = JSON.parse(JSON.stringify(replaced(REQUEST, place, value))) as MessagesRequest;
      const { body } = compatible(request, { native: true, model: request.model });
      const { messages: _ours, thinking: _told, ...rest } = body;
      const { messages: _theirs, thinking: _asked, ...sent } = request;
      expect(rest).toEqual(sent);
    }),
    { numRuns: 1000 },
  );
});

const captured = process.env.CCPROXY_CLIENT_REQUESTS;

if (captured !== undefined) {
  const requests = readdirSync(captured)
    .filter((name) => name.endsWith('.json'))
    .map((name): [string, unknown] => [
      name,
      (JSON.parse(readFileSync(join(captured, name), 'utf8')) as { body: unknown }).body,
    ]);

  describe('the captured request', () => {
    test.each(requests)(
      '%s',
      (_name, request) => {
        expect(expectRefusedOrTaken(request)).toBe('taken');
        const places = mutable(request);
        fc.assert(
          fc.property(fc.constantFrom(...places), anyValue, (place, value) => {
            expectRefusedOrTaken(replaced(request, place, value));
          }),
          { numRuns: 200 },
        );
      },
      BUSY_MS,
    );
  });
}
