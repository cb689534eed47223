/** Requests that are deep, long or odd all over: each comes to an end, and in a time that grows with its length alone. */
import { describe, expect, test } from 'bun:test';
import { estimateTokens } from '../../src/core/estimate.ts';
import type { MessagesRequest } from '../../src/core/messages.ts';
import { portable } from '../../src/wire/dialects/anthropic/portable.ts';
import { malformed } from '../../src/wire/shape/malformed.ts';
import { encoded as anthropicEncoded } from '../support/anthropic.ts';
import { complaints as anthropicComplaints } from '../support/anthropic-validator.ts';
import { encoded as chatEncoded, REQUEST } from '../support/openai-chat.ts';
import { complaints as chatComplaints } from '../support/openai-validator.ts';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const request = (part: object) => ({ ...REQUEST, ...part }) as MessagesRequest;
const said = (...messages: unknown[]) => request({ messages });
const tool = (schema: string) => request({ tools: [{ name: 'A', input_schema: JSON.parse(schema) }] });
const call = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'A', input });
const result = (id: string, content: unknown = 'ok') => ({ type: 'tool_result', tool_use_id: id, content });
const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
/** As deep as a body may be. */
const nested = (opening: string, inside: string, closing: string, levels: number) =>
  JSON.parse(`${opening.repeat(levels)}${inside}${closing.repeat(levels)}`) as unknown;

const CASES: [string, () => MessagesRequest][] = [
  ['a deep input', () => said(user('go'), assistant([call('a', { deep: nested('[', '', ']', 9_900) })]))],
  [
    'a deep block that nobody knows',
    () => said(user([{ type: 'new', content: nested('[', '', ']', 9_900) }])),
  ],
  [
    'documents inside documents',
    () => said(user([nested('{"type":"document","source":{"type":"content","content":[', '', ']}}', 3_300)])),
  ],
  [
    'results inside results',
    () =>
      said(
        user('go'),
        assistant([call('a')]),
        user([nested('{"type":"tool_result","tool_use_id":"a","content":[', '', ']}', 4_900)]),
      ),
  ],
  ['a deep schema', () => tool(`${'{"items":'.repeat(9_900)}{}${'}'.repeat(9_900)}`)],
  ['a schema of alternatives', () => tool(`${'{"anyOf":['.repeat(4_900)}{}${']}'.repeat(4_900)}`)],
  [
    'schemas that refer to themselves',
    () =>
      tool(
        '{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#/$defs/x"}},"$defs":{"x":{"$ref":"#/$defs/x"}}}',
      ),
  ],
  [
    'more blocks than an argument list has room for',
    () => said(user('a'), user(many(1_200_000, () => ({ type: 'text', text: 'x' })))),
  ],
  ['a message for every word', () => said(...many(100_000, () => user('x')))],
  [
    'a hundred thousand reminders',
    () => said(user('x'), ...many(100_000, () => ({ role: 'system', content: 'y' }))),
  ],
  [
    'reminders between words',
    () => said(...many(200_000, (at) => (at % 2 === 0 ? user('x') : { role: 'system', content: 'y' }))),
  ],
  [
    'a hundred thousand calls in five thousand turns',
    () =>
      said(
        user('go'),
        ...many(5_000, (turn) => [
          assistant(many(20, (at) => call(`t${turn}_${at}`))),
          user(many(20, (at) => result(`t${turn}_${at}`))),
        ]).flat(),
      ),
  ],
  [
    'as many with one id',
    () =>
      said(
        user('go'),
        ...many(5_000, () => [
          assistant(many(20, (at) => call('t', { at }))),
          user(many(20, () => result('t'))),
        ]).flat(),
      ),
  ],
  [
    'a hundred thousand tools',
    () =>
      request({ tools: many(100_000, (at) => ({ name: `t ${at}`.replace(' ', '_'), input_schema: {} })) }),
  ],
  [
    'two hundred thousand texts after an empty one',
    () =>
      said(
        assistant([{ type: 'text', text: '' }]),
        ...many(200_000, () => user([{ type: 'text', text: 'x' }])),
      ),
  ],
];

/** A machine that is busy takes a few seconds; what grows with the square of the length takes half a minute and more. */
const BUSY_MS = 20_000;

describe.each(CASES)('%s', (_name, make) => {
  test(
    'for a Chat Completions server',
    () => expect(chatComplaints(chatEncoded(make()).body)).toEqual([]),
    BUSY_MS,
  );

  test(
    'for a server that imitates the API',
    () => expect(anthropicComplaints(anthropicEncoded(make()).body)).toEqual([]),
    BUSY_MS,
  );

  test(
    'for Anthropic, counted and checked',
    () => {
      expect(malformed(make())).toBeNull();
      expect(portable(make()).messages.length).toBeGreaterThan(0);
      expect(estimateTokens(make())).toBeGreaterThan(0);
    },
    BUSY_MS,
  );
});
