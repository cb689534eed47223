/** What an upstream refused once is left out of the next requests to it. */
import { describe, expect, test } from 'bun:test';
import type { Upstream } from '../../src/core/upstream.ts';
import { text } from '../../src/drill/answers.ts';
import { lessons } from '../../src/proxy/lessons.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { ask, backup, benchOf, eventsOf, fakeSend, streamOf, wordsOf } from '../support/relay.ts';

const HOUR_MS = 60 * 60_000;
const BODY = JSON.stringify({
  model: 'claude-opus-4-8',
  max_tokens: 64_000,
  stream: true,
  temperature: 0.5,
  stop_sequences: ['END'],
  tools: [{ name: 'Look', input_schema: { type: 'object', properties: {} } }],
  tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  messages: [{ role: 'user', content: 'hi' }],
});
const refusal = (message: string) =>
  new Response(JSON.stringify({ error: { message, type: 'invalid_request_error' } }), { status: 400 });
const answer = () =>
  new Response(
    'data: {"choices":[{"index":0,"delta":{"content":"Hi."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    { headers: { 'content-type': 'text/event-stream' } },
  );
const chat = (name: string): Upstream => backup({ name, dialect: openaiChat });

/** A server that refuses what it is named, as OpenAI would, the first that it finds. */
function picky(...refused: string[]) {
  return ({ body }: { body?: unknown }) => {
    const found = refused.find((field) => field in JSON.parse(String(body)));
    return found === undefined ? answer() : refusal(`Unsupported parameter: '${found}' is not supported`);
  };
}

function table(...refused: string[]) {
  const clock = manualClock();
  const send = fakeSend({ one: picky(...refused) });
  const bench = benchOf([chat('one')], { send, clock });
  const attempts = async () => {
    const said = await ask(bench, { body: BODY });
    return [said.status, said.headers.get('x-ccproxy-attempts')];
  };
  return { clock, send, attempts };
}

test('the second request goes out as the first was taken', async () => {
  const { attempts, send } = table('stream_options');
  expect(await attempts()).toEqual([200, '2']);
  expect(await attempts()).toEqual([200, '1']);
  expect(send.sent).toHaveLength(3);
});

test('one lesson comes to another', async () => {
  const { attempts } = table('stream_options', 'temperature');
  expect(await attempts()).toEqual([200, '3']);
  expect(await attempts()).toEqual([200, '1']);
});

test('a server that minds more than three things is left, and asked rightly the next time', async () => {
  const { attempts } = table('stream_options', 'temperature', 'stop', 'parallel_tool_calls');
  expect(await attempts()).toEqual([503, '4']);
  expect(await attempts()).toEqual([200, '2']);
  expect(await attempts()).toEqual([200, '1']);
});

test('a server that minds the same thing again is left', async () => {
  const { attempts } = table('messages');
  expect(await attempts()).toEqual([503, '1']);
});

test('after an hour it is asked again as ever', async () => {
  const { attempts, clock } = table('stream_options');
  await attempts();
  await clock.advance(HOUR_MS + 1);
  expect(await attempts()).toEqual([200, '2']);
});

describe('pictures', () => {
  const source = { type: 'base64', media_type: 'image/png', data: 'eA==' };
  const body = JSON.stringify({
    ...JSON.parse(BODY),
    messages: [{ role: 'user', content: [{ type: 'image', source }] }],
  });
  const twice = async (words: string) => {
    const send = fakeSend({
      one: ({ body: sent }) => (String(sent).includes('eA==') ? refusal(words) : answer()),
    });
    const bench = benchOf([chat('one')], { send });
    await ask(bench, { body });
    await ask(bench, { body });
    return send.sent.map(({ body: sent }) => sent.includes('eA=='));
  };

  test('are sent once to who sees none', async () => {
    expect(await twice('This model does not support image input')).toEqual([true, false, false]);
  });

  test('are sent again to who could not read one of them', async () => {
    expect(await twice('Could not process image')).toEqual([true, false, true, false]);
  });
});

test('who goes on from no beginning is asked in words, and from then on at once', async () => {
  const messages = [
    { role: 'user', content: 'Name a flower.' },
    { role: 'assistant', content: 'A flower is' },
  ];
  const lastOf = (body: unknown) => JSON.parse(String(body)).messages.at(-1).role;
  const send = fakeSend({
    one: ({ body }) =>
      lastOf(body) === 'user'
        ? streamOf(eventsOf(text('a rose.')))
        : refusal(
            'This model does not support assistant message prefill. The conversation must end with a user message.',
          ),
  });
  const bench = benchOf([backup({ name: 'one' })], { send });
  for (let at = 0; at < 2; at += 1) {
    const said = await ask(bench, { body: JSON.stringify({ ...JSON.parse(BODY), messages }) });
    expect([said.status, wordsOf(said)]).toEqual([200, 'a rose.']);
  }
  expect(send.sent.map(({ body }) => lastOf(body))).toEqual(['assistant', 'user', 'user']);
});

describe('what is learned', () => {
  test('belongs to one upstream and one model', () => {
    const known = lessons();
    known.learn('one', 'large', { streamUsage: false }, 0);
    expect(known.of('one', 'large', 1)).toEqual({ streamUsage: false });
    expect(known.of('one', 'small', 1)).toEqual({});
    expect(known.of('other', 'large', 1)).toEqual({});
  });

  test('is nothing that was said of one request', () => {
    const known = lessons();
    known.learn(
      'one',
      'large',
      { images: false, documents: false, maxTokens: 500, overTokens: 9, thinkingHistory: false },
      0,
    );
    expect(known.of('one', 'large', 1)).toEqual({});
    known.learn('one', 'large', { vision: false, files: false }, 0);
    expect(known.of('one', 'large', 1)).toEqual({ vision: false, files: false });
  });

  test('adds up', () => {
    const known = lessons();
    known.learn('one', 'large', { streamUsage: false }, 0);
    known.learn('one', 'large', { parallelToolCalls: false }, HOUR_MS - 1);
    expect(known.of('one', 'large', HOUR_MS + 1)).toEqual({ streamUsage: false, parallelToolCalls: false });
  });
});
