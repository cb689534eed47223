/** Claude Code gives up after 300 s without an event that it counts, and pings are none: an upstream that is at work is shown. */
import { describe, expect, test } from 'bun:test';
import type { Upstream } from '../../src/core/upstream.ts';
import { assertGrammar } from '../../src/drill/grammar.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { ANSWERS, OTHER_CLIENT, positionAfter, sdkTakes } from '../support/broken-off.ts';
import { turns } from '../support/manual-clock.ts';
import { CLAUDE_CODE, eventsOf, framesOf, type OpenBody, openBody } from '../support/relay.ts';
import { type Client, type Stage, stageOf, upstreamOf } from '../support/stage.ts';

const STEP_MS = 5_000;
/** What is wanted, with the measure's own step. */
const GAP_MS = 95_000;
/** What is left of the client's patience where nothing may be sent. */
const LAST_GAP_MS = 245_000;
const PING = 'event: ping\ndata: {"type":"ping"}\n\n';

interface Table {
  stage: Stage;
  got: Client;
  body: OpenBody;
  /** Lets time go by in which the upstream says `word` every ten seconds; the longest gap so far. */
  wait(ms: number, word: string): Promise<number>;
}

async function tableFor(agent: string, upstream: Partial<Upstream> = {}): Promise<Table> {
  let open: OpenBody | undefined;
  const stage = stageOf(
    {
      anthropic: (outgoing) => {
        open = openBody(outgoing);
        return open.response;
      },
    },
    { chain: [upstreamOf('anthropic', upstream)] },
  );
  const got = await stage.done({ headers: { 'user-agent': agent } });
  if (open === undefined) throw new Error('the upstream was not asked');
  const body = open;
  let longest = 0;
  let gap = 0;
  let read = 0;
  return {
    stage,
    got,
    body,
    async wait(ms, word) {
      for (let spent = 0; spent < ms; spent += STEP_MS) {
        await stage.clock.advance(STEP_MS);
        if (spent % (2 * STEP_MS) === 0 && !body.isGone) body.push(word);
        await turns();
        const fresh = framesOf(Buffer.from(got.text.slice(read)));
        read = got.text.length;
        gap = fresh.some(({ name }) => name !== 'ping') ? 0 : gap + STEP_MS;
        longest = Math.max(longest, gap);
      }
      return longest;
    },
  };
}

describe('Anthropic says nothing but pings for long and then goes on', () => {
  test.each(ANSWERS)(
    'anywhere in %s: the client counts an event in time, and the answer is the same',
    async (_, said) => {
      const events = eventsOf(said);
      for (let count = 2; count < events.length; count += 1) {
        const { got, body, wait } = await tableFor(CLAUDE_CODE);
        for (const event of events.slice(0, count)) {
          body.push(event);
          await turns();
        }
        const { open, ending } = positionAfter(events.slice(0, count));
        const isHidden =
          open?.type === 'thinking' && events[count - 1]?.includes('content_block_start') === true;
        const gap = await wait(isHidden ? 530_000 : 220_000, PING);
        // These come whole and are closed at once, and behind a signature or the stop reason nothing but the end can come.
        const isSigned = events[count - 1]?.includes('signature_delta') === true;
        const isWhole = open?.type === 'redacted_thinking' || open?.type === 'web_search_tool_result';
        const mayAdd = !ending && !isSigned && !isWhole;
        expect(gap).toBeLessThanOrEqual(mayAdd ? GAP_MS : LAST_GAP_MS);
        body.push(...events.slice(count));
        body.end();
        await turns();
        expect([got.done, got.error]).toEqual([true, null]);
        expect((await sdkTakes(got.text)).outcome).toEqual((await sdkTakes(events.join(''))).outcome);
      }
    },
  );
});

describe('a translated call is written for long and held', () => {
  const chunk = (delta: object) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
  const call = (part: object) => chunk({ tool_calls: [{ index: 0, ...part }] });
  const BEGIN = call({ id: 'call_8f2kd91xq', function: { name: 'Write', arguments: '{"text":"' } });
  const FINISH = `${call({ function: { arguments: '"}' } })}data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n`;

  test.each<[string, string[]]>([
    ['nothing before it', []],
    ['thinking before it', [chunk({ reasoning_content: 'Let me see.' })]],
    ['text before it', [chunk({ content: 'I will write it.' })]],
  ])('%s: the client counts an event in time, and the call arrives whole', async (_, before) => {
    const { got, body, wait } = await tableFor(CLAUDE_CODE, { dialect: openaiChat, native: false });
    body.push(...before, BEGIN);
    expect(await wait(900_000, call({ function: { arguments: 'x' } }))).toBeLessThanOrEqual(GAP_MS);
    body.push(FINISH);
    await turns();
    expect([got.status, got.done, got.error]).toEqual([200, true, null]);
    const { outcome } = await sdkTakes(got.text);
    expect(outcome).toMatchObject({ stop_reason: 'tool_use' });
    expect((outcome as { content: object[] }).content.at(-1)).toMatchObject({
      input: { text: 'x'.repeat(90) },
    });
  });

  test('any other client waits for pings, in the strict grammar', async () => {
    const { got, body, wait } = await tableFor(OTHER_CLIENT, { dialect: openaiChat, native: false });
    body.push(BEGIN);
    await wait(400_000, call({ function: { arguments: 'x' } }));
    body.push(FINISH);
    await turns();
    expect([got.done, got.error]).toEqual([true, null]);
    const frames = framesOf(Buffer.from(got.text));
    assertGrammar(frames);
    expect(frames.filter(({ name }) => name === 'message_delta')).toHaveLength(1);
  });
});
