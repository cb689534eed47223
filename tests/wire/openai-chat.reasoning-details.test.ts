import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from '../../src/core/collect.ts';
import { isBlock, type MessagesRequest } from '../../src/core/messages.ts';
import type { Target } from '../../src/core/upstream.ts';
import { encoded as encodedForMessages } from '../support/anthropic.ts';
import { complaints as refusals } from '../support/anthropic-validator.ts';
import { encoded, REQUEST, runText, sseOf, targetOf } from '../support/openai-chat.ts';

const FOLDER = join(import.meta.dir, 'fixtures/openai-chat');
const OWN: Partial<Target> = { provider: 'acme', model: 'acme-large', quirks: { reasoningDetails: true } };

type Detail = Record<string, unknown>;

/** Details put together by hand: fragments of one type and index are one. */
function whole(stream: string): Detail[] {
  const details = new Map<string, Detail>();
  for (const line of stream.split('\n').filter((each) => each.startsWith('data: {'))) {
    const chunk = JSON.parse(line.slice(6)) as { choices: { delta: { reasoning_details?: Detail[] } }[] };
    for (const part of chunk.choices[0]?.delta.reasoning_details ?? []) {
      const key = `${part.type} ${part.index}`;
      const before = details.get(key) ?? {};
      const joined = Object.entries(part).map(([name, value]): [string, unknown] => [
        name,
        ['text', 'summary'].includes(name) ? `${before[name] ?? ''}${value}` : value,
      ]);
      details.set(key, { ...before, ...Object.fromEntries(joined) });
    }
  }
  return [...details.values()].map((detail) =>
    Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== '')),
  );
}

/** The conversation one turn after an answer. */
function after(stream: string): MessagesRequest {
  const { content } = collect(runText(stream, targetOf(OWN)).frames);
  const results = content
    .filter((block) => isBlock(block, 'tool_use'))
    .map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'done' }));
  return {
    ...REQUEST,
    messages: [
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content },
      { role: 'user', content: [...results, { type: 'text', text: 'On.' }] },
    ],
  };
}

const CASES = readdirSync(FOLDER)
  .filter((name) => name.startsWith('details-') && existsSync(join(FOLDER, name, 'stream.sse')))
  .map((name): [string, string] => [name, readFileSync(join(FOLDER, name, 'stream.sse'), 'utf8')]);

describe.each(CASES)('%s', (_name, stream) => {
  const request = after(stream);

  test('goes back to who wrote it, each detail in one piece', () => {
    const { body } = encoded(request, OWN);
    const sort = (details: Detail[]) => details.map((detail) => Object.entries(detail).sort());
    expect(sort(body.messages[1].reasoning_details)).toEqual(sort(whole(stream)));
  });

  test.each<[string, Partial<Target>]>([
    ['another provider', { ...OWN, provider: 'other' }],
    ['another model', { ...OWN, model: 'acme-small' }],
    ['a server that does not ask for it', { ...OWN, quirks: {} }],
  ])('stays behind for %s', (_whom, target) => {
    expect(encoded(request, target).text).not.toMatch(/reasoning_details|ccp1|c2lnbmVk|Z0FBQUFB/);
  });

  test('stays behind for Anthropic, and for the same provider by its other API', () => {
    const native = encodedForMessages(request, { native: true, model: request.model });
    expect(refusals(native.body, 'native')).toEqual([]);
    expect(native.text).not.toContain('ccp1');
    const other = encodedForMessages(request, OWN);
    expect(refusals(other.body)).toEqual([]);
    expect(other.text).not.toContain('ccp1');
  });
});

test('a signature that comes after the text is joined with its thought', () => {
  const delta = (fields: object) => ({ choices: [{ index: 0, delta: fields, finish_reason: null }] });
  const text = { type: 'reasoning.text', index: 0 };
  const stream = sseOf([
    delta({ reasoning_details: [{ ...text, text: 'Weigh both.' }] }),
    delta({ content: 'Both.' }),
    delta({ reasoning_details: [{ ...text, signature: 'bGF0ZQ==' }] }),
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ]);
  expect(encoded(after(stream), OWN).body.messages[1].reasoning_details).toEqual([
    { type: 'reasoning.text', index: 0, text: 'Weigh both.', signature: 'bGF0ZQ==' },
  ]);
});

test('a thought that belongs to a call names it as the call is named now', () => {
  const id = 'tool_0_look';
  const stream = sseOf([
    {
      choices: [
        {
          index: 0,
          delta: {
            reasoning_details: [{ type: 'reasoning.encrypted', data: 'ZW5j', id, index: 0 }],
            tool_calls: [{ index: 0, id, function: { name: 'Look', arguments: '{}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
    },
  ]);
  const [, message] = encoded(after(stream), OWN).body.messages;
  expect(message.tool_calls[0].id).not.toBe(id);
  expect(message.reasoning_details[0].id).toBe(message.tool_calls[0].id);
});

test('what a client made of a mark is no detail', () => {
  const content = [
    'ccp1:acme:x',
    'ccp1:acme:',
    'ccp1:acme:13aebc8rqu3:%%%',
    'ccp1:acme:13aebc8rqu3:bnVsbA==',
  ].map((signature) => ({ type: 'thinking' as const, thinking: 'Hm.', signature }));
  const request: MessagesRequest = {
    ...REQUEST,
    messages: [
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content: [...content, { type: 'text', text: 'Well.' }] },
      { role: 'user', content: 'On.' },
    ],
  };
  expect(encoded(request, OWN).body.messages[1]).toEqual({ role: 'assistant', content: 'Well.' });
});
