/** A search on the side is held whole: its client takes any part of it that it has for the whole. */
import { describe, expect, test } from 'bun:test';
import { searchThenText } from '../../src/drill/answers.ts';
import { turns } from '../support/manual-clock.ts';
import { CLAUDE_CODE, eventsOf, type OpenBody, openBody } from '../support/relay.ts';
import { endings, isWhole, stageOf, well } from '../support/stage.ts';

const SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
const TOOL = { name: 'Read', input_schema: { type: 'object' } };
const EVENTS = eventsOf(searchThenText('otters', 'They hold hands, it says.'));
const FIRST_CONTENT = EVENTS.findIndex((event) => event.includes('server_tool_use')) + 1;

interface Side {
  tools?: unknown;
  agent?: string;
}

async function ask({ tools = [SEARCH], agent = CLAUDE_CODE }: Side = {}) {
  let open: OpenBody | undefined;
  const stage = stageOf({
    anthropic: (outgoing) => {
      open = openBody(outgoing);
      return open.response;
    },
    backup: well('backup'),
  });
  const messages = [{ role: 'user', content: 'Perform a web search for "otters"' }];
  const body = JSON.stringify({ model: 'claude-opus-4-8', max_tokens: 64, stream: true, messages, tools });
  const got = await stage.done({ body, headers: { 'user-agent': agent } });
  const say = async (...events: string[]) => {
    for (const event of events) {
      open?.push(event);
      await turns();
    }
  };
  return { stage, got, say, body: () => open };
}

test('nothing goes out before its end, and then all of it', async () => {
  const { stage, got, say } = await ask();
  await say(...EVENTS.slice(0, -1));
  await stage.clock.advance(80_000);
  expect(got.status).toBe(0);
  await say(...EVENTS.slice(-1));
  expect([got.text, got.done, got.error]).toEqual([EVENTS.join(''), true, null]);
});

test('cut at any event, the next upstream answers, and nothing of it is seen', async () => {
  for (let count = 0; count < EVENTS.length; count += 1) {
    const { stage, got, say, body } = await ask();
    await say(...EVENTS.slice(0, count));
    body()?.end();
    await turns();
    expect(isWhole(got, 'backup')).toBe(true);
    expect(endings(stage.bench).map(([upstream]) => upstream)).toEqual(['anthropic', 'backup']);
  }
});

test('silent in its middle, the next upstream answers', async () => {
  const { stage, got, say } = await ask();
  await say(...EVENTS.slice(0, FIRST_CONTENT + 2));
  await stage.clock.advance(90_000);
  expect(isWhole(got, 'backup')).toBe(true);
});

test('held also where it is slow to begin: pings do not let it go', async () => {
  const { stage, got, say, body } = await ask();
  await say(...EVENTS.slice(0, 2));
  await stage.clock.advance(20_000);
  await say(...EVENTS.slice(2, FIRST_CONTENT + 1));
  expect(got.status).toBe(0);
  body()?.end();
  await turns();
  expect(isWhole(got, 'backup')).toBe(true);
});

test('its first content has come in time: the budget of the request is not for the rest', async () => {
  const { stage, got, say } = await ask();
  await stage.clock.advance(40_000);
  await say(...EVENTS.slice(0, FIRST_CONTENT));
  await stage.clock.advance(85_000);
  expect(got.status).toBe(0);
  await say(...EVENTS.slice(FIRST_CONTENT));
  expect([got.upstream, got.text]).toEqual(['anthropic', EVENTS.join('')]);
});

test('after two minutes it is let go, and a cut is an explicit error from then on', async () => {
  const { stage, got, say, body } = await ask();
  const words = EVENTS.findIndex((event) => event.includes('text_delta')) + 1;
  await say(...EVENTS.slice(0, words));
  await stage.clock.advance(60_000);
  await say('event: ping\ndata: {"type":"ping"}\n\n');
  await stage.clock.advance(59_999);
  expect(got.status).toBe(0);
  await stage.clock.advance(1);
  expect(got.text).toStartWith(EVENTS.slice(0, words).join(''));
  body()?.end();
  await turns();
  expect(got.text).toContain('event: error\ndata: {"type":"error","error":{"type":"api_error"');
  expect(got.text).not.toContain('max_tokens');
});

describe('is let go at its first content where its client goes on by itself, or asks somebody else', () => {
  test.each<[string, Side]>([
    ['a tool of the client among those of the provider', { tools: [SEARCH, TOOL] }],
    ['no tools', { tools: [] }],
    ['tools that are no list', { tools: 'web_search' }],
    ['a tool of the client that says so', { tools: [{ type: 'custom', name: 'Read' }] }],
    ['nothing for a tool', { tools: [null] }],
    ['any other client', { agent: 'anthropic-sdk-python/1.0' }],
  ])('%s', async (_, side) => {
    const { got, say } = await ask(side);
    await say(...EVENTS.slice(0, FIRST_CONTENT));
    expect([got.status, got.text]).toEqual([200, EVENTS.slice(0, FIRST_CONTENT).join('')]);
  });
});
