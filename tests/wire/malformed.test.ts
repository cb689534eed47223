/** What makes a body no request that could be put into other words, and what does not. */
import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { USUAL_EFFORTS } from '../../src/core/model-facts.ts';
import { malformed } from '../../src/wire/shape/malformed.ts';
import { encoded as compatible } from '../support/anthropic.ts';
import { complaints as compatibleComplaints } from '../support/anthropic-validator.ts';
import { bodyWith } from '../support/bodies.ts';
import { REFUSED } from '../support/malformed.ts';
import { TAKEN } from '../support/odd-bodies.ts';
import { encoded as chat } from '../support/openai-chat.ts';
import { complaints as chatComplaints, MISTRAL, OPENAI } from '../support/openai-validator.ts';

const parsed = (change: object): unknown => JSON.parse(JSON.stringify(bodyWith(change)));

describe('cannot be repaired', () => {
  test.each(REFUSED.map(([name, change, message]) => ({ name, change, message })))(
    '$name',
    ({ change, message }) => {
      expect(malformed(parsed(change))).toBe(message);
    },
  );

  test.each([[null], [5], ['text'], [[]]])('a body that is %p', (body) => {
    expect(malformed(body)).toBe('body: Input should be a valid dictionary');
  });

  test('however much of it there is', () => {
    const messages = Array.from({ length: 200_000 }, () => 7);
    const said = malformed({ messages });
    expect(said).toMatch(/^messages\.0: .*; messages\.4: [^;]*; and more$/);
  });

  test('in words that repeat nothing of it', () => {
    const secret = 'SECRET words';
    const odd = { [secret]: secret, type: secret, name: 5, source: { type: secret, data: 5 } };
    const said = malformed({
      messages: [{ role: secret, content: [odd, { ...odd, type: 'image' }, secret] }],
      tools: [odd, { type: secret, name: [secret] }],
      tool_choice: { type: secret, disable_parallel_tool_use: secret },
      thinking: { type: secret, budget_tokens: secret },
    });
    expect(said).not.toContain('SECRET');
  });
});

describe('is taken', () => {
  test.each(TAKEN.map(([name, change]) => ({ name, change })))('$name', ({ change }) => {
    const request = parsed(change) as MessagesRequest;
    const before = JSON.stringify(request);
    expect(malformed(request)).toBeNull();
    const quirks = { efforts: () => USUAL_EFFORTS, reasoningHistory: () => true };
    expect(chatComplaints(chat(request, { quirks }).body, OPENAI)).toEqual([]);
    expect(chatComplaints(chat(request, { quirks: { toolId: 'alphanumeric-9' } }).body, MISTRAL)).toEqual([]);
    expect(compatibleComplaints(compatible(request).body)).toEqual([]);
    expect(JSON.stringify(request)).toBe(before);
  });
});
