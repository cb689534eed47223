import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { encoded } from '../support/anthropic.ts';
import { complaints } from '../support/anthropic-validator.ts';
import { targetIn } from '../support/fixture-target.ts';

const FOLDER = join(import.meta.dir, 'fixtures/anthropic-compatible');
/** Set to write what comes out as what is expected; the diff is then for review. */
const UPDATE = process.env.CCPROXY_UPDATE_FIXTURES !== undefined;

const CASES = readdirSync(FOLDER)
  .map((name) => ({ name, folder: join(FOLDER, name) }))
  .filter(({ folder }) => existsSync(join(folder, 'request.json')));

describe.each(CASES)('$name', ({ folder }) => {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const request = JSON.parse(read('request.json')) as MessagesRequest;
  const target = targetIn(folder);
  const { body, text, headers } = encoded(request, target);

  test('goes upstream as this body', () => {
    const actual = `${JSON.stringify(body, null, 2)}\n`;
    if (UPDATE) writeFileSync(join(folder, 'body.json'), actual);
    expect(actual).toBe(read('body.json'));
  });

  test('is what a strict server takes', () => {
    expect(complaints(body)).toEqual([]);
    expect(text).not.toMatch(/cache_control|billing-header|SECRET|ccp1:|user_id|defer_loading|citations/);
  });

  test('carries its own headers only', () => {
    expect([...headers.keys()].sort()).toEqual(['accept', 'anthropic-version', 'content-type']);
    expect(headers.get('accept')).toBe(request.stream === true ? 'text/event-stream' : 'application/json');
  });

  test('is the same for plain strings and for single text blocks', () => {
    const messages = request.messages.map(({ role, content }) => ({
      role,
      content: typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content,
    }));
    expect(encoded({ ...request, messages }, target).text).toBe(text);
  });

  test('does not change the request, and has the same beginning one turn later', () => {
    const before = JSON.stringify(request);
    const next: MessagesRequest = {
      ...request,
      messages: [
        ...request.messages,
        { role: 'assistant', content: 'So be it.' },
        { role: 'user', content: 'Thanks.' },
      ],
    };
    const later = encoded(next, target).body;
    expect(JSON.stringify(request)).toBe(before);
    expect(JSON.stringify(later.system)).toBe(JSON.stringify(body.system));
    expect(JSON.stringify(later.tools)).toBe(JSON.stringify(body.tools));
    if (request.messages.at(-1)?.role === 'assistant') return;
    expect(JSON.stringify(later.messages.slice(0, body.messages.length))).toBe(JSON.stringify(body.messages));
  });

  test('goes to Anthropic with a history that it takes, once it has refused another', () => {
    const quirks = { ...target.quirks, pairedHistory: true };
    const native = encoded(request, { ...target, native: true, quirks, model: request.model });
    // Who calls at the very end has had no answer yet.
    expect(complaints(native.body, 'native').filter((one) => !one.startsWith('at the end'))).toEqual([]);
  });
});

describe('the validator sees', () => {
  const good = {
    model: 'm',
    max_tokens: 10,
    stream: true,
    tools: [{ name: 'A', input_schema: { type: 'object', properties: {} } }],
    messages: [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'A', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'ok' }] },
    ],
  };
  const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });

  test('nothing in a good request', () => {
    expect(complaints(good)).toEqual([]);
    expect(complaints(good, 'native')).toEqual([]);
  });

  test.each<[string, object]>([
    ['an unknown field', { metadata: {} }],
    ['no limit', { max_tokens: 0 }],
    ['adaptive thinking', { thinking: { type: 'adaptive' } }],
    ['a typed tool', { tools: [{ ...good.tools[0], type: 'custom' }] }],
    ['a tool twice', { tools: [...good.tools, ...good.tools] }],
    ['a choice of nothing', { tool_choice: { type: 'tool', name: 'B' } }],
    ['a call without its result', { messages: good.messages.slice(0, 2) }],
    ['a result without its call', { messages: good.messages.slice(2) }],
    ['an assistant at the beginning', { messages: good.messages.slice(1) }],
    ['two users in a row', { messages: [good.messages[0], ...good.messages] }],
    ['a call twice', { messages: [...good.messages, ...good.messages.slice(1)] }],
    ['no content', user([])],
    ['blank text', user([{ type: 'text', text: ' ' }])],
    ['a cache mark', user([{ type: 'text', text: 'a', cache_control: {} }])],
    ['an image by address', user([{ type: 'image', source: { type: 'url', url: 'x' } }])],
    ['an unknown block', user([{ type: 'tool_reference', tool_name: 'x' }])],
  ])('%s', (_name, change) => {
    expect(complaints({ ...good, ...change })).not.toEqual([]);
  });

  test.each<[string, object]>([
    ['empty text', { type: 'text', text: '' }],
    ['unsigned thinking', { type: 'thinking', thinking: 'a', signature: '' }],
    ['our own mark', { type: 'thinking', thinking: 'a', signature: 'ccp1:acme' }],
    ['an odd id', { type: 'tool_use', id: 'a:0', name: 'A', input: {} }],
    ['an input that is a string', { type: 'tool_use', id: 'a', name: 'A', input: '{}' }],
  ])('%s, as Anthropic does', (_name, block) => {
    expect(complaints({ messages: [{ role: 'assistant', content: [block] }] }, 'native')).not.toEqual([]);
  });
});
