/** Whatever any of the upstreams do, the client gets an answer that is whole, or plainly none, and nothing is left of it. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Outgoing, RequestRecord } from '../../src/core/runtime.ts';
import { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';
import { LEFT } from '../../src/proxy/hop.ts';
import { ResetConnection } from '../../src/proxy/pass.ts';
import { ask } from '../../src/proxy/permits.ts';
import { openaiChat } from '../../src/wire/dialects/openai-chat/index.ts';
import { type Deed, deed, perform, performSlowly, slowDeed } from '../support/deeds.ts';
import { manualClock } from '../support/manual-clock.ts';
import {
  ask as askRelay,
  backup,
  benchOf,
  CLAUDE_CODE,
  fakeSend,
  framesOf,
  primary,
  type Said,
  standingOf,
  subjectIn,
} from '../support/relay.ts';
import { type Client, expectQuiet, type Stage, said, stageOf, upstreamOf } from '../support/stage.ts';

/** Of a machine that is busy with something else: nothing is measured by it. */
const BUSY_MS = 60_000;

/** What an answer comes to: its words, and its calls in order. Dialects differ in what they make one block of. */
interface Sense {
  words: string;
  calls: { name: string; input: unknown }[];
}

/** A block of an answer, however it came. */
interface Block {
  type: string;
  text?: string;
  name?: string;
  input?: unknown;
}

function senseOf(blocks: readonly Block[]): Sense {
  return {
    words: blocks.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join(''),
    calls: blocks.flatMap(({ type, name = '', input }) => (type === 'tool_use' ? [{ name, input }] : [])),
  };
}

/** The blocks of a stream, put together as a client does. */
function blocksOf(frames: Said['frames']): Block[] {
  const blocks: (Block & { json: string })[] = [];
  for (const { event } of frames) {
    if (event.type === 'content_block_start') blocks[event.index] = { ...event.content_block, json: '' };
    if (event.type !== 'content_block_delta') continue;
    const block = blocks[event.index];
    if (block === undefined) throw new Error('a delta of no block');
    if (event.delta.type === 'text_delta') block.text = `${block.text ?? ''}${event.delta.text}`;
    if (event.delta.type === 'input_json_delta') block.json += event.delta.partial_json;
  }
  return blocks.map(({ json, ...block }) => (json === '' ? block : { ...block, input: JSON.parse(json) }));
}

/** What ends as a whole answer does is one: all the words and calls that one of the upstreams would have said. */
function expectWhole(blocks: readonly Block[], deeds: readonly Deed[]): void {
  const meant = deeds.filter(({ status }) => status === 200).map(({ said }) => senseOf(said.blocks));
  expect(meant).toContainEqual(senseOf(blocks));
}

/** A whole answer, the beginning of one with a plain end, or an error. `isJoint`: several upstreams wrote it. */
function expectSound(
  got: Said,
  stream: boolean,
  agent: string,
  deeds: readonly Deed[],
  isJoint: boolean,
): void {
  if (got.status !== 200) {
    expect(got.frames.filter(({ name }) => name !== '')).toEqual([]);
    expect(got.text).not.toContain('overloaded_error');
    return;
  }
  if (!stream) {
    const message = JSON.parse(got.text) as { content: Block[] };
    expect(message.content.some(({ type }) => type !== 'thinking')).toBe(true);
    expectWhole(message.content, deeds);
    return;
  }
  const events = got.frames.filter(({ name }) => name !== 'error');
  const isError = events.length < got.frames.length;
  if (got.text.includes('"max_tokens"'))
    expect([agent, got.reset, isError]).toEqual([CLAUDE_CODE, false, false]);
  else if (got.reset || isError) assertPrefix(events);
  else {
    assertGrammar(events);
    if (!isJoint) expectWhole(blocksOf(events), deeds);
  }
  if (got.reset) expect(agent).toBe(CLAUDE_CODE);
  if (isError) expect(got.frames.at(-1)?.name).toBe('error');
}

test(
  'any deeds of any chain give an answer that is whole or plainly none, and every permit is given back',
  async () => {
    const property = fc.asyncProperty(
      fc.array(fc.tuple(deed, deed, deed), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.constantFrom(CLAUDE_CODE, 'other/1'),
      fc.constantFrom('resume' as const, 'continue' as const),
      async (turns, stream, agent, midStream) => {
        const chain = [primary(), backup(), backup({ name: 'chat', dialect: openaiChat })];
        let turn = 0;
        const act = (at: number) => () => {
          const one = turns[turn]?.[at];
          if (one === undefined) throw new Error('no deed');
          return perform(one, stream, at === 2);
        };
        const send = fakeSend({ anthropic: act(0), backup: act(1), chat: act(2) });
        const bench = benchOf(chain, { send, failover: { midStream } });
        for (turn = 0; turn < turns.length; turn += 1) {
          const before = send.sent.length;
          const got = await askRelay(bench, { stream, headers: { 'user-agent': agent } });
          const attempts = Number(got.headers.get('x-ccproxy-attempts'));
          const isJoint = send.sent.length - before > attempts;
          expectSound(got, stream, agent, turns[turn] ?? [], isJoint);
          if (isJoint) expect([midStream, stream, got.status]).toEqual(['continue', true, 200]);
          const asked = send.sent.slice(before).map(({ upstream }) => upstream);
          expect(new Set(asked).size).toBe(asked.length);
          for (const { name } of chain) {
            expect(standingOf(bench, name).name).not.toBe('half-open');
          }
        }
        expect(bench.events.requests).toHaveLength(turns.length);
        expect(bench.events.attempts).toHaveLength(send.sent.length);
      },
    );
    await fc.assert(property, { numRuns: 1000 });
  },
  BUSY_MS,
);

type Step =
  | { jumpMs: number }
  | { session: number; isMidTurn: boolean; stream: boolean; agent: string; leavesAfterMs: number | null };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ jumpMs: fc.constantFrom(0, 100, 3_000, 10_000, 70_000, 400_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      session: fc.nat({ max: 3 }),
      isMidTurn: fc.boolean(),
      stream: fc.boolean(),
      agent: fc.constantFrom(CLAUDE_CODE, 'other/1'),
      leavesAfterMs: fc.constantFrom(null, null, null, 0, 2_000, 20_000),
    }),
  },
);

const NAMES = ['anthropic', 'backup', 'third', 'chat'];

const chains = fc
  .tuple(
    fc.shuffledSubarray(NAMES, { minLength: 2 }),
    fc.array(fc.record({ isShared: fc.boolean(), concurrency: fc.constantFrom(undefined, 1, 2) }), {
      minLength: 4,
      maxLength: 4,
    }),
  )
  .map(([names, settings]) =>
    names.map((name, at) => {
      const { isShared = false, concurrency } = settings[at] ?? {};
      return upstreamOf(name, {
        ...(isShared ? { base: 'http://shared.test/v1' } : {}),
        ...(concurrency === undefined ? {} : { concurrency }),
        ...(name === 'chat' ? { dialect: openaiChat } : {}),
      });
    }),
  );

const settings = fc.record({
  midStream: fc.constantFrom('resume' as const, 'continue' as const),
  hedgeMs: fc.constantFrom(null, 8_000),
  returnAfterMs: fc.constantFrom(0, 30_000),
  maxFailoverAttempts: fc.constantFrom(8, 1),
});

/** Longer than all attempts of any request can take together, and than any breaker stays shut. */
const LONG_MS = 40 * 24 * 3_600_000;

test(
  'nothing is left of any requests, whatever comes between: neither permits nor places nor timers',
  async () => {
    const property = fc.asyncProperty(
      chains,
      settings,
      fc.array(slowDeed, { minLength: 1, maxLength: 12 }),
      fc.array(step, { minLength: 1, maxLength: 20 }),
      async (chain, failover, deeds, steps) => {
        const clock = manualClock();
        let turn = 0;
        const voices = Object.fromEntries(
          chain.map(({ name }) => [
            name,
            (outgoing: Outgoing) => {
              turn += 1;
              const one = deeds[turn % deeds.length];
              if (one === undefined) throw new Error('no deed');
              return performSlowly(one, outgoing, name === 'chat', clock);
            },
          ]),
        );
        const stage = stageOf(voices, { chain, clock, failover });
        const clients: [client: Client, step: Exclude<Step, { jumpMs: number }>, mark: string][] = [];
        for (const one of steps) {
          if ('jumpMs' in one) {
            await clock.advance(one.jumpMs);
            continue;
          }
          const { session, isMidTurn, stream, agent, leavesAfterMs } = one;
          const mark = `request-${clients.length}.`;
          const conversation = {
            isMidTurn,
            words: mark,
            ...(session === 0 ? {} : { session: `s${session}` }),
          };
          const headers = { 'user-agent': agent };
          const got = stage.go(said(conversation, { stream, id: mark, headers }));
          clients.push([got, one, mark]);
          if (leavesAfterMs !== null) clock.after(leavesAfterMs, got.leave);
        }
        await clock.advance(LONG_MS);
        expectQuiet(stage);
        expect(stage.bench.events.attempts).toHaveLength(stage.sent.length);
        expect(stage.bench.events.requests).toHaveLength(clients.length);
        for (const [got, { stream, agent, leavesAfterMs }, mark] of clients) {
          expect(got.done).toBe(true);
          const { attempts = 0 } = expectAccounted(stage, mark);
          const isJoint = attempts > got.attempts;
          if (isJoint && got.status !== 0)
            expect([failover.midStream, stream, got.status]).toEqual(['continue', true, 200]);
          if (leavesAfterMs === null) expectSound(heardBy(got), stream, agent, deeds, isJoint);
        }
        // Whatever was tried has been settled: after so long everyone is admitted everywhere.
        for (const { name } of chain) {
          const leave = ask(subjectIn(stage.bench, name), stage.bench.runtime);
          expect([name, leave !== null]).toEqual([name, true]);
          leave?.settle(LEFT);
        }
      },
    );
    await fc.assert(property, { numRuns: 1000 });
  },
  BUSY_MS,
);

/** Every attempt is one that was sent, and none was made twice but for a failure that allows it. */
function expectAccounted({ bench, sent }: Stage, mark: string): Partial<RequestRecord> {
  const asked = sent.filter(({ body }) => body.includes(mark)).map(({ upstream }) => upstream);
  const attempts = bench.events.attempts.filter(({ requestId }) => requestId === mark);
  const requests = bench.events.requests.filter(({ requestId }) => requestId === mark);
  expect(requests).toHaveLength(1);
  expect([attempts.length, requests[0]?.attempts]).toEqual([asked.length, asked.length]);
  expect(attempts.map(({ number }) => number).sort((a, b) => a - b)).toEqual(asked.map((_, at) => at + 1));
  for (const name of new Set(asked)) {
    const all = attempts.filter(({ upstream }) => upstream === name).sort((a, b) => a.number - b.number);
    for (const { failure } of all.slice(0, -1)) {
      expect(['transient', 'rate_limited']).toContain(failure?.kind ?? 'none');
    }
  }
  return requests[0] ?? {};
}

/** What the client got, as the other checks want it. */
function heardBy({ status, headers, text: words, error }: Client): Said {
  if (error !== null && !(error instanceof ResetConnection)) throw error;
  const bytes = new TextEncoder().encode(words);
  return { status, headers, bytes, text: words, frames: framesOf(bytes), reset: error !== null };
}
