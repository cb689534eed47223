/** An upstream that says how it would take the request is asked once more, so; everything else moves on. */
import { describe, expect, test } from 'bun:test';
import type { Upstream } from '../../src/core/upstream.ts';
import { text } from '../../src/drill/answers.ts';
import { ollama } from '../../src/providers/ollama.ts';
import { openaiCompatible } from '../../src/providers/openai-compatible.ts';
import { openrouter } from '../../src/providers/openrouter.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { ask, backup, benchOf, eventsOf, fakeSend, primary, streamOf, wordsOf } from '../support/relay.ts';

const PICTURE = JSON.stringify({
  model: 'claude-opus-4-8',
  max_tokens: 64_000,
  stream: true,
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'look' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'eA==' } },
      ],
    },
  ],
});
const TOOLS = JSON.stringify({
  ...JSON.parse(PICTURE),
  stop_sequences: ['END_OF_IT'],
  tool_choice: { type: 'tool', name: 'Water' },
  tools: [
    {
      name: 'Water',
      description: 'Waters a bed. '.repeat(100),
      input_schema: { type: 'object', properties: { bed: { type: 'string', pattern: '^[a-z]+$' } } },
    },
  ],
});
const refusal = (message: string, status = 400) =>
  new Response(JSON.stringify({ error: { message, type: 'invalid_request_error' } }), { status });
const spoken = () => streamOf(eventsOf(text('Here it is.')));
const compatible = (name: string): Upstream => backup({ name });
const chat = (name: string): Upstream => backup({ name, dialect: openaiChat });
const CHUNKS =
  'data: {"choices":[{"index":0,"delta":{"content":"Here it is."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const chatSpoken = () => new Response(CHUNKS, { headers: { 'content-type': 'text/event-stream' } });

describe.each([
  ['anthropic-compatible', compatible, spoken],
  ['openai-chat', chat, chatSpoken],
] as const)('an upstream that speaks %s', (_, upstream, answer) => {
  test('and refuses images is asked again without them', async () => {
    const send = fakeSend({
      one: ({ body }) =>
        String(body).includes('eA==') ? refusal('This model does not support image input') : answer(),
    });
    const said = await ask(benchOf([upstream('one')], { send }), { body: PICTURE });
    expect([said.status, wordsOf(said), said.headers.get('x-ccproxy-attempts')]).toEqual([
      200,
      'Here it is.',
      '2',
    ]);
    expect(send.sent.map(({ body }) => body.includes('image omitted'))).toEqual([false, true]);
  });

  test('and gives shorter answers is asked again for one', async () => {
    const send = fakeSend({
      one: ({ body }) =>
        JSON.parse(String(body)).max_tokens > 8192
          ? refusal('max_tokens must be less than or equal to 8192, the maximum value')
          : answer(),
    });
    const said = await ask(benchOf([upstream('one')], { send }), { body: PICTURE });
    expect([said.status, wordsOf(said)]).toEqual([200, 'Here it is.']);
    expect(send.sent.map(({ body }) => JSON.parse(body).max_tokens)).toEqual([64_000, 8192]);
  });

  test.each<[what: string, message: string, refused: RegExp, taken: RegExp]>([
    [
      'long descriptions',
      "Invalid 'tools[0].function.description': string too long. Expected a string with maximum length 64, but got a string with length 1300 instead.",
      /(?:Waters a bed\. ){10}/,
      /(?:Waters a bed\. ){3}/,
    ],
    ['a pattern', 'Invalid JSON schema: regex lookaround is not supported.', /"pattern"/, /"bed"/],
    [
      'a forced call',
      'tool_choice: only auto is supported, tool is not supported',
      /"tool_choice":\{"type":"(?:tool|function)"/,
      /Answer with a call of the tool Water/,
    ],
    ['stops', "Unsupported parameter: 'stop' is not supported with this model.", /END_OF_IT/, /"bed"/],
    ['a picture that it cannot read', 'Could not process image', /eA==/, /image omitted/],
  ])('and refuses %s is asked again without', async (_what, message, refused, taken) => {
    const send = fakeSend({ one: () => (send.sent.length === 1 ? refusal(message) : answer()) });
    const said = await ask(benchOf([upstream('one')], { send }), { body: TOOLS });
    expect([said.status, wordsOf(said)]).toEqual([200, 'Here it is.']);
    expect(send.sent.map(({ body }) => refused.test(body))).toEqual([true, false]);
    expect(send.sent[1]?.body).toMatch(taken);
  });

  test('is asked again once, not for ever', async () => {
    const send = fakeSend({
      one: () => refusal('This model does not support image input'),
      two: answer,
    });
    const said = await ask(benchOf([upstream('one'), upstream('two')], { send }), { body: PICTURE });
    expect(wordsOf(said)).toBe('Here it is.');
    expect(send.sent.map(({ upstream: name }) => name)).toEqual(['one', 'one', 'two']);
    expect(send.sent[2]?.body).toContain('eA==');
  });
});

/** Without thinking, and with. */
const SIDE = JSON.stringify({
  model: 'claude-haiku-4-5',
  max_tokens: 512,
  stream: true,
  messages: [{ role: 'user', content: 'Name this.' }],
});
const THINKING = JSON.stringify({
  ...JSON.parse(SIDE),
  max_tokens: 32_000,
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
});

test.each<[message: string, preset: Provider, body: string, sent: object[]]>([
  [
    'Reasoning is mandatory for this endpoint and cannot be disabled.',
    openrouter,
    SIDE,
    [{ reasoning: { enabled: false } }, { reasoning: { effort: 'low' } }],
  ],
  [
    'Unrecognized request argument supplied: reasoning',
    openrouter,
    THINKING,
    [{ reasoning: { effort: 'high' } }, {}],
  ],
  [
    'messages.3.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block',
    openrouter,
    THINKING,
    [{ reasoning: { effort: 'high' } }, {}],
  ],
  [
    "('body', 'chat_template_kwargs'): Extra inputs are not permitted",
    openaiCompatible,
    SIDE,
    [{ chat_template_kwargs: { enable_thinking: false } }, {}],
  ],
  ['think value "none" is not supported for this model', ollama, SIDE, [{ reasoning_effort: 'none' }, {}]],
])('a way to think, or not, is given up where it is refused: %s', async (message, preset, body, sent) => {
  const send = fakeSend({ one: () => (send.sent.length === 1 ? refusal(message) : chatSpoken()) });
  const upstream: Upstream = { ...chat('one'), quirks: preset.quirks, model: () => 'qwen3-8b' };
  const bench = benchOf([upstream], { send });
  const told = () =>
    send.sent.map(({ body: text }) => {
      const { reasoning, reasoning_effort, chat_template_kwargs } = JSON.parse(text);
      return JSON.parse(JSON.stringify({ reasoning, reasoning_effort, chat_template_kwargs }));
    });
  expect(wordsOf(await ask(bench, { body }))).toBe('Here it is.');
  expect(told()).toEqual(sent);
  // And the next request goes out so at once.
  expect(wordsOf(await ask(bench, { body }))).toBe('Here it is.');
  expect(told()).toEqual([...sent, sent[1]]);
});

describe('an upstream that counts the answer into the tokens of a minute', () => {
  const perMinute = (requested: number) =>
    refusal(`Request too large on tokens per minute (TPM): Limit 8000, Requested ${requested}`, 413);
  const asksFor = (body: string) => JSON.parse(body).max_tokens as number;

  test('is asked for a shorter one', async () => {
    const send = fakeSend({
      one: ({ body }) => {
        const most = asksFor(String(body)) + 3000;
        return most > 8000 ? perMinute(most) : chatSpoken();
      },
    });
    const said = await ask(benchOf([chat('one')], { send }), { body: PICTURE });
    expect([said.status, wordsOf(said)]).toEqual([200, 'Here it is.']);
    expect(send.sent.map(({ body }) => asksFor(body))).toEqual([64_000, 4936]);
  });

  test.each([3000, 80])('is asked for no more than that from then on, at once (%i words)', async (words) => {
    /** As it counts them, with a template of its own. */
    const prompt = words * 0.9 + 70;
    const long = JSON.stringify({
      ...JSON.parse(THINKING),
      messages: [{ role: 'user', content: 'petal '.repeat(words) }],
    });
    const send = fakeSend({
      one: ({ body }) => {
        const most = asksFor(String(body)) + prompt;
        return most > 8000 ? perMinute(most) : chatSpoken();
      },
    });
    const bench = benchOf([chat('one')], { send });
    for (let turn = 0; turn < 2; turn += 1) {
      expect(wordsOf(await ask(bench, { body: long }))).toBe('Here it is.');
    }
    const [first, second, third, ...others] = send.sent.map(({ body }) => asksFor(body));
    expect([first, second]).toEqual([32_000, 8000 - prompt - 64]);
    expect([third !== undefined && third <= 8000 - prompt, others]).toEqual([true, []]);
  });

  test('is asked so once, not for ever', async () => {
    const send = fakeSend({ one: () => perMinute(8200), two: chatSpoken });
    const said = await ask(benchOf([chat('one'), chat('two')], { send }), { body: PICTURE });
    expect(wordsOf(said)).toBe('Here it is.');
    expect(send.sent.map(({ body }) => asksFor(body))).toEqual([64_000, 63_736, 64_000]);
  });

  test('is left where the conversation alone is too much, and the client is told so', async () => {
    const send = fakeSend({ one: () => perMinute(90_000) });
    const said = await ask(benchOf([chat('one')], { send }), { body: PICTURE });
    expect([said.status, send.sent.length]).toEqual([400, 1]);
    expect(said.text).toContain('prompt is too long: 90000 tokens > 8000 maximum');
  });

  test('is left for the next', async () => {
    const send = fakeSend({ one: () => perMinute(90_000), two: chatSpoken });
    const said = await ask(benchOf([chat('one'), chat('two')], { send }), { body: PICTURE });
    expect([wordsOf(said), asksFor(send.sent[1]?.body ?? '')]).toEqual(['Here it is.', 64_000]);
  });
});

test("Anthropic's refusal is the client's to see: nothing of its request is changed", async () => {
  const send = fakeSend({
    anthropic: () => refusal('messages.0.content.1.image: image input is not supported'),
  });
  const said = await ask(benchOf([primary(), compatible('two')], { send }), { body: PICTURE });
  expect([said.status, send.sent.length]).toEqual([400, 1]);
});

test('an upstream that was waited for is asked again as it says, too', async () => {
  const clock = manualClock();
  const voices = [
    () => new Response('{}', { status: 429, headers: { 'retry-after': '3' } }),
    () => refusal('This model does not support image input'),
    () => spoken(),
  ];
  const send = fakeSend({ one: () => voices.shift()?.() ?? refusal('no') });
  const asked = ask(benchOf([compatible('one')], { send, clock }), { body: PICTURE });
  await clock.advance(3_000);
  const said = await asked;
  expect([said.status, wordsOf(said), said.headers.get('x-ccproxy-attempts')]).toEqual([
    200,
    'Here it is.',
    '3',
  ]);
  expect(send.sent.map(({ body }) => body.includes('eA=='))).toEqual([true, true, false]);
});

test('what would be refused in the same way is not sent again', async () => {
  const send = fakeSend({ one: () => refusal('This model does not support image input') });
  const said = await ask(benchOf([compatible('one')], { send }), {
    body: JSON.stringify({ ...JSON.parse(PICTURE), messages: [{ role: 'user', content: 'look' }] }),
  });
  expect([said.status, send.sent.length]).toEqual([503, 1]);
});
