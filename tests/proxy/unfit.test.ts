/** Upstreams whose model cannot do what a request wants are not asked. */
import { describe, expect, test } from 'bun:test';
import type { ModelFacts } from '../../src/core/model-facts.ts';
import type { Upstream } from '../../src/core/upstream.ts';
import { type Asking, heldAgainst } from '../support/relay.ts';
import {
  type Client,
  expectQuiet,
  isWhole,
  refusing,
  type Stage,
  said,
  stageOf,
  upstreamOf,
  well,
} from '../support/stage.ts';

/** A stage on which this is known of every model of an upstream. */
function stage(voices: Parameters<typeof stageOf>[0], known: Record<string, ModelFacts>): Stage {
  const chain = Object.keys(voices).map((name) => {
    const facts: Partial<Upstream> = name in known ? { facts: () => known[name] ?? {} } : {};
    return upstreamOf(name, { model: () => `${name}-model`, ...facts });
  });
  return stageOf(voices, { chain });
}

const TOOL = { name: 'Read', input_schema: { type: 'object' } };
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} };
const RESULT = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' };
const HI = [{ role: 'user', content: 'hi' }];

function request(more: object): Asking {
  const body = { model: 'claude-opus-4-8', max_tokens: 64, stream: true, messages: HI, ...more };
  return { body: JSON.stringify(body) };
}

/** About so many tokens by any count, most of them in words. */
function long(tokens: number, word = 'word '): Asking {
  return request({ messages: [{ role: 'user', content: word.repeat(tokens) }] });
}

const errorIn = ({ text }: Client) =>
  (JSON.parse(text) as { error: { type: string; message: string } }).error;

describe('a request with tools', () => {
  const deaf = { tools: false, configured: ['tools'] } as const;

  test.each([
    ['tools', request({ tools: [TOOL] })],
    ['tools that it must not call', request({ tools: [TOOL], tool_choice: { type: 'none' } })],
    ['calls and results in its history', said({ isMidTurn: true })],
    ['a result alone', request({ messages: [{ role: 'user', content: [RESULT] }] })],
    ['a call alone', request({ messages: [...HI, { role: 'assistant', content: [CALL] }] })],
  ])('(%s) does not go to an upstream that takes none', async (_, asking) => {
    const voices = { deaf: well('deaf'), next: well('next') };
    const one = stage(voices, { deaf });
    const client = await one.done(asking);
    expect([isWhole(client, 'next'), client.upstream, client.attempts]).toEqual([true, 'next', 1]);
    expect(one.asked()).toEqual(['next']);
    expect(heldAgainst(one.bench, 'deaf')).toEqual([]);
    expect(one.bench.events.attempts.map(({ upstream }) => upstream)).toEqual(['next']);
    expectQuiet(one);
  });

  test.each([
    ['no tools', request({})],
    ['an empty list', request({ tools: [] })],
    [
      'tools that run at Anthropic alone',
      request({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
    ],
  ])('(but with %s) does', async (_, asking) => {
    const one = stage({ deaf: well('deaf'), next: well('next') }, { deaf });
    expect((await one.done(asking)).upstream).toBe('deaf');
  });

  test('goes to Anthropic whatever is known', async () => {
    const one = stage(
      { anthropic: well('anthropic'), next: well('next') },
      { anthropic: { tools: false, context: 1 } },
    );
    expect((await one.done(request({ tools: [TOOL] }))).upstream).toBe('anthropic');
  });

  test('is refused with words where nothing else is there, as the user says', async () => {
    const one = stage({ deaf: well('deaf') }, { deaf });
    const client = await one.done(request({ tools: [TOOL] }));
    expect([client.status, client.attempts, one.asked()]).toEqual([503, 0, []]);
    expect(client.headers.get('x-should-retry')).toBe('false');
    expect(errorIn(client)).toEqual({
      type: 'api_error',
      message: expect.stringContaining(
        'deaf: it takes no requests with tools (tools = false) (breaker closed)',
      ),
    });
    expect(one.bench.events.requests).toMatchObject([
      { attempts: 0, outcome: 'failed', because: 'deaf: it takes no requests with tools (tools = false)' },
    ]);
  });

  test('is tried where only the data says so, and nothing else is there', async () => {
    const one = stage({ deaf: well('deaf') }, { deaf: { tools: false } });
    expect((await one.done(request({ tools: [TOOL] }))).upstream).toBe('deaf');
  });

  test('is told of the setting where the data says so, and the others fail', async () => {
    const one = stage({ deaf: well('deaf'), next: refusing(500) }, { deaf: { tools: false } });
    const client = await one.done(request({ tools: [TOOL] }));
    expect([client.status, one.asked()]).toEqual([503, ['next']]);
    const words = 'deaf: deaf-model calls no tools, says the model data (tools = true asks it all the same)';
    expect(errorIn(client).message).toContain(words);
  });

  test('says who was passed over, and why', async () => {
    const told: (string | null)[] = [];
    const one = stage({ deaf: well('deaf'), next: well('next') }, { deaf });
    one.bench.runtime.journal.serving = (_, upstream, because) => void told.push(`${upstream}: ${because}`);
    await one.done(request({ tools: [TOOL] }));
    expect(told).toEqual(['next: deaf: it takes no requests with tools (tools = false)']);
  });
});

describe('a request that cannot fit', () => {
  const small = { context: 10_000 };
  const large = { context: 1_000_000 };

  test('goes to the next upstream', async () => {
    const one = stage({ small: well('small'), large: well('large') }, { small, large });
    const client = await one.done(long(20_000));
    expect([isWhole(client, 'large'), client.attempts, one.asked()]).toEqual([true, 1, ['large']]);
    expect(heldAgainst(one.bench, 'small')).toEqual([]);
    expectQuiet(one);
  });

  test('is asked to become shorter where no upstream could take it', async () => {
    const voices = { small: well('small'), smaller: well('smaller') };
    const one = stage(voices, { small, smaller: { context: 5000 } });
    const client = await one.done(long(20_000));
    expect([client.status, client.attempts, one.asked()]).toEqual([400, 0, []]);
    expect(errorIn(client).type).toBe('invalid_request_error');
    const [, asked, limit] =
      /^prompt is too long: (\d+) tokens > (\d+) maximum$/.exec(errorIn(client).message) ?? [];
    expect(Number(limit)).toBe(10_000);
    expect(Number(asked)).toBeWithin(20_000, 35_000);
  });

  test.each([
    [
      'by one that was asked',
      { kind: 'too_long', tokens: { asked: 25_000, limit: 20_000 } },
      '25000 tokens > 20000',
    ],
    ['without numbers', { kind: 'too_long' }, 'tokens > 10000'],
  ] as const)('is asked so too where it was refused as too long %s', async (_, failure, words) => {
    const one = stage({ small: well('small'), other: refusing(400, failure) }, { small });
    const client = await one.done(long(20_000));
    expect([client.status, one.asked()]).toEqual([400, ['other']]);
    expect(errorIn(client).message).toContain(words);
  });

  test('is asked so too where the others take no tools at all', async () => {
    const voices = { deaf: well('deaf'), small: well('small') };
    const one = stage(voices, { deaf: { tools: false, configured: ['tools'] }, small });
    const messages = [{ role: 'user', content: 'word '.repeat(20_000) }];
    const client = await one.done(request({ messages, tools: [TOOL] }));
    expect([client.status, errorIn(client).message]).toEqual([
      400,
      expect.stringContaining('> 10000 maximum'),
    ]);
  });

  test('is not asked so where another upstream is merely down', async () => {
    const one = stage(
      { anthropic: refusing(500), small: well('small') },
      { small: { ...small, configured: ['context'] } },
    );
    const client = await one.done(long(20_000));
    expect([client.status, one.asked()]).toEqual([503, ['anthropic']]);
    expect(errorIn(client).message).toMatch(
      /small: the request does not fit: about \d+ tokens, and small-model takes 10000 \(context_window\) \(breaker closed\)/,
    );
  });

  test('is passed to Anthropic, which says so itself', async () => {
    const one = stage({ anthropic: well('anthropic') }, { anthropic: small });
    expect((await one.done(long(20_000))).upstream).toBe('anthropic');
  });

  test('is measured by the limit of the prompt where there is one', async () => {
    const one = stage(
      { small: well('small'), large: well('large') },
      { small: { context: 50_000, input: 10_000 }, large },
    );
    expect((await one.done(long(20_000))).upstream).toBe('large');
    const other = stage(
      { odd: well('odd'), large: well('large') },
      { odd: { context: 10_000, input: 50_000 }, large },
    );
    expect((await other.done(long(20_000))).upstream).toBe('odd');
  });
});

describe('a request that may fit goes to the upstream, which knows', () => {
  const pictures = (data: string) => ({
    role: 'user',
    content: Array.from({ length: 20 }, () => ({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data },
    })),
  });
  test.each([
    ['half of the window, by a high count', long(10_000)],
    ['words that have a token for five letters', long(9900, 'word ')],
    ['a long line', request({ messages: [{ role: 'user', content: '='.repeat(200_000) }] })],
    ['an indented text', long(3000, `\n${' '.repeat(40)}x`)],
    ['Chinese', long(15_000, '世')],
    ['pictures, which may be left out', request({ messages: [pictures('x'.repeat(20_000))] })],
    [
      'thinking, which is left out',
      request({
        messages: [
          ...HI,
          {
            role: 'assistant',
            content: [{ type: 'thinking', thinking: 'x'.repeat(200_000), signature: '' }],
          },
        ],
      }),
    ],
    ['any length, where nothing is known', long(200_000)],
  ])('%s', async (name, asking) => {
    const known = name.includes('nothing is known') ? {} : { context: 10_000 };
    const one = stage({ one: well('one'), next: well('next') }, { one: known });
    expect((await one.done(asking)).upstream).toBe('one');
  });
});

test('what has not the shape of a request is not judged', async () => {
  const one = stage(
    { anthropic: well('anthropic'), deaf: well('deaf') },
    { deaf: { tools: false, context: 1000 } },
  );
  const body = `{"model":"claude-opus-4-8","max_tokens":64,"stream":true,"messages":"${'x'.repeat(50_000)}"}`;
  expect((await one.done({ body })).upstream).toBe('anthropic');
});
