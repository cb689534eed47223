/** A request that cannot be put into other words is refused by ccproxy itself: no backup is asked to refuse it. */
import { describe, expect, test } from 'bun:test';
import type { Inbound } from '../../src/core/upstream.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { manualClock, turns } from '../support/manual-clock.ts';
import {
  ask,
  asking,
  type Bench,
  backup,
  benchOf,
  fakeSend,
  heldAgainst,
  primary,
  type Said,
  type Voices,
} from '../support/relay.ts';
import { gone, slow, stageOf, well } from '../support/stage.ts';

const BODY = JSON.stringify({
  model: 'claude-opus-4-8',
  max_tokens: 64,
  stream: true,
  messages: [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'Hello.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Go' },
        { type: 'text', text: 5 },
      ],
    },
  ],
});
const WRONG = 'messages.2.content.1.text.text: Input should be a valid string';
const chain = () => [primary(), backup(), backup({ name: 'chat', dialect: openaiChat })];

function playing(voices: Voices, upstreams = chain()): { bench: Bench; asked(): string[] } {
  const send = fakeSend(voices);
  const bench = benchOf(upstreams, { send, clock: manualClock() });
  return { bench, asked: () => send.sent.map(({ upstream }) => upstream) };
}

/** The refusal, in the shape of the API. */
function expectRefused(got: Pick<Said, 'status' | 'headers' | 'text'>, attempts: number): void {
  expect(JSON.parse(got.text)).toEqual({
    type: 'error',
    error: { type: 'invalid_request_error', message: WRONG },
    request_id: 'req_1',
  });
  expect([got.status, got.headers.get('x-should-retry'), got.headers.get('retry-after')]).toEqual([
    400,
    null,
    null,
  ]);
  expect([got.headers.get('x-ccproxy-upstream'), got.headers.get('x-ccproxy-attempts')]).toEqual([
    'none',
    String(attempts),
  ]);
}

/** No breaker of a backup knows of it, no place is taken, and nobody is probed for it. */
function expectUntouched(bench: Bench): void {
  for (const { name, native } of bench.chain) {
    if (!native) expect([name, heldAgainst(bench, name)]).toEqual([name, []]);
    expect([name, bench.gates.held(name)]).toEqual([name, 0]);
  }
  expect(bench.events.attempts.filter(({ upstream }) => upstream !== 'anthropic')).toEqual([]);
  expect(bench.events.doubts.filter((name) => name !== 'anthropic')).toEqual([]);
}

describe('a malformed request', () => {
  test.each([[true], [false]])('to backups alone is refused at once (stream: %p)', async (stream) => {
    const { bench, asked } = playing({}, chain().slice(1));
    const got = await ask(bench, { body: BODY.replace('"stream":true', `"stream":${stream}`) });
    expectRefused(got, 0);
    expect(asked()).toEqual([]);
    expectUntouched(bench);
    expect(bench.events.requests).toEqual([
      {
        requestId: 'req_1',
        upstream: null,
        attempts: 0,
        outcome: 'failed',
        because: expect.stringContaining(WRONG),
      },
    ]);
  });

  test("is Anthropic's to judge, as it came, and in its own words", async () => {
    const words = '{"type":"error","error":{"type":"invalid_request_error","message":"no, thank you"}}';
    const bodies: unknown[] = [];
    const { bench, asked } = playing({
      anthropic({ body }) {
        bodies.push(new TextDecoder().decode(body as Uint8Array));
        return new Response(words, { status: 400, headers: { 'request-id': 'req_theirs' } });
      },
    });
    const got = await ask(bench, { body: BODY });
    expect([got.status, got.text, got.headers.get('request-id')]).toEqual([400, words, 'req_theirs']);
    expect(got.headers.get('x-ccproxy-upstream')).toBe('anthropic');
    expect([asked(), bodies]).toEqual([['anthropic'], [BODY]]);
    expectUntouched(bench);
  });

  test('that Anthropic takes is answered', async () => {
    const { bench } = playing({ anthropic: well('anthropic') });
    expect((await ask(bench, { body: BODY })).status).toBe(200);
  });

  test.each<[string, Voices[string]]>([
    ['cannot be reached', gone],
    ['is overloaded', () => new Response('{}', { status: 529 })],
    ['fails', () => new Response('{}', { status: 500 })],
    [
      'answers with a page',
      () => new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } }),
    ],
  ])('is refused where Anthropic %s, and no backup is asked', async (_, anthropic) => {
    const { bench, asked } = playing({ anthropic });
    expectRefused(await ask(bench, { body: BODY }), 1);
    expect(asked()).toEqual(['anthropic']);
    expectUntouched(bench);
  });

  test("does not hide Anthropic's own refusal of the moment", async () => {
    const { bench } = playing({
      anthropic: () => new Response('{"limit":1}', { status: 429, headers: { 'retry-after': '3000' } }),
    });
    const got = await ask(bench, { body: BODY });
    expect([got.status, got.text]).toEqual([429, '{"limit":1}']);
    expectUntouched(bench);
  });

  test('is refused at once while Anthropic is held out', async () => {
    const { bench, asked } = playing({ anthropic: gone, backup: well('backup') });
    for (let times = 0; times < 2; times += 1) await ask(bench);
    const before = asked().length;
    expectRefused(await ask(bench, { body: BODY }), 0);
    expect(asked()).toHaveLength(before);
  });

  test('that waits for a silent Anthropic has no company, and is answered by it', async () => {
    const anthropic = slow('anthropic');
    const stage = stageOf(
      { anthropic: anthropic.voice, backup: well('backup') },
      { failover: { hedgeMs: 1_000 } },
    );
    const client = stage.go({ body: BODY });
    await stage.clock.advance(20_000);
    anthropic.finish();
    await turns();
    expect([client.status, client.upstream, stage.asked()]).toEqual([200, 'anthropic', ['anthropic']]);
  });

  test('whose answer Anthropic breaks off is not gone on with by a backup', async () => {
    const anthropic = slow('anthropic');
    const stage = stageOf(
      { anthropic: anthropic.voice, backup: well('backup') },
      { failover: { midStream: 'continue' } },
    );
    const client = stage.go({ body: BODY });
    await turns();
    anthropic.begin();
    await turns();
    anthropic.bodies[0]?.fail(new Error('reset'));
    await stage.clock.advance(200_000);
    expect([client.status, client.done, stage.asked()]).toEqual([200, true, ['anthropic']]);
  });

  test('leaves the next one alone', async () => {
    const { bench } = playing({ backup: well('backup') }, chain().slice(1));
    expectRefused(await ask(bench, { body: BODY }), 0);
    expect((await ask(bench)).status).toBe(200);
  });

  test.each([
    ['no tools', { tools: false, configured: ['tools'] as const }],
    ['nothing so long', { context: 1, configured: ['context'] as const }],
  ])('to a backup that takes %s is refused for what it is', async (_, facts) => {
    const upstreams = [backup({ facts: () => facts }), backup({ name: 'second' })];
    for (const body of [BODY.replace('{', '{"tools":[null],'), '{"model":"m","messages":5}']) {
      const { bench, asked } = playing({}, upstreams);
      const got = await ask(bench, { body });
      expect([got.status, JSON.parse(got.text).error.type]).toEqual([400, 'invalid_request_error']);
      expect(asked()).toEqual([]);
    }
  });

  test('whose strings are no JSON is refused as such', async () => {
    const { bench, asked } = playing({}, chain().slice(1));
    const got = await ask(bench, { body: BODY.replace('"hi"', '"h\u0001i"') });
    expect([got.status, JSON.parse(got.text).error.message]).toEqual([
      400,
      'the request body is not valid JSON',
    ]);
    expect(asked()).toEqual([]);
  });
});

describe('a history that Anthropic would refuse is mended as far as it is one', () => {
  const odd = '{"role":"assistant","content":[{"type":"text","text":""}]}';
  test.each([
    ['no list of messages', `{"model":"m","messages":{"a":${odd}}}`],
    ['a message that is none', `{"model":"m","messages":[null,${odd}]}`],
    ['a block that is none', `{"model":"m","messages":[{"role":"user","content":[7,null]},${odd}]}`],
    ['a string that is no JSON', `{"model":"m","messages":[{"role":"user","content":"a\u0001"},${odd}]}`],
  ])('with %s it goes there as it came', async (_, body) => {
    const bodies: unknown[] = [];
    const { bench } = playing(
      {
        anthropic({ body: sent }) {
          bodies.push(typeof sent === 'string' ? sent : new TextDecoder().decode(sent));
          return new Response('{}', { status: 400 });
        },
      },
      chain().slice(0, 1),
    );
    expect((await ask(bench, { body })).status).toBe(400);
    expect(bodies).toEqual([body]);
  });
});

test('nothing is read of a request that Anthropic answers, whatever is known of its backups', async () => {
  const small = { facts: () => ({ tools: false, context: 1 }) };
  const { bench } = playing({ anthropic: well('anthropic') }, [
    ...chain(),
    backup({ name: 'small', ...small }),
  ]);
  let reads = 0;
  const body = JSON.stringify({ ...JSON.parse(BODY), tools: [{ name: 'A', input_schema: {} }] });
  const request: Inbound = Object.defineProperty(asking({ body }), 'request', {
    get() {
      reads += 1;
      throw new Error('it was read');
    },
  });
  expect((await ask(bench, request)).status).toBe(200);
  expect(reads).toBe(0);
});
