/** Anthropic does not take the thinking in a history: it is asked once more without it, before its client hears of it. */
import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import {
  ask,
  backup,
  benchOf,
  blackHole,
  eventsOf,
  fakeSend,
  heldAgainst,
  primary,
  streamOf,
  type Voices,
  wholeOf,
  wordsOf,
} from '../support/relay.ts';

const REFUSAL = `{"type":"error" ,"error":${JSON.stringify({
  type: 'invalid_request_error',
  message: 'messages.1.content.0: Invalid `signature` in `thinking` block',
})},"request_id":"req_theirs"}\n`;
const refuse = () =>
  new Response(REFUSAL, {
    status: 400,
    headers: { 'content-type': 'application/json', 'request-id': 'req_theirs', 'x-new': 'kept' },
  });

const thinking = (signature: string) => ({ type: 'thinking', thinking: 'Which bed?', signature });
const said = (words: string) => ({ type: 'text', text: words });
const HISTORY = [
  { role: 'user', content: 'Water the roses.' },
  {
    role: 'assistant',
    content: [thinking('EqQBCkYIBxgCKkA'), { type: 'tool_use', id: 'toolu_1', name: 'Water', input: {} }],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' }] },
  { role: 'assistant', content: [{ type: 'redacted_thinking', data: 'EmwKAhgBEgy' }] },
  { role: 'user', content: [said('And the tulips.')] },
  { role: 'assistant', content: [thinking('EqQBCkYIBxgCKkB'), said('Watered.')] },
  { role: 'user', content: 'Thank you.' },
];
const bodyOf = (messages: unknown[], stream = true) =>
  JSON.stringify({
    model: 'claude-opus-4-8',
    max_tokens: 64,
    stream,
    thinking: { type: 'adaptive' },
    messages,
  });

const isThinking = (body: unknown) => /"(?:redacted_)?thinking","(?:thinking|data)"/.test(textOf(body));
const textOf = (body: unknown) =>
  typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array);

/** Anthropic, which refuses all thinking; what it says to a request without. */
const strict =
  (then: Voices[string]): Voices[string] =>
  (outgoing) =>
    isThinking(outgoing.body) ? refuse() : then(outgoing);
const well: Voices[string] = ({ body }) =>
  textOf(body).includes('"stream":true')
    ? streamOf(eventsOf(text('You are welcome.')))
    : new Response(wholeOf(text('You are welcome.')), { headers: { 'content-type': 'application/json' } });

function stage(voices: Voices, options: { failover?: object; model?: (asked: string) => string } = {}) {
  const { failover = {}, model } = options;
  const chain = [primary(model === undefined ? {} : { model }), backup()];
  const send = fakeSend(voices);
  return { bench: benchOf(chain, { send, failover }), sent: send.sent };
}

describe('a signature that is refused', () => {
  test.each([true, false])('is left out with all the thinking there is (stream: %p)', async (stream) => {
    const { bench, sent } = stage({ anthropic: strict(well) });
    const answer = await ask(bench, { body: bodyOf(HISTORY, stream), stream });
    expect([answer.status, wordsOf(answer), answer.headers.get('x-ccproxy-attempts')]).toEqual([
      200,
      'You are welcome.',
      '2',
    ]);
    expect(answer.headers.get('x-ccproxy-upstream')).toBe('anthropic');
    const [first, second] = sent.map(({ body }) => JSON.parse(body));
    expect(first).toEqual(JSON.parse(bodyOf(HISTORY, stream)));
    // A turn of which nothing is left is gone, and what stood around it is one.
    expect(second).toEqual({
      ...first,
      messages: [
        HISTORY[0],
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Water', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' },
            said('And the tulips.'),
          ],
        },
        { role: 'assistant', content: [said('Watered.')] },
        HISTORY[6],
      ],
    });
    expect(heldAgainst(bench, 'anthropic')).toEqual([]);
  });

  test.each<[how: string, then: Voices[string]]>([
    ['as before', refuse],
    ['for something else', () => new Response('{"other":1}', { status: 400 })],
    ['because it is overloaded', () => new Response('{}', { status: 529 })],
    ['at its limit', () => new Response('{}', { status: 429, headers: { 'retry-after': '3' } })],
    ['with a page', () => new Response('<html>', { status: 502 })],
    ['before its first content', () => streamOf(eventsOf().slice(0, 1))],
    [
      'for want of a connection',
      () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNRESET' })),
    ],
  ])('and then it fails %s: its client sees what it said first', async (_, then) => {
    const { bench, sent } = stage({ anthropic: strict(then) });
    const answer = await ask(bench, { body: bodyOf(HISTORY) });
    expect([answer.status, answer.text, sent.length]).toEqual([400, REFUSAL, 2]);
    const {
      'request-id': id,
      'x-new': other,
      'x-ccproxy-upstream': who,
    } = Object.fromEntries(answer.headers);
    expect([id, other, who, answer.headers.get('x-ccproxy-attempts')]).toEqual([
      'req_theirs',
      'kept',
      'anthropic',
      '2',
    ]);
  });

  test('goes to no other upstream, but where the user wants refusals to', async () => {
    const voices = { anthropic: refuse, backup: well };
    expect((await ask(stage(voices).bench, { body: bodyOf(HISTORY) })).status).toBe(400);
    const triggers = (status: number) => status === 400;
    const { bench, sent } = stage(voices, { failover: { triggers } });
    expect(wordsOf(await ask(bench, { body: bodyOf(HISTORY) }))).toBe('You are welcome.');
    expect(sent.map(({ upstream }) => upstream)).toEqual(['anthropic', 'anthropic', 'backup']);
    expect(sent[2]?.body).not.toContain('redacted_thinking');
  });

  test('is left out also where nothing fails over', async () => {
    const { bench } = stage({ anthropic: strict(well) }, { failover: { enabled: false } });
    expect(wordsOf(await ask(bench, { body: bodyOf(HISTORY) }))).toBe('You are welcome.');
  });

  test('is left out of the request for the model that it is mapped to', async () => {
    const { bench, sent } = stage({ anthropic: strict(well) }, { model: () => 'claude-sonnet-5' });
    await ask(bench, { body: bodyOf(HISTORY) });
    expect(sent.map(({ body }) => JSON.parse(body).model)).toEqual(['claude-sonnet-5', 'claude-sonnet-5']);
  });

  test.each<[history: string, messages: unknown[]]>([
    ['no thinking', [{ role: 'user', content: 'Invalid `signature` in `thinking` block: "thinking":"x"' }]],
    [
      'thinking of others alone, which is not sent',
      [
        HISTORY[0],
        { role: 'assistant', content: [thinking('ccp1:groq'), said('Watered.')] },
        HISTORY[6],
      ] as unknown[],
    ],
  ])('is not asked about twice with %s in the history', async (_, messages) => {
    const { bench, sent } = stage({ anthropic: refuse });
    const answer = await ask(bench, { body: bodyOf(messages) });
    expect([answer.status, answer.text, sent.length]).toEqual([400, REFUSAL, 1]);
  });

  test('keeps nothing when its client leaves meanwhile', async () => {
    const { bench, sent } = stage({ anthropic: strict(blackHole) });
    const client = new AbortController();
    const asked = ask(bench, { body: bodyOf(HISTORY) }, client.signal).catch((error: Error) => error.message);
    while (sent.length < 2) await Promise.resolve();
    client.abort();
    expect([await asked, bench.gates.held('anthropic')]).toEqual(['no head', 0]);
    expect(bench.events.requests).toMatchObject([{ outcome: 'cancelled' }]);
  });
});

test('a backup that refuses the signature of its own thinking is asked without it', async () => {
  const own = { type: 'thinking', thinking: 'Which bed?', signature: 'ccp1:anthropic-compatible' };
  const history = [HISTORY[0], { role: 'assistant', content: [own, said('Watered.')] }, HISTORY[6]];
  const { bench, sent } = stage({ backup: strict(well) });
  const alone = { ...bench, chain: bench.chain.slice(1) };
  expect(wordsOf(await ask(alone, { body: bodyOf(history) }))).toBe('You are welcome.');
  expect(sent.map(({ body }) => isThinking(body))).toEqual([true, false]);
});
