/** Where nobody goes on inside an answer, how long it is waited for, and what is left when its client leaves. */
import { describe, expect, test } from 'bun:test';
import { answer, calls, text } from '../../src/drill/answers.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import type { Failover } from '../../src/proxy/context.ts';
import { relay } from '../../src/proxy/relay.ts';
import { brokenOff } from '../support/broken-off.ts';
import { CUT, cut, OTHER, REST, says, stage, WHOLE, words } from '../support/continue-stage.ts';
import { turns } from '../support/manual-clock.ts';
import {
  asking,
  CLAUDE_CODE,
  eventsOf,
  heldAgainst,
  type OpenBody,
  openBody,
  read,
  type Voices,
  wordsOf,
} from '../support/relay.ts';
import { expectQuiet } from '../support/stage.ts';

describe('it ends as without `continue`', () => {
  test.each<[string, Voices, Partial<Failover>?]>([
    ['nobody else is in the chain', { anthropic: cut }],
    ['nobody else can answer', { anthropic: cut, backup: () => new Response('', { status: 500 }) }],
    ['nobody else goes on', { anthropic: cut, backup: says(words('Sure, that is all I know of it.')) }],
    ['no more may be asked', { anthropic: cut, backup: says(words(REST)) }, { maxFailoverAttempts: 0 }],
    ['failover is off', { anthropic: cut, backup: says(words(REST)) }, { enabled: false }],
  ])('where %s', async (_, voices, failover = {}) => {
    for (const [agent, mode] of [
      [OTHER, 'stop'],
      [CLAUDE_CODE, 'resume'],
    ] as const) {
      const headers = { 'user-agent': agent };
      const one = stage(voices, { failover });
      const before = await stage({ ...voices }, { failover: { ...failover, midStream: mode } }).go({
        headers,
      });
      const got = await one.go({ headers });
      expect([got.text, got.reset]).toEqual([before.text, before.reset]);
      expect(one.bench.events.requests).toMatchObject([{ upstream: 'anthropic', outcome: 'failed' }]);
      expectQuiet(one);
    }
  });

  test.each<[string, string[]]>([
    ['a tool of the server’s was used', ['server_tool_use', 'web_search_tool_result']],
    ['there is a block of a kind that is not known', ['fallback']],
  ])('where %s', async (_, types) => {
    const events = types.flatMap((type, index) => [
      `event: content_block_start\ndata: {"type":"content_block_start","index":${index},"content_block":{"type":"${type}","id":"x","name":"web_search","input":{}}}\n\n`,
      `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`,
    ]);
    const one = stage({
      anthropic: () => brokenOff([CUT[0] ?? '', ...events], 'clean end'),
      backup: says(words('any')),
    });
    expect((await one.go()).frames.at(-1)?.name).toBe('error');
    expect(one.asked()).toEqual(['anthropic']);
  });

  test.each<[string, object]>([
    [
      'the client began the answer itself',
      {
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'One' },
        ],
      },
    ],
    ['the answer has a form to keep', { output_config: { format: { type: 'json_schema', schema: {} } } }],
    ['it has one in the older field', { output_format: { type: 'json_schema', schema: {} } }],
    ['the request has not the shape of one', { messages: 'hi' }],
  ])('where %s', async (_, extra) => {
    const one = stage({ anthropic: cut, backup: says(words(REST)) });
    const plain = {
      model: 'claude-opus-4-8',
      max_tokens: 64,
      stream: true,
      messages: [{ role: 'user', content: 'hi' }],
    };
    const got = await one.go({ body: JSON.stringify({ ...plain, ...extra }) });
    expect(got.frames.at(-1)?.name).toBe('error');
    expect(one.asked()).toEqual(['anthropic']);
  });

  test('where an event that went out cannot be read', async () => {
    const broken = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0}\n\n';
    const one = stage({
      anthropic: () => brokenOff([...CUT, broken], 'clean end'),
      backup: says(words(REST)),
    });
    expect((await one.go()).text).toEndWith('broke off: the stream ended before message_stop"}}\n\n');
    expect(one.asked()).toEqual(['anthropic']);
  });

  test('where the text ends in half a character', async () => {
    const half = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" \\ud83c"}}\n\n`;
    const one = stage({ anthropic: () => brokenOff([...CUT, half], 'clean end'), backup: says(words(REST)) });
    expect((await one.go()).frames.at(-1)?.name).toBe('error');
    expect(one.asked()).toEqual(['anthropic']);
  });

  test.each(['<last_words>', '</last_words>'])('where the text has the mark %s', async (mark) => {
    const events = eventsOf(text(`The mark is ${mark}, as it stands.`)).slice(0, -3);
    const one = stage({ anthropic: () => brokenOff(events, 'clean end'), backup: says(words(REST)) });
    expect((await one.go()).frames.at(-1)?.name).toBe('error');
    expect(one.asked()).toEqual(['anthropic']);
  });

  test('where a client does not stream there is nothing to go on with: the backup answers', async () => {
    const one = stage({ anthropic: () => brokenOff(CUT, 'clean end'), backup: () => Response.json({}) });
    const got = await one.go({ stream: false });
    expect(got.status).toBe(503);
  });
});

describe('while it takes its time', () => {
  const signs = (got: string) =>
    got
      .split('event: ')
      .slice(6)
      .map((event) => event.split('\n')[0]);

  test('the client gets signs of life that it counts, while an upstream is asked and while it thinks', async () => {
    let body: OpenBody | undefined;
    const events = eventsOf(answer([{ type: 'thinking', thinking: 'hm' }, words(REST)]), 'up2');
    const one = stage({
      anthropic: cut,
      backup: async (outgoing) => {
        await new Promise<void>((resolve) => one.clock.after(44_000, resolve));
        body = openBody(outgoing);
        return body.response;
      },
    });
    const asked = one.go();
    await one.clock.advance(44_000);
    body?.push(...events.slice(0, 4));
    await one.clock.advance(47_000);
    body?.push('event: ping\ndata: {"type":"ping"}\n\n', ...events.slice(4));
    body?.end();
    const got = await asked;
    assertGrammar(got.frames);
    expect(wordsOf(got)).toBe(WHOLE);
    expect(signs(got.text).slice(0, 6)).toEqual([...Array(5).fill('ping'), 'content_block_delta']);
    expectQuiet(one);
  });

  test('it has a budget of its own, for what is new', async () => {
    let late = 0;
    const one = stage(
      {
        anthropic: cut,
        backup(outgoing) {
          const body = openBody(outgoing);
          body.push(...eventsOf(text(REST), 'up2').slice(0, 4));
          late += 1;
          return body.response;
        },
      },
      { failover: { budgetMs: 20_000 } },
    );
    const asked = one.go();
    await one.clock.advance(19_999);
    expect(one.bench.events.attempts).toHaveLength(1);
    await one.clock.advance(1);
    const got = await asked;
    await turns();
    expect([late, got.frames.at(-1)?.name]).toEqual([1, 'error']);
    expect(one.bench.events.attempts[1]?.failure?.kind).toBe('cancelled');
    expect(heldAgainst(one.bench, 'backup')).toEqual([]);
    expectQuiet(one);
  });
});

describe('a client that leaves', () => {
  const MOMENTS: [string, (events: string[]) => string[] | null][] = [
    ['while the next one is asked', () => null],
    ['while it is not clear whether it goes on', (events) => events.slice(0, 4)],
    ['in the middle of the rest', (events) => events.slice(0, 6)],
  ];

  for (const [when, sent] of MOMENTS) {
    test(`${when} frees everything`, async () => {
      const bodies: OpenBody[] = [];
      const one = stage({
        anthropic: cut,
        backup(outgoing) {
          const events = sent(eventsOf(text(REST), 'up2'));
          const body = openBody(outgoing);
          bodies.push(body);
          if (events === null)
            return new Promise((_, reject) =>
              outgoing.signal.addEventListener('abort', () => reject(outgoing.signal.reason)),
            );
          body.push(...events);
          return body.response;
        },
      });
      const leave = new AbortController();
      const asked = read(relay(asking({ headers: { 'user-agent': OTHER } }), one.bench, leave.signal));
      await turns();
      expect(one.asked()).toEqual(['anthropic', 'backup']);
      leave.abort();
      await asked;
      await turns();
      expect(one.bench.events.requests).toMatchObject([{ outcome: 'cancelled' }]);
      expect(one.bench.events.attempts.map(({ failure }) => failure?.kind)).toEqual(['cut', 'cancelled']);
      expect(heldAgainst(one.bench, 'backup')).toEqual([]);
      expectQuiet(one);
    });

    test(`${when}, at a sign of life, frees everything`, async () => {
      const one = stage({
        anthropic: cut,
        backup(outgoing) {
          const events = sent(eventsOf(text(REST), 'up2'));
          if (events === null)
            return new Promise((_, reject) =>
              outgoing.signal.addEventListener('abort', () => reject(outgoing.signal.reason)),
            );
          const body = openBody(outgoing);
          body.push(...events);
          return body.response;
        },
      });
      const pieces = relay(
        asking({ headers: { 'user-agent': OTHER } }),
        one.bench,
        new AbortController().signal,
      );
      let got = '';
      const reading = (async () => {
        for await (const piece of pieces) {
          if ('bytes' in piece) got += new TextDecoder().decode(piece.bytes);
          // The first one is the upstream's own.
          if (got.split('event: ping').length > 2) break;
        }
      })();
      await one.clock.advance(15_000);
      await reading;
      await turns();
      expect(one.bench.events.requests).toMatchObject([{ outcome: 'cancelled' }]);
      expect(one.bench.events.attempts.map(({ failure }) => failure?.kind)).toEqual(['cut', 'cancelled']);
      expectQuiet(one);
    });
  }
});

test('who goes on serves, and the conversation stays with it as with any other that answers', async () => {
  const one = stage({ anthropic: cut, backup: says(words(REST)) });
  const served: unknown[] = [];
  one.bench.runtime.journal.serving = (_id, upstream, because) => void served.push([upstream, because]);
  const headers = { 'user-agent': OTHER, 'x-claude-code-session-id': 's' };
  await one.go({ headers });
  expect(served).toEqual([
    ['anthropic', null],
    ['backup', 'anthropic: the connection broke before the answer ended'],
  ]);
  expect(one.bench.sessions.current(asking({ headers }), one.clock.now())?.upstream).toBe('backup');
});

test('nothing is asked of another where a tool was called: the client runs it', async () => {
  const events = eventsOf(calls([['Read', { a: 1 }]], 'I will read it.'));
  const stop = events.findLastIndex((event) => event.includes('content_block_stop'));
  const one = stage({
    anthropic: () => brokenOff(events.slice(0, stop + 1), 'clean end'),
    backup: says(words('any')),
  });
  const got = await one.go({ headers: { 'user-agent': CLAUDE_CODE } });
  expect([got.reset, one.asked()]).toEqual([false, ['anthropic']]);
  expect(got.text).toContain('"stop_reason":"max_tokens"');
});
