import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/core/messages.ts';
import type { Quirks } from '../../src/core/quirks.ts';
import { anthropic } from '../../src/wire/dialects/anthropic/index.ts';
import { inboundOf, targetOf } from '../support/openai-chat.ts';

/** Everything that a beta enables, each field recognisable. */
const REQUEST: MessagesRequest = {
  model: 'claude-test-1',
  max_tokens: 1000,
  stream: true,
  speed: 'fast',
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  output_config: {
    effort: 'high',
    task_budget: { type: 'tokens', total: 9000 },
    format: { type: 'json_schema', schema: { type: 'object', properties: { ok: { type: 'boolean' } } } },
  },
  diagnostics: { previous_message_id: null },
  fallbacks: [{ model: 'claude-test-0' }],
  system: [
    { type: 'text', text: 'Be brief.' },
    { type: 'text', text: 'Be kind.', ...mark({ ttl: '1h', scope: 'global' }) },
  ],
  tools: [
    { name: 'Look', strict: true, defer_loading: true, input_schema: { type: 'object' } },
    { name: 'Act', ...mark({}), input_schema: { type: 'object' } },
  ],
  messages: [
    { role: 'user', content: 'Look.' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'Look', input: {} }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'c1', content: 'a lake', ...mark({}) },
        { type: 'text', text: 'One.' },
        { type: 'text', text: 'Two.', ...mark({ ttl: '1h' }) },
        { type: 'text', text: 'Three.' },
      ],
    },
  ],
};

function mark(fields: Record<string, string>): { cache_control: Record<string, string> } {
  return { cache_control: { type: 'ephemeral', ...fields } };
}

const ASKED = [
  'claude-code-20250219',
  'interleaved-thinking-2025-05-14',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'structured-outputs-2025-12-15',
  'task-budgets-2026-03-13',
  'fast-mode-2026-02-01',
  'extended-cache-ttl-2025-04-11',
  'prompt-caching-scope-2026-01-05',
  'fallback-2026-05-01',
  'cache-diagnosis-2026-04-07',
];

function sent(quirks: Quirks, betas: readonly string[] = ASKED) {
  const inbound = { ...inboundOf(REQUEST), headers: new Headers({ 'anthropic-beta': betas.join(',') }) };
  const { body, headers } = anthropic.encode(inbound, targetOf({ quirks }, REQUEST));
  return { body: JSON.parse(String(body)), text: String(body), beta: headers.get('anthropic-beta') };
}

test('without a list no beta goes, and none of the fields that they enable', () => {
  const { body, text, beta } = sent({});
  expect(beta).toBeNull();
  expect(Object.keys(body).sort()).toEqual(
    ['max_tokens', 'messages', 'model', 'stream', 'system', 'thinking', 'tools'].sort(),
  );
  expect(text).not.toMatch(/cache_control|strict|defer_loading/);
});

describe('a beta and its fields go together', () => {
  test.each<[beta: string, fields: Record<string, unknown>]>([
    ['context-management', { context_management: REQUEST.context_management }],
    ['effort', { output_config: { effort: 'high' } }],
    ['task-budgets', { output_config: { task_budget: { type: 'tokens', total: 9000 } } }],
    ['structured-outputs', { output_config: { format: REQUEST.output_config?.format } }],
    ['fast-mode', { speed: 'fast' }],
  ])('%s', (name, fields) => {
    const { body, beta } = sent({ betas: [name] });
    expect(beta).toBe(ASKED.find((asked) => asked.startsWith(name)) ?? '');
    expect(body).toMatchObject(fields);
    const [key = ''] = Object.keys(fields);
    expect(body[key]).toEqual(fields[key]);
    expect(Object.keys(body).filter((other) => !(other in sent({}).body))).toEqual([key]);
  });

  test('and neither goes where the client does not ask for it', () => {
    const { body, beta } = sent({ betas: ['effort'] }, ['claude-code-20250219']);
    expect([beta, body.output_config]).toEqual([null, undefined]);
  });

  test('in the order and the spelling of the client', () => {
    expect(sent({ betas: ['effort', 'interleaved-thinking'] }).beta).toBe(
      'interleaved-thinking-2025-05-14,effort-2025-11-24',
    );
  });
});

test('the form of an answer is put into words where its field stays behind', () => {
  expect(sent({}).body.system).toContain('"ok"');
  expect(JSON.stringify(sent({ betas: ['structured-outputs'] }).body.system)).not.toContain('"ok"');
});

test('strict tools need the beta of structured outputs', () => {
  const strict = (quirks: Quirks) => sent(quirks).body.tools.map((tool: { strict?: boolean }) => tool.strict);
  expect(strict({ betas: ['structured-outputs'] })).toEqual([true, undefined]);
});

describe('cache marks', () => {
  test('stand where the client put them', () => {
    const { body } = sent({ cacheMarks: true, betas: ['structured-outputs'] });
    const plain = { cache_control: { type: 'ephemeral' } };
    expect(body.system).toEqual([{ type: 'text', text: 'Be brief.\n\nBe kind.', ...plain }]);
    expect(body.tools[1]).toMatchObject(plain);
    expect(body.messages[2].content).toEqual([
      { type: 'tool_result', tool_use_id: 'c1', content: 'a lake', ...plain },
      { type: 'text', text: 'One.\n\nTwo.', ...plain },
      { type: 'text', text: 'Three.' },
    ]);
  });

  test('carry what a beta enables only with it', () => {
    const { body } = sent({ cacheMarks: true, betas: ['extended-cache-ttl', 'structured-outputs'] });
    expect(body.system[0].cache_control).toEqual({ type: 'ephemeral', ttl: '1h' });
  });
});
