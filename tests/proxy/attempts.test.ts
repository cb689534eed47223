/** Every attempt starts from the request as it came in. */
import { describe, expect, test } from 'bun:test';
import { mark } from '../../src/core/provenance.ts';
import type { Upstream } from '../../src/core/upstream.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { ask, asking, backup, benchOf, fakeSend, heldAgainst, primary } from '../support/relay.ts';

const chat = (name: string): Upstream =>
  backup({ name, dialect: openaiChat, model: () => 'chat-model', maxTokens: 16, quirks: { vision: false } });
const compatible = backup({ name: 'compatible', maxTokens: 32 });

const RICH = {
  model: 'claude-opus-4-8',
  max_tokens: 64_000,
  stream: true,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  thinking: { type: 'adaptive' },
  tools: [
    {
      name: `mcp__server__${'long_'.repeat(20)}`,
      description: 'd',
      input_schema: { type: 'object', $schema: 'x', properties: { a: { const: 1 } } },
      defer_loading: true,
    },
    { type: 'web_search_20250305', name: 'web_search' },
  ],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'look' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'eA==' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'mine', signature: 'c2ln' },
        { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { n: 1 } },
        { type: 'tool_use', id: 'toolu_2', name: 'Read', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_2', content: [{ type: 'text', text: 'b' }] },
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'a', is_error: true },
      ],
    },
  ],
};
const MIXED = {
  ...RICH,
  messages: [
    ...RICH.messages,
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'theirs', signature: mark({ provider: 'chat', payload: 'p' }) },
        { type: 'tool_use', id: 'a:b', name: 'Read', input: '{"x":1}' },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a:b', content: 'c' }] },
  ],
};

/** What each upstream is sent when all of them fail, in this order. */
async function sentIn(chain: readonly Upstream[], request: object): Promise<Record<string, string>> {
  const voices = Object.fromEntries(
    chain.map(({ name }) => [name, () => new Response('{}', { status: 500 })]),
  );
  const send = fakeSend(voices);
  const inbound = asking({ body: JSON.stringify(request) });
  await ask(benchOf(chain, { send }), inbound);
  expect(JSON.stringify(inbound.request)).toBe(JSON.stringify(request));
  expect(new TextDecoder().decode(inbound.bytes)).toBe(JSON.stringify(request));
  return Object.fromEntries(
    send.sent.map(({ upstream, body, outgoing }) => [
      upstream,
      `${JSON.stringify([...outgoing.headers])} ${body}`,
    ]),
  );
}

describe('what an upstream is sent does not depend on who was asked before it', () => {
  const chain = [primary(), chat('chat'), compatible, chat('other-chat')];
  test.each([
    ['a rich request', RICH],
    ['a history of many authors', MIXED],
  ])('%s', async (_, request) => {
    const [first, ...others] = await Promise.all(
      chain.map((__, at) => sentIn([...chain.slice(at), ...chain.slice(0, at)], request)),
    );
    expect(Object.keys(first ?? {})).toHaveLength(4);
    for (const other of others) expect(other).toEqual(first ?? {});
    const alone = await Promise.all(chain.map((upstream) => sentIn([upstream], request)));
    expect(Object.assign({}, ...alone)).toEqual(first ?? {});
  });

  test('and no header of a client goes to a backup', async () => {
    const send = fakeSend({
      compatible: () => new Response('{}', { status: 500 }),
      chat: () => new Response('{}', { status: 500 }),
    });
    const headers = {
      'anthropic-beta': 'b',
      'x-secret': 's',
      cookie: 'c',
      authorization: 'Bearer t',
      'x-claude-code-session-id': 'i',
    };
    await ask(benchOf([compatible, chat('chat')], { send }), { headers, search: '?beta=true' });
    for (const { outgoing } of send.sent) {
      expect(Object.keys(Object.fromEntries(outgoing.headers)).sort()).toEqual(
        expect.arrayContaining(['accept', 'content-type', 'x-api-key']),
      );
      expect(JSON.stringify([...outgoing.headers])).not.toMatch(
        /client-key|x-secret|session|cookie|Bearer t|anthropic-beta/,
      );
      expect(outgoing.url).not.toContain('beta');
    }
  });
});

describe('a request that cannot be translated', () => {
  const BROKEN =
    '{"model":"m","stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"top\nsecret"}]}]}';

  test("is sent to nobody, costs no upstream anything, and is the client's to mend", async () => {
    const send = fakeSend({});
    const bench = benchOf([compatible, chat('chat')], { send });
    const said = await ask(bench, { body: BROKEN });
    expect([said.status, send.sent.length]).toEqual([400, 0]);
    expect(JSON.parse(said.text)).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(JSON.stringify([said.text, bench.events])).not.toContain('secret');
    for (const { name } of bench.chain) expect(heldAgainst(bench, name)).toEqual([]);
  });

  test("goes to Anthropic as it is: what is wrong with it is Anthropic's to say", async () => {
    const send = fakeSend({ anthropic: () => new Response('theirs', { status: 400 }) });
    const said = await ask(benchOf([primary(), compatible], { send }), { body: BROKEN });
    expect([said.status, said.text, send.sent[0]?.body]).toEqual([400, 'theirs', BROKEN]);
  });
});
