import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { targetIn } from '../support/fixture-target.ts';
import { encoded } from '../support/openai-chat.ts';
import { complaints, MISTRAL, OPENAI, strictnessOf } from '../support/openai-validator.ts';

const FOLDER = join(import.meta.dir, 'fixtures/openai-chat');
/** Set to write what comes out as what is expected; the diff is then for review. */
const UPDATE = process.env.CCPROXY_UPDATE_FIXTURES !== undefined;

const CASES = readdirSync(FOLDER)
  .map((name) => ({ name, folder: join(FOLDER, name) }))
  .filter(({ folder }) => !existsSync(join(folder, 'stream.sse')));

describe.each(CASES)('$name', ({ folder }) => {
  const request = JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8')) as MessagesRequest;
  const target = targetIn(folder);
  const { body, text, headers } = encoded(request, target);

  test('goes upstream as this body', () => {
    const actual = `${JSON.stringify(body, null, 2)}\n`;
    const file = join(folder, 'body.json');
    if (UPDATE) writeFileSync(file, actual);
    expect(actual).toBe(readFileSync(file, 'utf8'));
  });

  test('is what a strict server takes', () => {
    const { provider, model = '', quirks, facts = {} } = target;
    const own = {
      ...(quirks?.toolId === 'alphanumeric-9' ? MISTRAL : OPENAI),
      fields: Object.keys(quirks?.thinkingOff?.(model, facts) ?? {}),
    };
    expect(complaints(body, provider === undefined ? own : strictnessOf(provider))).toEqual([]);
    expect(text).not.toMatch(/cache_control|billing-header|encrypted_content|SECRET|"signature"|user_id/);
  });

  test('carries its own headers only', () => {
    expect([...headers.keys()].sort()).toEqual(['accept', 'content-type']);
    expect(headers.get('accept')).toBe(request.stream === true ? 'text/event-stream' : 'application/json');
  });

  test('is the same for plain strings and for single text blocks', () => {
    const blocks = request.messages.map((message) => ({
      ...message,
      content:
        typeof message.content === 'string'
          ? [{ type: 'text' as const, text: message.content }]
          : message.content,
    }));
    expect(encoded({ ...request, messages: blocks }, target).text).toBe(text);
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
    expect(JSON.stringify(later.tools)).toBe(JSON.stringify(body.tools));
    if (request.messages.at(-1)?.role === 'assistant') return;
    expect(JSON.stringify(later.messages.slice(0, body.messages.length))).toBe(JSON.stringify(body.messages));
  });
});
