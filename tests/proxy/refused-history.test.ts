/** Anthropic does not take how a client's history pairs calls with results: it is asked once more with one that does. */
import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import { complaints } from '../support/anthropic-validator.ts';
import { ask, benchOf, eventsOf, fakeSend, primary, streamOf, wordsOf } from '../support/relay.ts';

const call = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'Water', input });
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'done' });
const say = (...content: object[]) => ({ role: 'assistant', content });
const asked = (...content: object[]) => ({ role: 'user', content });
const words = { type: 'text', text: 'And the tulips.' };
const HI = { role: 'user', content: 'Water the roses.' };

const refusal = (message: string) =>
  `{"type":"error" ,"error":${JSON.stringify({ type: 'invalid_request_error', message })},"request_id":"req_theirs"}`;
const textOf = (body: unknown) =>
  typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array);

/** An upstream that refuses such histories with these words, and what it is sent and its client told. */
async function talk(message: string, messages: object[], refusesAll = false) {
  const sent: string[] = [];
  const send = fakeSend({
    anthropic: ({ body }) => {
      sent.push(textOf(body));
      const isGood = complaints(JSON.parse(textOf(body)), 'native').length === 0;
      if (isGood && !refusesAll) return streamOf(eventsOf(text('You are welcome.')));
      return new Response(refusal(message), {
        status: 400,
        headers: { 'content-type': 'application/json' },
      });
    },
  });
  const body = JSON.stringify({ model: 'claude-opus-4-8', max_tokens: 64, stream: true, messages });
  const answer = await ask(benchOf([primary()], { send }), { body });
  return { answer, sent, body };
}

const UNANSWERED =
  'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t2. Each `tool_use` block must have a corresponding `tool_result` block in the next message.';
const HISTORIES: [name: string, message: string, messages: object[]][] = [
  ['a call without a result', UNANSWERED, [HI, say(call('t1'), call('t2')), asked(result('t1'))]],
  ['words before a result', UNANSWERED, [HI, say(call('t2')), asked(words, result('t2'))]],
  [
    'a result without a call',
    'messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t1. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    [HI, say(words), asked(result('t1'))],
  ],
  [
    'two results of a call',
    'messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: t1',
    [HI, say(call('t1')), asked(result('t1'), result('t1'))],
  ],
  [
    'an id that comes again',
    'messages: `tool_use` ids must be unique',
    [HI, say(call('t1')), asked(result('t1')), say(call('t1')), asked(result('t1'))],
  ],
  [
    'an input that is missing',
    'messages.1.content.0.tool_use.input: Field required',
    [HI, say({ type: 'tool_use', id: 't1', name: 'Water' }), asked(result('t1'))],
  ],
];

describe.each(HISTORIES)('%s', (_, message, messages) => {
  test('is sent as it came, and mended when it is refused', async () => {
    const { answer, sent, body } = await talk(message, messages);
    expect([answer.status, wordsOf(answer), answer.headers.get('x-ccproxy-attempts')]).toEqual([
      200,
      'You are welcome.',
      '2',
    ]);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toBe(body);
  });

  test('is refused by words that the client gets as they are where that does not help', async () => {
    const { answer, sent } = await talk(message, messages, true);
    expect([answer.status, answer.text, sent.length]).toEqual([400, refusal(message), 2]);
  });
});

test.each([
  ['about something else', 'max_tokens: Field required', [HI, say(call('t1')), asked(words)]],
  ['of a history that has nothing to mend', UNANSWERED, [HI, say(call('t1')), asked(result('t1'))]],
  [
    'of the results of a server tool',
    'messages.1.content.0: unexpected `tool_use_id` found in `advisor_tool_result` blocks: srvtoolu_1.',
    [HI, say(call('t1')), asked(words)],
  ],
])('a refusal %s is not acted on', async (_, message, messages) => {
  const { answer, sent } = await talk(message, messages, true);
  expect([answer.text, sent.length]).toEqual([refusal(message), 1]);
});
