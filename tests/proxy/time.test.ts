/** Limits, the hold, signs of life: with a clock that the test moves. */
import { describe, expect, test } from 'bun:test';
import { text, thinkingThenText } from '../../src/drill/answers.ts';
import { relay } from '../../src/proxy/relay.ts';
import type { Piece } from '../../src/proxy/reply.ts';
import { type ManualClock, manualClock, turns } from '../support/manual-clock.ts';
import {
  type Asking,
  asking,
  type Bench,
  backup,
  benchOf,
  blackHole,
  eventsOf,
  fakeSend,
  heldAgainst,
  never,
  type OpenBody,
  openBody,
  primary,
  streamOf,
  type Voices,
  wholeOf,
} from '../support/relay.ts';

const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const [START = '', , OPEN = '', HELLO = '', ...REST] = eventsOf(text('Hello'));
const [, , THINK = '', THOUGHT = ''] = eventsOf(thinkingThenText('hm', 'Hello'));

interface Table {
  clock: ManualClock;
  bench: Bench;
  sent(): string[];
  /** The primary's body, once it was asked. */
  body(): OpenBody;
}

function tableOf(voices: Voices = {}, failover: Partial<Bench['failover']> = {}): Table {
  const clock = manualClock();
  let open: OpenBody | undefined;
  const send = fakeSend({
    anthropic: (outgoing) => {
      open = openBody(outgoing);
      return open.response;
    },
    backup: ({ body }) =>
      String(body).includes('"stream":true')
        ? streamOf(eventsOf(text('from the backup')))
        : Response.json(JSON.parse(wholeOf(text('from the backup')))),
    ...voices,
  });
  const bench = benchOf([primary(), backup()], { send, clock, failover });
  return {
    clock,
    bench,
    sent: () => send.sent.map(({ upstream }) => upstream),
    body() {
      if (open === undefined) throw new Error('the primary was not asked');
      return open;
    },
  };
}

/** A client that reads all it can get, and what it has got so far. */
function client(bench: Bench, request: Asking = {}, signal = never()) {
  const state = { text: '', status: 0, upstream: '', done: false, error: null as unknown };
  const run = async () => {
    for await (const piece of relay(asking(request), bench, signal)) note(piece, state);
  };
  run()
    .catch((error: unknown) => {
      state.error = error;
    })
    .finally(() => {
      state.done = true;
    });
  return state;
}

function note(piece: Piece, state: { text: string; status: number; upstream: string }): void {
  if ('bytes' in piece) state.text += new TextDecoder().decode(piece.bytes);
  else {
    state.status = piece.head.status;
    state.upstream = piece.head.headers.get('x-ccproxy-upstream') ?? '';
  }
}

describe('a limit that passes before the first content', () => {
  const limits: [name: string, ms: number, pushes: string[], voices: Voices][] = [
    ['no head for the first-event limit', 45_000, [], { anthropic: blackHole }],
    ['no event for the first-event limit', 45_000, [], {}],
    ['only pings and comments for the first-event limit', 45_000, [PING, ': wait\n\n'], {}],
    ['silence for the idle limit, nothing but message_start before', 90_000, [START], {}],
  ];
  test.each(limits)('%s moves on, not a moment sooner', async (_, ms, pushes, voices) => {
    const { clock, bench, sent, body } = tableOf(voices);
    const got = client(bench);
    await turns();
    if (pushes.length > 0) body().push(...pushes);
    await clock.advance(ms - 1);
    expect([got.status, sent()]).toEqual([0, ['anthropic']]);
    await clock.advance(1);
    expect([got.status, got.upstream, got.done]).toEqual([200, 'backup', true]);
    expect(bench.events.attempts[0]?.failure?.kind).toBe(pushes.includes(START) ? 'stalled' : 'slow');
  });

  test('the budget counts all attempts together, and ends the last one', async () => {
    const { clock, bench, sent } = tableOf({ anthropic: blackHole, backup: blackHole }, { budgetMs: 60_000 });
    const got = client(bench);
    await clock.advance(44_999);
    expect(sent()).toEqual(['anthropic']);
    await clock.advance(15_000);
    expect(sent()).toEqual(['anthropic', 'backup']);
    expect(got.status).toBe(0);
    await clock.advance(1);
    expect([got.status, got.done]).toEqual([503, true]);
    // The second was given fifteen seconds of its forty-five: that is held against the first alone.
    expect(heldAgainst(bench, 'backup')).toEqual([]);
    expect(heldAgainst(bench, 'anthropic')).not.toEqual([]);
  });

  test('most of the budget ends a stream that has begun and says nothing: the rest is for the next', async () => {
    const { clock, bench, body } = tableOf({}, { budgetMs: 5_000 });
    const got = client(bench);
    await turns();
    body().push(START, OPEN);
    await clock.advance(4_249);
    expect(got.status).toBe(0);
    await clock.advance(1);
    expect([got.status, got.upstream]).toEqual([200, 'backup']);
    expect(body().isGone).toBe(true);
    expect(bench.events.attempts).toHaveLength(2);
  });

  test('a whole answer has its own limit and no budget', async () => {
    const { clock, bench } = tableOf({ anthropic: blackHole }, { budgetMs: 60_000 });
    const got = client(bench, { stream: false });
    await clock.advance(239_999);
    expect(got.status).toBe(0);
    await clock.advance(1);
    expect([got.status, got.upstream]).toEqual([200, 'backup']);
    expect(JSON.parse(got.text)).toMatchObject({ content: [{ text: 'from the backup' }] });
  });
});

describe('the hold', () => {
  test('nothing goes out before the first content, and all of it with that', async () => {
    const { bench, body } = tableOf();
    const got = client(bench);
    await turns();
    body().push(START, PING, OPEN);
    await turns();
    expect(got.status).toBe(0);
    body().push(HELLO);
    await turns();
    expect(got.text).toBe(START + PING + OPEN + HELLO);
  });

  test('an empty delta is no content', async () => {
    const { bench, body } = tableOf();
    const got = client(bench);
    await turns();
    body().push(START, OPEN, HELLO.replace('Hello', ''));
    await turns();
    expect(got.status).toBe(0);
  });

  test.each([
    ['a block that opened', [START, THINK]],
    ['a ping', [START, PING]],
  ])('an answer that is alive is let go after ten seconds: %s', async (_, pushes) => {
    const { clock, bench, body } = tableOf();
    const got = client(bench);
    await turns();
    body().push(...pushes);
    await clock.advance(9_999);
    expect(got.status).toBe(0);
    await clock.advance(1);
    expect(got.text).toBe(pushes.join(''));
    body().push(OPEN.replace('"index":0', '"index":1'), HELLO, ...REST);
    body().end();
    await turns();
    expect([got.done, got.error]).toEqual([true, null]);
  });

  test('message_start alone is not alive: it is held until something follows', async () => {
    const { clock, bench, body } = tableOf();
    const got = client(bench);
    await turns();
    body().push(START);
    await clock.advance(40_000);
    expect(got.status).toBe(0);
    body().push(THINK);
    await clock.advance(10_000);
    expect(got.text).toBe(START + THINK);
  });

  test('once let go, an upstream that falls silent is stalled after the idle limit', async () => {
    const { clock, bench, body } = tableOf();
    const got = client(bench);
    await turns();
    body().push(START, THINK);
    await clock.advance(90_000);
    expect(got.done).toBe(true);
    expect(got.text).toContain('api_error');
    expect(bench.events.attempts[0]?.failure?.kind).toBe('stalled');
  });
});

describe('signs of life', () => {
  const LONG = { timeouts: { connectMs: 3000, firstEventMs: 45_000, idleMs: 600_000, responseMs: 240_000 } };

  function longTable() {
    const table = tableOf();
    return { ...table, bench: { ...table.bench, chain: [primary(LONG)] } };
  }

  const empty = (type: string, key: string) =>
    `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"${type}","${key}":""}}\n\n`;

  const tool = (type: string) =>
    OPEN.replace('{"type":"text","text":""}', `{"type":"${type}","id":"toolu_1","name":"Read","input":{}}`);
  const NO_REASON =
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":null},"usage":{"output_tokens":1}}\n\n';

  test.each([
    ['an open text', [START, OPEN, HELLO], empty('text_delta', 'text')],
    ['open thinking', [START, THINK, THOUGHT], empty('thinking_delta', 'thinking')],
    ['an open tool call', [START, tool('tool_use')], empty('input_json_delta', 'partial_json')],
    [
      "an open call of the provider's",
      [START, tool('server_tool_use')],
      empty('input_json_delta', 'partial_json'),
    ],
    ['no open block', [START, OPEN, HELLO, REST[0] ?? ''], NO_REASON],
    ['no open block, for any other client', [START, OPEN, HELLO, REST[0] ?? ''], PING],
    ['nothing but the end to come', [START, OPEN, HELLO, ...REST.slice(0, 2)], PING],
  ])(
    'every 15 s of silence a ping, and every 90 s what the client counts: %s',
    async (name, pushes, sixth) => {
      const { clock, bench, body } = longTable();
      const got = client(bench, name.includes('other') ? { headers: { 'user-agent': 'other/1.0' } } : {});
      await turns();
      body().push(...pushes);
      await turns();
      const sent = pushes.join('');
      expect(got.text).toBe(sent);
      await clock.advance(14_999);
      expect(got.text).toBe(sent);
      await clock.advance(1);
      expect(got.text).toBe(sent + PING);
      await clock.advance(165_000);
      const minute = PING.repeat(5) + sixth;
      expect(got.text).toBe(sent + minute + minute);
    },
  );

  test('never inside an event: half of one waits for its other half', async () => {
    const { clock, bench, body } = longTable();
    const got = client(bench);
    await turns();
    body().push(START, OPEN, HELLO, HELLO.slice(0, 30));
    await clock.advance(30_000);
    body().push(HELLO.slice(30), ...REST);
    body().end();
    await turns();
    expect(got.text).toBe(START + OPEN + HELLO + PING + PING + HELLO + REST.join(''));
    expect(got.done).toBe(true);
  });

  test('pings of the upstream do not stand for it: the client does not count them', async () => {
    const { clock, bench, body } = longTable();
    const got = client(bench);
    await turns();
    body().push(START, OPEN, HELLO);
    for (let turn = 0; turn < 9; turn += 1) {
      await clock.advance(10_000);
      body().push(PING);
      await turns();
    }
    expect(got.text).toBe(START + OPEN + HELLO + PING.repeat(9) + empty('text_delta', 'text'));
  });

  test('an event begins the count anew', async () => {
    const { clock, bench, body } = longTable();
    const got = client(bench);
    await turns();
    body().push(START, OPEN, HELLO);
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.advance(14_000);
      body().push(HELLO);
      await turns();
    }
    expect(got.text).not.toContain('ping');
  });

  test('nothing but pings for 240 s is silence', async () => {
    const { clock, bench, body } = longTable();
    const got = client(bench);
    await turns();
    body().push(START, OPEN, HELLO);
    await turns();
    for (let turn = 0; turn < 23; turn += 1) {
      await clock.advance(10_000);
      body().push(PING);
    }
    await turns();
    expect(got.done).toBe(false);
    await clock.advance(10_000);
    body().push(PING);
    await turns();
    expect(got.done).toBe(true);
    expect(got.text).toContain('api_error');
    expect(bench.events.attempts[0]?.failure).toMatchObject({ kind: 'stalled' });
  });

  test('a shorter idle limit makes pings count for less: three times as long as silence', async () => {
    const timeouts = { ...LONG.timeouts, idleMs: 20_000 };
    const { clock, bench, body } = tableOf();
    const got = client({ ...bench, chain: [primary({ timeouts })] });
    await turns();
    body().push(START, OPEN, HELLO);
    for (let turn = 0; turn < 6; turn += 1) {
      expect(got.done).toBe(false);
      await clock.advance(10_000);
      body().push(PING);
      await turns();
    }
    expect(bench.events.attempts[0]?.failure?.message).toBe('nothing but pings for 60000 ms');
  });

  test('the same for a server that only speaks the dialect: its pings are no events', async () => {
    const { clock, bench, body } = longTable();
    const chain = [backup({ ...LONG, name: 'anthropic' })];
    const got = client({ ...bench, chain });
    await turns();
    body().push(START, OPEN, HELLO);
    await turns();
    for (let turn = 0; turn < 24; turn += 1) {
      await clock.advance(10_000);
      body().push(PING);
    }
    await turns();
    expect(bench.events.attempts[0]?.failure).toMatchObject({ kind: 'stalled' });
    expect(got.done).toBe(true);
  });
});

describe('a client that reads slowly', () => {
  async function slowly(pauseMs: number, pushes: string[]) {
    const { clock, bench, body } = tableOf();
    const pieces = relay(asking(), bench, never());
    const first = pieces.next();
    await turns();
    body().push(START, OPEN, HELLO);
    await first;
    await pieces.next();
    await clock.advance(pauseMs);
    body().push(...pushes);
    body().end();
    let rest = '';
    for await (const piece of pieces) if ('bytes' in piece) rest += new TextDecoder().decode(piece.bytes);
    return { rest, outcome: bench.events.requests.at(-1)?.outcome };
  }

  test('does not make its upstream stalled', async () => {
    expect(await slowly(200_000, REST)).toEqual({ rest: REST.join(''), outcome: 'ok' });
  });

  test('does not make its upstream silent, either, when a ping is the first it reads then', async () => {
    expect(await slowly(300_000, [PING, ...REST])).toEqual({ rest: PING + REST.join(''), outcome: 'ok' });
  });
});

test('no timer is left when an answer is over', async () => {
  const { clock, bench, body } = tableOf();
  const got = client(bench);
  await turns();
  body().push(START, OPEN, HELLO, ...REST);
  body().end();
  await turns();
  expect(got.done).toBe(true);
  expect(clock.waiting).toEqual([]);
});

test('a body that stays open after the answer is let go after a second', async () => {
  const { clock, bench, body } = tableOf();
  const got = client(bench);
  await turns();
  body().push(START, OPEN, HELLO, ...REST);
  await turns();
  expect([got.done, body().isGone]).toEqual([true, false]);
  await clock.advance(1_000);
  expect(body().isGone).toBe(true);
  expect(clock.waiting).toEqual([]);
});
