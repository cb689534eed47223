/** What an upstream's model can do decides whether it is asked, and what it is sent: over HTTP, with the real configuration. */
import { describe, expect, test } from 'bun:test';
import { text } from '../../src/drill/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../../src/drill/upstream.ts';
import type { Status } from '../../src/server/status.ts';
import { bodyOf, type ErrorBody, type RunningApp, startApp } from '../support/app.ts';

const OPUS = 'claude-opus-4-8';
const TOOL = { name: 'Read', description: 'Reads.', input_schema: { type: 'object', properties: {} } };
const HI = { model: OPUS, max_tokens: 64, messages: [{ role: 'user', content: 'hi' }] };
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'UElDVFVSRQ==' } };
const PDF = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'UERG' } };

function ask(app: RunningApp, body: object) {
  const headers = { 'x-api-key': 'sk-ant-k' };
  return fetch(`${app.url}/v1/messages`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ ...HI, ...body }),
  });
}

/** A table of a groq upstream that is elsewhere, and its model for every name. */
function table(name: string, url: string, model: string, more = ''): string {
  const models = `models = { "*" = "${model}" }`;
  return `[upstreams.${name}]\nprovider = "groq"\nbase_url = "${url}"\napi_key = "k"\n${models}\n${more}\n`;
}

interface Sent {
  model: string;
  max_tokens?: number;
  reasoning_effort?: string;
  messages: { role: string; content: unknown }[];
}

function sentTo(upstream: ScriptedUpstream): Sent[] {
  return upstream.asked.map(({ text: body }) => JSON.parse(body()) as Sent);
}

/** What one upstream of this table is sent for `body`. */
async function sent(body: object, model: string, more = ''): Promise<Sent> {
  await using upstream = await startUpstream();
  await using app = await startApp({ file: table('one', upstream.url, model, more) });
  const answer = await ask(app, body);
  expect(answer.status).toBe(200);
  expect((await bodyOf<{ model: string }>(answer)).model).toBe(OPUS);
  const [only] = sentTo(upstream);
  if (only === undefined) throw new Error('nothing was sent');
  return only;
}

const long = (words: number) => ({ messages: [{ role: 'user', content: 'word '.repeat(words) }] });

describe('an upstream is passed over', () => {
  test.each([
    [
      'for tools that the file denies it',
      'openai/gpt-oss-120b',
      'tools = false',
      { tools: [TOOL] },
      /tools = false/,
    ],
    [
      'for tools that the data denies it',
      'groq/compound',
      '',
      { tools: [TOOL] },
      /groq\/compound calls no tools/,
    ],
    [
      'for a request above the window of the file',
      'openai/gpt-oss-120b',
      'context_window = 2000',
      long(4000),
      /2000 \(context_window\)/,
    ],
    ['for a request above the window of the data', 'openai/gpt-oss-120b', '', long(180_000), /takes 131072/],
  ])('%s', async (_, model, more, body, why) => {
    await using first = await startUpstream();
    await using second = await startUpstream({ script: { answer: text('From the second.') } });
    const file = table('first', first.url, model, more) + table('second', second.url, 'some-other-model');
    await using app = await startApp({ file });
    const answer = await ask(app, body);
    expect(answer.status).toBe(200);
    expect([answer.headers.get('x-ccproxy-upstream'), answer.headers.get('x-ccproxy-attempts')]).toEqual([
      'second',
      '1',
    ]);
    expect(await bodyOf<unknown>(answer)).toMatchObject({
      model: OPUS,
      content: [{ text: 'From the second.' }],
    });
    expect([first.requests.length, second.asked.length]).toEqual([0, 1]);
    expect(app.counters.counts('first')).toEqual({ requests: 0, ok: 0, failed: 0, attempts: 0, probes: 0 });
    // What it can do, it is asked for as ever, and then the news say why it was not.
    expect((await ask(app, {})).headers.get('x-ccproxy-upstream')).toBe('first');
    expect((await ask(app, body)).headers.get('x-ccproxy-upstream')).toBe('second');
    const status = await bodyOf<Status>(await fetch(`${app.url}/status`));
    expect(status.last_switch).toMatchObject({
      from: 'first',
      to: 'second',
      reason: expect.stringMatching(why),
    });
    expect(status.upstreams.map(({ state }) => state)).toEqual(['closed', 'closed']);
  });
});

describe('where no upstream could', () => {
  test('take so much, the client is asked to compact', async () => {
    await using one = await startUpstream();
    const file =
      table('small', one.url, 'x', 'context_window = 1000') +
      table('large', one.url, 'x', 'context_window = 2000');
    await using app = await startApp({ file });
    const answer = await ask(app, long(4000));
    expect([answer.status, answer.headers.get('x-ccproxy-attempts'), one.requests.length]).toEqual([
      400,
      '0',
      0,
    ]);
    const { error } = await bodyOf<ErrorBody>(answer);
    expect(error.type).toBe('invalid_request_error');
    expect(error.message).toMatch(/^prompt is too long: \d+ tokens > 2000 maximum$/);
  });

  test('call tools, the answer names the setting', async () => {
    await using one = await startUpstream();
    await using app = await startApp({ file: table('one', one.url, 'x', 'tools = false') });
    const answer = await ask(app, { tools: [TOOL] });
    expect([answer.status, answer.headers.get('x-should-retry'), one.requests.length]).toEqual([
      503,
      'false',
      0,
    ]);
    expect((await bodyOf<ErrorBody>(answer)).error.message).toContain(
      'one: it takes no requests with tools (tools = false)',
    );
  });

  test('but only the data says so, the one is asked', async () => {
    await using one = await startUpstream();
    await using app = await startApp({ file: table('one', one.url, 'groq/compound') });
    expect((await ask(app, { tools: [TOOL] })).status).toBe(200);
  });
});

describe('a picture', () => {
  const body = { messages: [{ role: 'user', content: [{ type: 'text', text: 'look' }, IMAGE] }] };
  test.each([
    ['goes to a model that sees', 'meta-llama/llama-4-scout-17b-16e-instruct', '', true],
    ['goes to one that is not known', 'a-new-one', '', true],
    ['does not go to one that does not see', 'openai/gpt-oss-120b', '', false],
    ['does, where the file says so', 'openai/gpt-oss-120b', 'vision = true', true],
    ['does not, where the file says so', 'a-new-one', 'vision = false', false],
  ])('%s', async (_, model, more, goes) => {
    const { messages } = await sent(body, model, more);
    expect(JSON.stringify(messages).includes('UElDVFVSRQ==')).toBe(goes);
    expect(JSON.stringify(messages).includes('[image omitted: model has no vision]')).toBe(!goes);
  });

  test.each([
    ['goes to a model that sees', 'gpt-5', '', true],
    ['does not go to one that does not', 'o3-mini', '', false],
    ['does not, where the file says that it does not see', 'gpt-5', 'vision = false', false],
  ])('in a PDF %s, at a provider that takes them', async (_, model, more, goes) => {
    await using upstream = await startUpstream();
    const file = table('one', upstream.url, model, more).replace('"groq"', '"openai"');
    await using app = await startApp({ file });
    await (await ask(app, { messages: [{ role: 'user', content: [PDF] }] })).text();
    const messages = JSON.stringify(sentTo(upstream)[0]?.messages);
    expect(messages.includes('UERG')).toBe(goes);
    expect(messages.includes('document omitted')).toBe(!goes);
  });
});

describe('the answer is asked for', () => {
  test.each([
    ['as the client does, of a model that is not known', 64_000, 'a-new-one', 'max_tokens = 100000', 64_000],
    ["up to the preset's limit", 64_000, 'openai/gpt-oss-120b', '', 16_384],
    ["up to the user's limit", 64_000, 'openai/gpt-oss-120b', 'max_tokens = 30000', 30_000],
    [
      'as the user says, whatever the data has',
      128_000,
      'openai/gpt-oss-120b',
      'max_tokens = 100000',
      100_000,
    ],
    [
      'up to what the model gives, if it is less than the preset has',
      64_000,
      'meta-llama/llama-4-scout-17b-16e-instruct',
      '',
      8192,
    ],
    ['as the client does, where that is less', 5, 'openai/gpt-oss-120b', 'max_tokens = 30000', 5],
  ])('%s', async (_, max_tokens, model, more, expected) => {
    expect((await sent({ max_tokens }, model, more)).max_tokens).toBe(expected);
  });

  test('up to what the prompt leaves of the window', async () => {
    const body = { ...long(8000), max_tokens: 16_000 };
    const { max_tokens: most = 0 } = await sent(body, 'a-new-one', 'context_window = 20000');
    // 8000 words, each of them a token for most.
    expect(most).toBeWithin(11_000, 12_500);
  });
});

test('the effort is the one that the model has', async () => {
  const body = { output_config: { effort: 'max' }, thinking: { type: 'adaptive' } };
  expect((await sent(body, 'openai/gpt-oss-120b')).reasoning_effort).toBe('high');
});

test('each model of an upstream is asked as it can be', async () => {
  await using upstream = await startUpstream();
  const scout = 'meta-llama/llama-4-scout-17b-16e-instruct';
  const file = table('one', upstream.url, 'openai/gpt-oss-20b').replace('{ ', `{ "*opus*" = "${scout}", `);
  await using app = await startApp({ file });
  const body = { max_tokens: 64_000, messages: [{ role: 'user', content: [IMAGE] }] };
  for (const model of [OPUS, 'claude-haiku-4-5']) await (await ask(app, { ...body, model })).text();
  const [big, small] = sentTo(upstream);
  expect([big?.model, big?.max_tokens, JSON.stringify(big).includes('UElDVFVSRQ==')]).toEqual([
    scout,
    8192,
    true,
  ]);
  expect([small?.model, small?.max_tokens, JSON.stringify(small).includes('UElDVFVSRQ==')]).toEqual([
    'openai/gpt-oss-20b',
    16_384,
    false,
  ]);
});

test('Anthropic is sent what the client says, whatever is known of the model', async () => {
  await using upstream = await startUpstream();
  await using app = await startApp({ file: `[upstreams.anthropic]\nbase_url = "${upstream.url}"\n` });
  const body = {
    ...HI,
    max_tokens: 9_000_000,
    temperature: 1,
    messages: [{ role: 'user', content: [IMAGE, PDF] }],
  };
  await (await ask(app, body)).text();
  expect<unknown>(sentTo(upstream)[0]).toEqual(body);
});

test.each(['anthropic-compatible', 'openai-compatible'])(
  'a server that is asked for the same model (%s) is not told of the long context, and the client not of that',
  async (provider) => {
    await using upstream = await startUpstream();
    const file = `[upstreams.mine]\nprovider = "${provider}"\nbase_url = "${upstream.url}/v1"\n`;
    await using app = await startApp({ file });
    const answer = await ask(app, { model: `${OPUS}[1m]` });
    expect(sentTo(upstream).map(({ model }) => model)).toEqual([OPUS]);
    expect((await bodyOf<{ model: string }>(answer)).model).toBe(`${OPUS}[1m]`);
  },
);

test('what an upstream counted of earlier requests decides with it whether the next one fits', async () => {
  const usage = { input_tokens: 2600, output_tokens: 5 };
  await using one = await startUpstream({ script: { answer: { ...text('Yes.'), usage } } });
  await using other = await startUpstream({ script: { answer: text('From the second.') } });
  const file = table('first', one.url, 'x', 'context_window = 3000') + table('second', other.url, 'x', '');
  await using app = await startApp({ file });
  const by = async (body: object) => (await ask(app, body)).headers.get('x-ccproxy-upstream');
  expect(await by(long(1400))).toBe('first');
  expect(await by(long(2500))).toBe('second');
});
